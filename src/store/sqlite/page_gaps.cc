// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/page_gaps.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

namespace bw::store::sqlite {
namespace {

constexpr std::size_t page_bytes_min = 512, page_bytes_max = 65536;

// Kinds of pages with rows; of a table only leaves have any.
constexpr unsigned char index_interior = 0x02, index_leaf = 0x0A, table_leaf = 0x0D;

// An overflow page and a free one begin with the number of another page, so in a file of so many pages one of them could be taken for
// a page of this kind: there its gaps stay as they are. 16 GiB is what a transaction might add.
sqlite3_int64 pages_max(unsigned char kind) { return (sqlite3_int64{kind} << 24) - (1 << 22); }

int number_at(std::string_view page, std::size_t at) {
  return static_cast<unsigned char>(page[at]) << 8 | static_cast<unsigned char>(page[at + 1]);
}

}  // namespace

Gap gap_of(std::string_view page, bool first) {
  std::size_t header = first ? 100 : 0;
  if (page.size() < page_bytes_min) return {};
  auto kind = static_cast<unsigned char>(page[header]);
  if (kind != table_leaf && kind != index_leaf && kind != index_interior) return {};
  int header_bytes = kind == index_interior ? 12 : 8;
  int from = static_cast<int>(header) + header_bytes + 2 * number_at(page, header + 3);
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
  auto kind = static_cast<unsigned char>(page[at == 0 ? 100 : 0]);
  if (file_bytes / count >= pages_max(kind)) return platform.xWrite(file, bytes, count, at);
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
