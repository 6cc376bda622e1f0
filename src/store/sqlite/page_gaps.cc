// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/page_gaps.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

namespace bw::store::sqlite {
namespace {

constexpr std::size_t page_bytes_min = 512, page_bytes_max = 65536;
constexpr unsigned char table_leaf = 0x0D;
// An overflow page and a free one begin with the number of another page, so in a larger file than this one of them could be taken for
// a leaf (0x0D000000 pages, less what a transaction might add). There gaps stay as they are.
constexpr sqlite3_int64 pages_max = 0x0C000000;

int number_at(std::string_view page, std::size_t at) {
  return static_cast<unsigned char>(page[at]) << 8 | static_cast<unsigned char>(page[at + 1]);
}

}  // namespace

Gap gap_of(std::string_view page, bool first) {
  std::size_t header = first ? 100 : 0;
  if (page.size() < page_bytes_min || static_cast<unsigned char>(page[header]) != table_leaf) return {};
  int from = static_cast<int>(header) + 8 + 2 * number_at(page, header + 3);
  int to = number_at(page, header + 5);
  if (to == 0) to = static_cast<int>(page_bytes_max);
  return from <= to && to <= static_cast<int>(page.size()) ? Gap{from, to} : Gap{};
}

namespace {

// SQLite gives a pointer to the file only; what belongs to it is found through the methods, which stand first in it.
const ClearedFile& cleared_of(sqlite3_file* file) { return *reinterpret_cast<const ClearedFile*>(file->pMethods); }

bool is_zero(std::string_view bytes) {
  return std::ranges::all_of(bytes, [](char c) { return c == 0; });
}

int write_cleared(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 at) {
  const auto& platform = *cleared_of(file).platform;
  auto size = static_cast<std::size_t>(count);
  bool whole = size >= page_bytes_min && size <= page_bytes_max && (size & (size - 1)) == 0 && at % count == 0;
  std::string_view page(static_cast<const char*>(bytes), size);
  auto gap = whole ? gap_of(page, at == 0) : Gap{};
  auto length = static_cast<std::size_t>(gap.to - gap.from);
  if (is_zero(page.substr(static_cast<std::size_t>(gap.from), length))) return platform.xWrite(file, bytes, count, at);
  sqlite3_int64 file_bytes = 0;
  if (int code = platform.xFileSize(file, &file_bytes); code != SQLITE_OK) return code;
  if (file_bytes / count >= pages_max) return platform.xWrite(file, bytes, count, at);
  thread_local std::array<char, page_bytes_max> copy;
  std::ranges::copy(page, copy.begin());
  std::memset(copy.data() + gap.from, 0, length);
  return platform.xWrite(file, copy.data(), count, at);
}

}  // namespace

void clear_gaps(sqlite3_file* file, ClearedFile* memory) {
  auto* cleared = new (memory) ClearedFile{.methods = *file->pMethods, .platform = file->pMethods};
  cleared->methods.xWrite = write_cleared;
  file->pMethods = &cleared->methods;
}

}  // namespace bw::store::sqlite
