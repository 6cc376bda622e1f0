// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/records.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "admission/meters.h"
#include "admission/request.h"
#include "base/text.h"
#include "store/sqlite/readers.h"
#include "store/sqlite/rows.h"

namespace bw::store::sqlite {
namespace {

using namespace admission;

std::int64_t page_size(std::size_t limit) { return static_cast<std::int64_t>(std::min<std::size_t>(limit, 1000)); }

// All rows of a statement that has begun, as values.
template <class Row, class Read>
Result<std::vector<Row>> rows_of(Statement& select, Read read) {
  std::vector<Row> out;
  while (true) {
    BW_TRY(auto more, select.next());
    if (!more) return out;
    BW_TRY(auto row, Result<Row>(read(select)));
    out.push_back(std::move(row));
  }
}

// Of one row more than was asked for: whether there is a next page.
template <class Row>
bool cut(std::vector<Row>& rows, std::size_t limit) {
  auto size = static_cast<std::size_t>(page_size(limit));
  if (rows.size() <= size) return false;
  rows.resize(size);
  return size > 0;
}

Result<StoredEntry> stored(std::string leaf) {
  BW_TRY(auto entry, ledger::parse_entry(leaf));
  auto hash = to_hex(crypto::view(ledger::leaf_hash(leaf)));
  return StoredEntry{std::move(entry), std::move(leaf), std::move(hash)};
}

Result<StoredEntry> read_entry(Database& database, std::uint64_t seq) {
  BW_TRY(auto leaf, read_leaf(database, seq));
  return stored(std::move(leaf));
}

Result<TicketRecord> complete(Database& database, const ContentKeys* keys, TicketRow row) {
  BW_TRY(auto held, read_contents(database, keys, row.entry));
  TicketRecord out;
  BW_TRY(auto request, held_request(row, held));
  out.request = std::move(request.action);
  out.terms = std::move(request.terms);
  out.checks = std::move(held.checks);
  if (row.decision_entry) {
    BW_TRY(auto decision, read_contents(database, keys, *row.decision_entry));
    out.reason = std::move(decision.why);
  }
  out.row = std::move(row);
  return out;
}

SnapshotRow read_snapshot(const Statement& row) {
  return {.digest = row.text(1), .author = row.text(2), .at_ms = row.integer(3), .entry = row.number(0)};
}

Result<std::uint64_t> size_of(Database& database) {
  auto& select = database.prepared("SELECT size FROM head");
  select.begin();
  BW_TRY(auto found, select.next());
  auto size = found ? select.number(0) : 0;
  select.reset();
  return size;
}

Result<std::uint64_t> count_of(Statement& select) {
  select.begin();
  BW_TRY(auto found, select.next());
  auto count = found ? select.number(0) : 0;
  select.reset();
  return count;
}

class SqliteRecords final : public Records {
 public:
  SqliteRecords(std::string path, SharedContentKeys keys, SharedSubjectKey subject_key)
      : readers_(std::move(path)), keys_(std::move(keys)), subject_key_(std::move(subject_key)) {}

  Result<ActionRecord> action(const std::string& id) override {
    BW_TRY(auto database, readers_.lease());
    auto& select = database->prepared("SELECT " BW_ACTION_COLUMNS " FROM actions WHERE action = ?");
    select.begin(id);
    BW_TRY(auto found, select.next());
    if (!found) return fail(Code::not_found, fmt::format("there is no action {}", id));
    ActionRecord record;
    BW_TRY(record.row, read_action(select));
    select.reset();
    for (auto seq : record.row.entries) {
      BW_TRY(auto entry, read_entry(*database, seq));
      BW_TRY(auto contents, read_contents(*database, keys_.get(), seq));
      record.entries.push_back(std::move(entry));
      record.contents.push_back(std::move(contents));
    }
    return record;
  }

  Result<ActionPage> actions(const ActionFilter& filter) override {
    BW_TRY(auto database, readers_.lease());
#define BW_ACTION_FILTER                                                                                     \
  " (?1 = '' OR agent = ?1) AND (?2 = '' OR workflow = ?2) AND (?3 = '' OR tool = ?3) AND (?4 IS NULL OR "   \
  "verdict = ?4) AND (?5 IS NULL OR outcome = ?5) AND (?6 = 0 OR (intent IS NOT NULL AND outcome IS NULL)) " \
  "AND at >= ?7 AND (?8 = '' OR action < ?8) AND (?10 = '' OR run = ?10) ORDER BY action DESC LIMIT ?9"
    auto& select =
        filter.run.empty()
            ? database->prepared("SELECT " BW_ACTION_COLUMNS " FROM actions WHERE" BW_ACTION_FILTER)
            : database->prepared("SELECT " BW_ACTION_COLUMNS
                                 " FROM actions INDEXED BY actions_of_run WHERE run = ?10 AND" BW_ACTION_FILTER);
#undef BW_ACTION_FILTER
    auto word = [](const auto& w) { return w ? std::optional(name(*w)) : std::nullopt; };
    select.begin(filter.agent, filter.workflow, filter.tool, word(filter.verdict), word(filter.outcome),
                 filter.unsettled, filter.since_ms, filter.cursor, page_size(filter.limit) + 1, filter.run);
    ActionPage page;
    BW_TRY(page.actions, rows_of<ActionRow>(select, read_action));
    if (cut(page.actions, filter.limit)) page.next = page.actions.back().action;
    return page;
  }

  Result<RunPage> runs(const RunFilter& filter) override {
    BW_TRY(auto database, readers_.lease());
    auto& select = database->prepared(
        "SELECT " BW_RUN_COLUMNS
        " FROM runs INDEXED BY runs_by_time WHERE (?1 = '' OR agent = ?1) AND (?2 = '' OR workflow = ?2) AND last_at >= ?3"
        " AND (first_at, run) < (?4, ?5) ORDER BY first_at DESC, run DESC LIMIT ?6");
    std::int64_t before = INT64_MAX;
    std::string_view run;
    if (!filter.cursor.empty()) {
      auto colon = std::min(filter.cursor.find(':'), filter.cursor.size() - 1);
      std::from_chars(filter.cursor.data(), filter.cursor.data() + colon, before);
      run = std::string_view(filter.cursor).substr(colon + 1);
    }
    select.begin(filter.agent, filter.workflow, filter.since_ms, before, run, page_size(filter.limit) + 1);
    RunPage page;
    BW_TRY(page.runs, rows_of<RunRow>(select, read_run));
    if (cut(page.runs, filter.limit))
      page.next = fmt::format("{:020}:{}", page.runs.back().first_at_ms, page.runs.back().run);
    return page;
  }

  Result<RunRow> run(const std::string& id) override {
    BW_TRY(auto database, readers_.lease());
    auto& select = database->prepared("SELECT " BW_RUN_COLUMNS " FROM runs WHERE run = ?");
    select.begin(id);
    BW_TRY(auto found, select.next());
    if (!found) return fail(Code::not_found, fmt::format("there is no run {}", id));
    auto row = read_run(select);
    select.reset();
    return row;
  }

  Result<TicketRecord> ticket(const std::string& id) override {
    BW_TRY(auto database, readers_.lease());
    auto& select = database->prepared("SELECT " BW_TICKET_COLUMNS " FROM tickets WHERE ticket = ?");
    select.begin(id);
    BW_TRY(auto found, select.next());
    if (!found) return fail(Code::not_found, fmt::format("there is no ticket {}", id));
    BW_TRY(auto row, read_ticket(select));
    select.reset();
    return complete(*database, keys_.get(), std::move(row));
  }

  Result<TicketPage> tickets(const TicketFilter& filter) override {
    BW_TRY(auto database, readers_.lease());
#define BW_TICKET_FILTER " (?1 = '' OR agent = ?1) AND (?2 = '' OR ticket < ?2) ORDER BY ticket DESC LIMIT ?3"
    auto& select = filter.open
                       ? database->prepared("SELECT " BW_TICKET_COLUMNS
                                            " FROM tickets WHERE state IN ('held', 'approved') AND" BW_TICKET_FILTER)
                       : database->prepared("SELECT " BW_TICKET_COLUMNS " FROM tickets WHERE" BW_TICKET_FILTER);
#undef BW_TICKET_FILTER
    select.begin(filter.agent, filter.cursor, page_size(filter.limit) + 1);
    BW_TRY(auto rows, rows_of<TicketRow>(select, read_ticket));
    TicketPage page;
    if (cut(rows, filter.limit)) page.next = rows.back().ticket;
    for (auto& row : rows) {
      BW_TRY(auto record, complete(*database, keys_.get(), std::move(row)));
      page.tickets.push_back(std::move(record));
    }
    return page;
  }

  Result<std::vector<SwitchRecord>> switches() override {
    BW_TRY(auto database, readers_.lease());
    auto& select = database->prepared("SELECT scope, on_, by, at, entry FROM switches ORDER BY scope");
    select.begin();
    auto read = [](const Statement& row) -> Result<SwitchRecord> {
      SwitchRecord out;
      BW_TRY(out.row.scope, domain::parse_scope(row.view(0)));
      out.row.on = row.integer(1) != 0;
      out.row.by = row.text(2);
      out.row.at_ms = row.integer(3);
      out.row.entry = row.number(4);
      return out;
    };
    BW_TRY(auto out, rows_of<SwitchRecord>(select, read));
    for (auto& record : out) {
      BW_TRY(auto contents, read_contents(*database, keys_.get(), record.row.entry));
      record.reason = std::move(contents.why);
    }
    return out;
  }

  Result<std::vector<LegalHoldRecord>> legal_holds() override {
    BW_TRY(auto database, readers_.lease());
    auto& select = database->prepared("SELECT " BW_LEGAL_HOLD_COLUMNS " FROM legal_holds ORDER BY scope");
    select.begin();
    BW_TRY(auto rows, rows_of<LegalHoldRow>(select, read_legal_hold));
    std::vector<LegalHoldRecord> out;
    for (auto& row : rows) {
      BW_TRY(auto contents, read_contents(*database, keys_.get(), row.entry));
      out.push_back({std::move(row), std::move(contents.why)});
    }
    return out;
  }

  Result<std::vector<TokenRow>> tokens(const std::string& agent) override {
    BW_TRY(auto database, readers_.lease());
    auto& select =
        database->prepared("SELECT " BW_TOKEN_COLUMNS " FROM tokens WHERE ?1 = '' OR agent = ?1 ORDER BY token");
    select.begin(agent);
    return rows_of<TokenRow>(select, read_token);
  }

  Result<SnapshotRecord> current_snapshot() override {
    BW_TRY(auto database, readers_.lease());
    auto& select = database->prepared("SELECT entry, digest, author, at FROM snapshots ORDER BY entry DESC LIMIT 1");
    select.begin();
    return one_snapshot(*database, select, "no registry was applied yet");
  }

  Result<SnapshotRecord> snapshot(const std::string& digest) override {
    BW_TRY(auto database, readers_.lease());
    auto& select = database->prepared(
        "SELECT entry, digest, author, at FROM snapshots WHERE digest = ? ORDER BY entry DESC LIMIT 1");
    select.begin(digest);
    return one_snapshot(*database, select, fmt::format("no registry with digest {} was applied", digest));
  }

  Result<std::vector<SnapshotRecord>> snapshots(std::size_t limit) override {
    BW_TRY(auto database, readers_.lease());
    auto& select = database->prepared("SELECT entry, digest, author, at FROM snapshots ORDER BY entry DESC LIMIT ?");
    select.begin(page_size(limit));
    BW_TRY(auto rows, rows_of<SnapshotRow>(select, read_snapshot));
    std::vector<SnapshotRecord> out;
    for (auto& row : rows) {
      BW_TRY(auto contents, read_contents(*database, keys_.get(), row.entry));
      out.push_back({std::move(row), std::move(contents.why), {}});
    }
    return out;
  }

  Result<std::vector<PinRecord>> pins(const std::string& upstream) override {
    BW_TRY(auto database, readers_.lease());
    auto& select = database->prepared("SELECT " BW_PIN_COLUMNS
                                      " FROM pins WHERE ?1 = '' OR upstream = ?1 ORDER BY upstream, tool, state");
    select.begin(upstream);
    BW_TRY(auto rows, rows_of<PinRow>(select, read_pin));
    std::vector<PinRecord> out;
    for (auto& row : rows) {
      BW_TRY(auto contents, read_contents(*database, keys_.get(), row.entry));
      out.push_back({std::move(row), std::move(contents.text)});
    }
    return out;
  }

  Result<std::vector<ActionRow>> ambiguous() override {
    BW_TRY(auto database, readers_.lease());
    auto& select = database->prepared("SELECT " BW_ACTION_COLUMNS
                                      " FROM actions WHERE action IN (SELECT action FROM ambiguous) ORDER BY action");
    select.begin();
    return rows_of<ActionRow>(select, read_action);
  }

  Result<std::vector<StoredEntry>> entries(std::uint64_t from, std::size_t limit) override {
    BW_TRY(auto database, readers_.lease());
    auto& select = database->prepared("SELECT leaf FROM entries WHERE seq >= ? ORDER BY seq LIMIT ?");
    select.begin(from, page_size(limit));
    return rows_of<StoredEntry>(select, [](const Statement& row) { return stored(row.text(0)); });
  }

  Result<SubjectPage> actions_of_subject(const std::string& subject, std::uint64_t from, std::size_t limit) override {
    if (!subject_key_)
      return fail(Code::failed_precondition, "subject.key, by which contents are found, is not in the data folder");
    BW_TRY(auto database, readers_.lease());
    auto size = static_cast<std::size_t>(page_size(limit));
    BW_TRY(auto entries, entries_of_subject(*database, *subject_key_, subject, from, size + 1));
    SubjectPage page;
    if (entries.size() > size) page.next = entries[size];
    entries.resize(std::min(entries.size(), size));
    for (auto seq : entries) {
      BW_TRY(auto entry, read_entry(*database, seq));
      page.actions.push_back(std::move(entry.entry.action));
    }
    return page;
  }

  Result<std::vector<RetainedGroup>> retained() override {
    BW_TRY(auto database, readers_.lease());
    auto& select = database->prepared(
        "SELECT class, keep, entry FROM retention WHERE (class, keep) > (?, ?) ORDER BY class, keep, entry LIMIT 1");
    std::vector<RetainedGroup> out;
    while (true) {
      select.begin(out.empty() ? std::string() : out.back().name, out.empty() ? std::int64_t{0} : out.back().ms);
      BW_TRY(auto found, select.next());
      if (!found) return out;
      RetainedGroup group{.name = select.text(0), .ms = select.integer(1), .oldest = select.number(2)};
      select.reset();
      BW_TRY(auto oldest, read_entry(*database, group.oldest));
      group.oldest_at_ms = oldest.entry.at_ms;
      out.push_back(std::move(group));
    }
  }

  Result<std::vector<RetainedEntry>> retained(const std::string& name, std::int64_t ms, std::uint64_t from,
                                              std::size_t limit) override {
    BW_TRY(auto database, readers_.lease());
    auto& select = database->prepared(
        "SELECT seq, leaf FROM retention JOIN entries ON seq = entry WHERE class = ? AND keep = ? AND entry >= ?"
        " ORDER BY entry LIMIT ?");
    select.begin(name, ms, from, page_size(limit));
    return rows_of<RetainedEntry>(select, [](const Statement& row) -> Result<RetainedEntry> {
      BW_TRY(auto entry, ledger::parse_entry(row.view(1)));
      return RetainedEntry{row.number(0), entry.at_ms};
    });
  }

  Result<ContentValues> contents(std::uint64_t seq) override {
    BW_TRY(auto database, readers_.lease());
    return read_contents(*database, keys_.get(), seq);
  }

  Result<ledger::Contents> salted_contents(std::uint64_t seq) override {
    BW_TRY(auto database, readers_.lease());
    return read_salted_contents(*database, keys_.get(), seq);
  }

  Result<std::vector<MeterReading>> meters(std::int64_t now_ms) override {
    BW_TRY(auto database, readers_.lease());
    auto& select = database->prepared("SELECT meter, key, state FROM meters ORDER BY meter, key");
    select.begin();
    std::vector<MeterReading> out;
    while (true) {
      BW_TRY(auto more, select.next());
      if (!more) return out;
      BW_TRY(auto state, parse_meter(select.view(2)));
      if (is_idle(state, now_ms)) continue;
      out.push_back({select.text(0), select.text(1), used(state, now_ms), state.limit, state.window_ms});
    }
  }

  Result<Counts> counts() override {
    BW_TRY(auto database, readers_.lease());
    Counts out;
    BW_TRY(out.entries, size_of(*database));
    BW_TRY(out.open_tickets,
           count_of(database->prepared("SELECT count(*) FROM tickets WHERE state IN ('held', 'approved')")));
    BW_TRY(out.ambiguous, count_of(database->prepared("SELECT count(*) FROM ambiguous")));
    auto& select = database->prepared("SELECT word, n FROM counts ORDER BY word");
    select.begin();
    using Count = std::pair<std::string, std::uint64_t>;
    BW_TRY(out.by_word, rows_of<Count>(select, [](const Statement& row) { return Count(row.text(0), row.number(1)); }));
    return out;
  }

  Result<LedgerHead> head() override {
    BW_TRY(auto database, readers_.lease());
    auto& select = database->prepared("SELECT size, root, at FROM head");
    select.begin();
    BW_TRY(auto found, select.next());
    if (!found) return LedgerHead{0, std::string(crypto::view(ledger::Frontier().root())), 0};
    LedgerHead out{select.number(0), select.text(1), select.integer(2)};
    select.reset();
    return out;
  }

  Result<std::vector<std::string>> prove_inclusion(std::uint64_t seq, std::uint64_t size) override {
    BW_TRY(auto database, readers_.lease());
    BW_TRY(auto known, size_of(*database));
    return store::prove_inclusion(tiles_of(*database, known), seq, size);
  }

  Result<std::vector<std::string>> prove_consistency(std::uint64_t old_size, std::uint64_t size) override {
    BW_TRY(auto database, readers_.lease());
    BW_TRY(auto known, size_of(*database));
    return store::prove_consistency(tiles_of(*database, known), old_size, size);
  }

  Result<std::string> tile(unsigned level, std::uint64_t n, unsigned width) override {
    BW_TRY(auto database, readers_.lease());
    BW_TRY(auto known, size_of(*database));
    return store::tile(tiles_of(*database, known), level, n, width);
  }

 private:
  Result<SnapshotRecord> one_snapshot(Database& database, Statement& select, std::string otherwise) const {
    BW_TRY(auto found, select.next());
    if (!found) return fail(Code::not_found, std::move(otherwise));
    auto row = read_snapshot(select);
    select.reset();
    BW_TRY(auto contents, read_contents(database, keys_.get(), row.entry));
    return SnapshotRecord{std::move(row), std::move(contents.why), std::move(contents.text)};
  }

  TileSource tiles_of(Database& database, std::uint64_t size) {
    auto source = tile_source(database, size);
    source.nodes = &nodes_;
    return source;
  }

  Readers readers_;
  const SharedContentKeys keys_;
  const SharedSubjectKey subject_key_;
  Nodes nodes_;
};

}  // namespace

std::unique_ptr<Records> make_records(std::string path, SharedContentKeys keys, SharedSubjectKey subject_key) {
  return std::make_unique<SqliteRecords>(std::move(path), std::move(keys), std::move(subject_key));
}

}  // namespace bw::store::sqlite
