// SPDX-License-Identifier: Apache-2.0
#include "store/scan.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "store/sqlite/contents.h"
#include "store/sqlite/readers.h"
#include "store/sqlite/rows.h"

namespace bw::store {
namespace {

using sqlite::Database;
using sqlite::Statement;

std::string file_of(const std::string& data_dir) { return data_dir + "/ledger.db"; }

Result<std::uint64_t> size_of(Database& database) {
  auto& select = database.prepared("SELECT size FROM head");
  select.begin();
  BW_TRY(bool found, select.next());
  std::uint64_t size = found ? select.number(0) : 0;
  select.reset();
  return size;
}

Result<ledger::Entry> entry_at(Database& database, std::uint64_t seq) {
  auto& select = database.prepared("SELECT leaf FROM entries WHERE seq = ?");
  select.begin(seq);
  BW_TRY(bool found, select.next());
  if (!found) return fail(Code::data_loss, fmt::format("entry {} is missing", seq));
  auto entry = ledger::parse_entry(select.view(0));
  select.reset();
  return entry;
}

// The first entry at or after `at_ms`.
Result<std::uint64_t> first_since(Database& database, std::uint64_t size, std::int64_t at_ms) {
  std::uint64_t low = 0, high = size;
  while (low < high) {
    std::uint64_t middle = low + (high - low) / 2;
    BW_TRY(auto entry, entry_at(database, middle));
    if (entry.at_ms < at_ms) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// Whether a leaf may begin an action, from its bytes: most do not, and reading them all in full takes most of the time.
// A name inside a leaf cannot look like a member, because its quotes are escaped.
bool may_begin(std::string_view leaf) {
  auto kind = leaf.find("\"k\":\"");
  if (kind == std::string_view::npos) return false;
  auto word = leaf.substr(kind + 5);
  bool begins = word.starts_with("intent\"") || word.starts_with("refusal\"") || word.starts_with("hold\"");
  return begins && leaf.find("\"pl\":\"") == std::string_view::npos;
}

std::optional<std::string_view> value_or_none(const std::string& value) {
  return value.empty() ? std::nullopt : std::optional<std::string_view>(value);
}

Status visit_entry(Database& database, const ContentKeys* keys, std::uint64_t seq, std::string_view leaf,
                   const std::function<void(const FirstEntry&)>& visit) {
  BW_TRY(auto entry, ledger::parse_entry(leaf));
  if (entry.action.empty()) return {};
  BW_TRY(auto contents, sqlite::read_contents(database, keys, seq));
  visit({entry, value_or_none(contents.args), value_or_none(contents.checks)});
  return {};
}

Status each_leaf(Database& database, EntryRange range,
                 const std::function<Status(std::uint64_t, std::string_view)>& visit,
                 const std::function<void(std::uint64_t)>& passed) {
  constexpr std::uint64_t report_every = 4096;
  auto& entries = database.prepared("SELECT seq, leaf FROM entries WHERE seq >= ? AND seq < ? ORDER BY seq");
  entries.begin(range.begin, range.end);
  std::uint64_t unreported = 0;
  while (true) {
    BW_TRY(bool more, entries.next());
    if (!more) break;
    auto visited = visit(entries.number(0), entries.view(1));
    if (!visited) return fail(std::move(visited).error().with(fmt::format("entry {}", entries.number(0))));
    if (++unreported == report_every) passed(std::exchange(unreported, 0));
  }
  passed(unreported);
  return {};
}

class SqliteRuns final : public RunReader {
 public:
  explicit SqliteRuns(const std::string& data_dir) : readers_(file_of(data_dir)) {}

  Status open(const std::string& data_dir) {
    BW_TRY(auto lease, readers_.lease());
    lease_.emplace(std::move(lease));
    BW_TRY(keys_, sqlite::read_keys(**lease_, data_dir));
    return {};
  }

  Status read(const std::string& run, const std::function<void(const ledger::Entry&)>& visit) override {
    BW_TRY(auto seqs, entries_of(run));
    for (std::uint64_t seq : seqs) {
      BW_TRY(auto entry, entry_at(**lease_, seq));
      visit(entry);
    }
    return {};
  }

  Result<admission::ContentValues> contents(std::uint64_t seq) override {
    return sqlite::read_contents(**lease_, keys_.get(), seq);
  }

 private:
  Result<std::vector<std::uint64_t>> entries_of(const std::string& run) {
    std::vector<std::uint64_t> out;
    auto& select = (*lease_)->prepared("SELECT " BW_ACTION_COLUMNS " FROM actions WHERE run = ?");
    select.begin(run);
    while (true) {
      BW_TRY(bool more, select.next());
      if (!more) break;
      BW_TRY(auto row, sqlite::read_action(select));
      out.insert(out.end(), row.entries.begin(), row.entries.end());
    }
    std::ranges::sort(out);
    return out;
  }

  sqlite::Readers readers_;
  std::optional<sqlite::Readers::Lease> lease_;
  sqlite::SharedContentKeys keys_;
};

}  // namespace

Result<std::unique_ptr<RunReader>> open_runs(const std::string& data_dir) {
  auto runs = std::make_unique<SqliteRuns>(data_dir);
  BW_OK(runs->open(data_dir));
  return runs;
}

Result<EntryRange> entries_between(const std::string& data_dir, std::int64_t from_ms, std::int64_t to_ms) {
  sqlite::Readers readers(file_of(data_dir));
  BW_TRY(auto database, readers.lease());
  BW_TRY(auto size, size_of(*database));
  BW_TRY(auto begin, first_since(*database, size, from_ms));
  BW_TRY(auto end, first_since(*database, size, to_ms));
  return EntryRange{begin, std::max(begin, end)};
}

Status scan_leaves(const std::string& data_dir, EntryRange range,
                   const std::function<Status(std::uint64_t, std::string_view)>& visit,
                   const std::function<void(std::uint64_t)>& passed) {
  sqlite::Readers readers(file_of(data_dir));
  BW_TRY(auto database, readers.lease());
  return each_leaf(*database, range, visit, passed);
}

Status scan_actions(const std::string& data_dir, EntryRange range, const std::function<void(const FirstEntry&)>& visit,
                    const std::function<void(std::uint64_t)>& passed) {
  sqlite::Readers readers(file_of(data_dir));
  BW_TRY(auto database, readers.lease());
  BW_TRY(auto keys, sqlite::read_keys(*database, data_dir));
  auto visit_leaf = [&](std::uint64_t seq, std::string_view leaf) -> Status {
    return may_begin(leaf) ? visit_entry(*database, keys.get(), seq, leaf, visit) : Status();
  };
  return each_leaf(*database, range, visit_leaf, passed);
}

}  // namespace bw::store
