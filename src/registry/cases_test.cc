// SPDX-License-Identifier: Apache-2.0
// What loading prints of tests/cases/registry/*.case.
#include "registry/cases_for_test.h"

namespace bw::registry {
namespace {

TEST(Cases, PrintWhatTheySay) {
  run_cases(std::filesystem::path(BW_SOURCE_DIR) / "tests/cases/registry", 40, [](const Sources& files) {
    auto loaded = load(files);
    auto text = format(loaded);
    return loaded.snapshot ? text + "loads\n" : text;
  });
}

TEST(Format, ShowsTheFirstDiagnosticsAndCountsTheRest) {
  std::string members;
  for (int i = 0; i < 205; ++i) members += "x" + std::to_string(i) + ", ";
  auto printed = format(load({{"x.yaml", "kind: Team\nname: a\nmembers: [" + members + "]\n"}}), "here/");
  EXPECT_TRUE(printed.starts_with("here/x.yaml:3:11: error: ")) << printed.substr(0, 200);
  EXPECT_TRUE(printed.ends_with("… and 5 more\n")) << printed.substr(printed.size() - 200);
}

}  // namespace
}  // namespace bw::registry
