// SPDX-License-Identifier: Apache-2.0
// The page docs/reference/expressions.md: each line of its blocks is true, and no function is missing.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <string>
#include <vector>

#include "cel/compile.h"

namespace bw::cel {
namespace {

std::vector<std::string> examples() {
  std::ifstream in(BW_SOURCE_DIR "/docs/reference/expressions.md");
  std::vector<std::string> lines;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```")) {
      inside = line == "```cel";
    } else if (inside) {
      lines.push_back(line);
    }
  }
  return lines;
}

TEST(Reference, ShowsWhatIsTrue) {
  Environment environment;
  auto lines = examples();
  EXPECT_GT(lines.size(), 40U);
  for (const auto& line : lines) {
    auto compiled = compile(line, environment, {.expected = Type::boolean()});
    ASSERT_TRUE(compiled.program) << format(compiled.diagnostics.at(0), line);
    Arena arena;
    EXPECT_EQ(render(evaluate(*compiled.program, Activation(environment), arena)), "true") << line;
  }
}

TEST(Reference, ListsEveryFunction) {
  auto lines = examples();
  for (const Function& function : standard_functions()) {
    if (std::isalpha(static_cast<unsigned char>(function.name[0])) == 0) continue;  // an operator
    for (auto [form, text] :
         {std::pair{Form::method, "." + function.name + "("}, {Form::global, function.name + "("}}) {
      if (function.form != form && function.form != Form::either) continue;
      auto shows = [&](const std::string& line) { return line.find(text) != std::string::npos; };
      EXPECT_TRUE(std::ranges::any_of(lines, shows)) << text;
    }
  }
}

}  // namespace
}  // namespace bw::cel
