// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>

#include "registry/files.h"
#include "registry/load.h"

// Text cases of a registry: files, `----`, and what is printed of them. Each case lies on top of the folder base/ beside it,
// a registry without faults: a file of the same name replaces the one there.
//
//   # what this shows
//   === people.yaml
//   kind: Person
//   …
//   ----
//   people.yaml:3:1: error: …
//
// UPDATE_GOLDEN=1 writes what is printed today into the cases; read the difference before committing it. For tests only.
namespace bw::registry {

inline std::string slurp(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The files of `folder`/base.
inline Sources base_files(const std::filesystem::path& folder) {
  Diagnostics unreadable;
  auto files = read_folder((folder / "base").string(), unreadable);
  EXPECT_TRUE(unreadable.empty()) << folder;
  return files;
}

// `input`, the part above the line `----`, laid over `files`.
inline Sources lay_over(std::string_view input, Sources files) {
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

// Compares each case of `folder` with what `print` says of its files. There are at least `least` of them.
inline void run_cases(const std::filesystem::path& folder, int least,
                      const std::function<std::string(Sources)>& print) {
  constexpr std::string_view divider = "----\n";
  auto base = base_files(folder);
  EXPECT_EQ(print(base), "loads\n") << "the registry below the cases has faults";
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".case") continue;
    ++count;
    auto text = slurp(entry.path());
    auto at = text.find("\n----\n");
    auto input = at == std::string::npos ? text + '\n' : text.substr(0, at + 1);
    auto expected = at == std::string::npos ? std::string() : text.substr(at + 1 + divider.size());
    auto printed = print(lay_over(input, base));
    if (std::getenv("UPDATE_GOLDEN")) {
      std::ofstream(entry.path(), std::ios::binary) << input << divider << printed;
    } else {
      EXPECT_EQ(printed, expected) << entry.path();
    }
  }
  EXPECT_GE(count, least);
}

}  // namespace bw::registry
