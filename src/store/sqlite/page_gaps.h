// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sqlite3.h>

#include <string_view>

// A page with rows of a table or an index keeps, between the list of its rows and the rows themselves, whatever stood there: `PRAGMA secure_delete`
// overwrites rows that are deleted, not the copies that stay behind when SQLite moves rows to another page. So a row that is erased
// later could still be read in the file. Here each such gap is written as zeros, on its way from the write-ahead log into the file.
namespace bw::store::sqlite {

struct Gap {
  int from = 0, to = 0;  // bytes within the page; equal when there is none
};

// The gap of a page with rows (https://www.sqlite.org/fileformat.html, 1.6), none of any other bytes. `first`: it is page 1.
Gap gap_of(std::string_view page, bool first);

// What is kept of a file whose gaps are cleared, in memory that lives as long as SQLite's own for it.
struct ClearedFile {
  sqlite3_io_methods methods{};
  const sqlite3_io_methods* platform = nullptr;
};

// From now on what is written into this open database file of the platform has its gaps cleared.
void clear_gaps(sqlite3_file* file, ClearedFile* memory);

}  // namespace bw::store::sqlite
