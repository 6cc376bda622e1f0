// SPDX-License-Identifier: Apache-2.0
#include "analysis/replay.h"

#include <gtest/gtest.h>

namespace bw::analysis {
namespace {

TEST(FailOn, ReadsBoundsAndRefusesEverythingElse) {
  ReplayReport report;
  report.matrix[2][0] = 3;
  report.matrix[1][0] = 2;
  report.not_replayed["why"].actions = 1;
  for (auto [text, met] : std::initializer_list<std::pair<const char*, bool>>{{"deny->allow>0", true},
                                                                              {"deny->allow>3", false},
                                                                              {"any->allow>4", true},
                                                                              {"any->allow>5", false},
                                                                              {"allow->any>0", false},
                                                                              {"not-replayed>0", true},
                                                                              {"not-replayed>1", false}}) {
    auto bound = parse_fail_on(text);
    ASSERT_TRUE(bound) << text;
    EXPECT_EQ(bound->met(report), met) << text;
  }
  for (const char* text : {"", "deny->allow", "deny->allow>", "deny->allow>x", "deny->allow>-1", "deny>0",
                           "deny->deny>0", "maybe->allow>0", "deny->allow>99999999999999999999"})
    EXPECT_FALSE(parse_fail_on(text)) << text;
}

}  // namespace
}  // namespace bw::analysis
