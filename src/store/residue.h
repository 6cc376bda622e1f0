// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/sqlite/database.h"

// For tests: what is left in files of what must be gone.
namespace bw::store {

// The keys of rows as they are kept: 60 bytes that stand nowhere by chance.
inline std::map<std::uint64_t, std::string> wrapped_keys(const std::string& folder) {
  auto database = sqlite::Database::open(folder + "/ledger.db", sqlite::Database::Mode::read).value();
  auto& select = database->prepared("SELECT entry, key FROM contents");
  select.begin();
  std::map<std::uint64_t, std::string> out;
  while (select.next().value()) out.emplace(select.number(0), select.text(1));
  return out;
}

// Whom contents speak of as it is kept: 32 bytes that stand nowhere by chance.
inline std::map<std::uint64_t, std::string> keyed_subjects_of(const std::string& folder) {
  auto database = sqlite::Database::open(folder + "/ledger.db", sqlite::Database::Mode::read).value();
  auto& select = database->prepared("SELECT entry, subject FROM subjects");
  select.begin();
  std::map<std::uint64_t, std::string> out;
  while (select.next().value()) out.emplace(select.number(0), select.text(1));
  return out;
}

// Which of these byte strings stand in any file of the folder.
inline std::vector<std::uint64_t> found_in(const std::string& folder,
                                           const std::map<std::uint64_t, std::string>& wanted) {
  auto start_of = [](const char* at) {
    std::uint64_t out = 0;
    std::memcpy(&out, at, sizeof out);
    return out;
  };
  std::unordered_map<std::uint64_t, std::uint64_t> by_start;
  for (const auto& [seq, bytes] : wanted) by_start.emplace(start_of(bytes.data()), seq);
  std::vector<std::uint64_t> out;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(file.path(), std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    for (std::size_t i = 0; i + 8 <= bytes.size(); ++i) {
      auto found = by_start.find(start_of(bytes.data() + i));
      if (found != by_start.end()) out.push_back(found->second);
    }
  }
  return out;
}

}  // namespace bw::store
