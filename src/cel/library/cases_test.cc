// SPDX-License-Identifier: Apache-2.0
// The extensions without cases in the published corpus, from tests/cases/cel: an expression, ` => `, what it gives.
#include <gtest/gtest.h>

#include <fstream>

#include "cel/compile.h"

namespace bw::cel {
namespace {

std::string outcome(std::string_view source) {
  Environment environment;
  auto compiled = compile(source, environment, {.dynamic_patterns = true});
  if (!compiled.program) return "refused";
  Arena arena;
  Value value = evaluate(*compiled.program, Activation(environment), arena);
  return value.is(Value::Kind::error) ? "error" : render(value);
}

class Extension : public testing::TestWithParam<std::string_view> {};

TEST_P(Extension, FollowsTheCases) {
  std::ifstream in(std::string(BW_SOURCE_DIR "/tests/cases/cel/").append(GetParam()));
  int cases = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    auto arrow = line.rfind(" => ");
    ASSERT_NE(arrow, std::string::npos) << line;
    EXPECT_EQ(outcome(line.substr(0, arrow)), line.substr(arrow + 4)) << line;
    ++cases;
  }
  EXPECT_GT(cases, 60);
}

INSTANTIATE_TEST_SUITE_P(Cel, Extension, testing::Values("network.txt", "regex.txt"));

}  // namespace
}  // namespace bw::cel
