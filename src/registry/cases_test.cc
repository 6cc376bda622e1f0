// SPDX-License-Identifier: Apache-2.0
//
// Runs tests/cases/registry/*.case: files of a registry, `----`, and what loading prints. Each case lies on top of
// tests/cases/registry/base, a registry without faults: a file of the same name replaces the one there.
//
//   # what this shows
//   === people.yaml
//   kind: Person
//   …
//   ----
//   people.yaml:3:1: error: …
//
// UPDATE_GOLDEN=1 writes what is printed today into the cases; read the difference before committing it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "registry/files.h"
#include "registry/load.h"

namespace bw::registry {
namespace {

namespace fs = std::filesystem;

const fs::path cases = fs::path(BW_SOURCE_DIR) / "tests/cases/registry";

std::string slurp(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct Case {
  std::string input;  // up to and with the line `----`
  std::string expected;
};

Case parse_case(const std::string& text) {
  auto at = text.find("\n----\n");
  if (at == std::string::npos) return {text + "\n----\n", ""};
  return {text.substr(0, at + 6), text.substr(at + 6)};
}

Sources files_of(std::string_view input, Sources files) {
  input.remove_suffix(std::string_view("----\n").size());
  std::string* current = nullptr;
  while (!input.empty()) {
    auto end = std::min(input.find('\n'), input.size() - 1) + 1;
    auto line = input.substr(0, end);
    input.remove_prefix(end);
    if (line.starts_with("=== ")) {
      current = &files[std::string(line.substr(4, line.size() - 5))];
      current->clear();
    } else if (current) {
      *current += line;
    }
  }
  return files;
}

std::string print(const Loaded& loaded) {
  auto text = format(loaded);
  return loaded.snapshot ? text + "loads\n" : text;
}

TEST(Cases, PrintWhatTheySay) {
  Diagnostics unreadable;
  auto base = read_folder((cases / "base").string(), unreadable);
  ASSERT_TRUE(unreadable.empty());
  EXPECT_EQ(print(load(base)), "loads\n");
  int count = 0;
  for (const auto& entry : fs::directory_iterator(cases)) {
    if (entry.path().extension() != ".case") continue;
    ++count;
    auto read = parse_case(slurp(entry.path()));
    auto printed = print(load(files_of(read.input, base)));
    if (std::getenv("UPDATE_GOLDEN")) {
      std::ofstream(entry.path(), std::ios::binary) << read.input << printed;
    } else {
      EXPECT_EQ(printed, read.expected) << entry.path();
    }
  }
  EXPECT_GE(count, 40);
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
