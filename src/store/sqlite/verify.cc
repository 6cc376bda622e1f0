// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>

#include "admission/replay.h"
#include "admission/request.h"
#include "base/text.h"
#include "ledger/finding.h"
#include "store/sqlite/contents.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/subjects.h"
#include "store/store.h"

namespace bw::store {
namespace {

using namespace admission;
using ledger::Finding;
using sqlite::Database;
using sqlite::Statement;

std::unexpected<Error> wrong(Finding finding, std::string what) { return ledger::found(finding, std::move(what)); }

// One reading of a whole ledger from one snapshot of the file.
class Verification {
 public:
  Verification(Database& database, sqlite::SharedContentKeys keys, sqlite::SharedSubjectKey subject_key,
               const std::vector<Claim>& claims)
      : database_(database),
        keys_(std::move(keys)),
        subject_key_(std::move(subject_key)),
        claims_(claims),
        replay_([this](const ActionState& action) { return check_action(action); }) {}

  Result<VerifyReport> run(const Progress& progress) {
    BW_OK(check_file());
    BW_OK(read_head());
    BW_OK(check_claims());
    BW_OK(read_entries(progress));
    for (const auto& claim : claims_) {
      if (claim.size > frontier_.size())
        return wrong(Finding::truncated, fmt::format("{} was signed for {} entries, and there are {}", claim.by,
                                                     claim.size, frontier_.size()));
    }
    BW_OK(check_head());
    BW_OK(check_projections());
    report_.actions = replay_.actions();
    return report_;
  }

 private:
  // The pages hold together, and the tables are those that this program made: an index that lies is found here.
  Status check_file() {
    BW_OK(sqlite::check_schema(database_));
    auto& check = database_.prepared("PRAGMA integrity_check(1)");
    check.begin();
    BW_TRY(auto more, check.next());
    auto said = more ? check.text(0) : "nothing";
    check.reset();
    return said == "ok" ? Status() : wrong(Finding::damaged_file, "ledger.db: " + said);
  }

  Status read_head() {
    auto& select = database_.prepared("SELECT size, root, frontier, at, oldest_unsettled, one FROM head");
    select.begin();
    BW_TRY(auto found, select.next());
    if (!found) return {};
    size_ = select.number(0);
    root_ = select.text(1);
    stored_frontier_ = select.text(2);
    at_ms_ = select.integer(3);
    oldest_unsettled_ = select.text(4);
    bool known = select.number(5) == 1;  // or the next commit writes a second row
    BW_TRY(auto more, select.next());
    if (more) select.reset();
    return known && !more ? Status() : wrong(Finding::changed_head, "the head is not the one row that it must be");
  }

  Status read_entries(const Progress& progress) {
    constexpr std::uint64_t report_every = 8192;
    auto& entries = database_.prepared("SELECT seq, leaf FROM entries ORDER BY seq");
    entries.begin();
    while (true) {
      BW_TRY(auto more, entries.next());
      if (!more) return {};
      if (auto status = read_entry(entries); !status) {
        return fail(std::move(status).error().with(fmt::format("entry {}", frontier_.size())));
      }
      if (progress && frontier_.size() % report_every == 0) progress(frontier_.size(), size_);
    }
  }

  Status check_claims() const {
    for (const auto& claim : claims_) {
      if (claim.size == frontier_.size() && claim.root != crypto::view(frontier_.root())) {
        return wrong(Finding::forked, fmt::format("{} was signed for {} entries that are not the first {} here",
                                                  claim.by, claim.size, claim.size));
      }
    }
    return {};
  }

  Status read_entry(const Statement& row) {
    auto seq = frontier_.size();
    if (row.number(0) != seq)
      return wrong(Finding::missing, fmt::format("is missing: the next one is {}", row.number(0)));
    auto leaf = row.view(1);
    auto parsed = ledger::parse_entry(leaf);
    if (!parsed) return wrong(Finding::malformed, parsed.error().message);
    const auto& entry = *parsed;
    auto hash = ledger::leaf_hash(leaf);
    BW_OK(replay_.add(entry, to_hex(crypto::view(hash))));
    BW_OK(check_contents(seq, entry));
    BW_OK(check_decider(entry));
    if (entry.kind == ledger::Kind::erase) {
      BW_OK(check_erasure(entry));
    }
    frontier_.append(hash);
    std::vector<ledger::Tile> tiles;
    tiler_.append(hash, tiles);
    for (const auto& tile : tiles) {
      BW_OK(check_tile(tile));
    }
    return check_claims();
  }

  Status check_tile(const ledger::Tile& tile) {
    auto& select = database_.prepared("SELECT hashes FROM tiles WHERE level = ? AND n = ?");
    select.begin(tile.level, tile.n);
    BW_TRY(auto found, select.next());
    bool same = found && select.view(0) == tile.hashes;
    select.reset();
    ++tiles_;
    return same ? Status()
                : wrong(
                      Finding::changed_tile,
                      fmt::format("the stored tile {}/{} does not hold the hashes of its entries", tile.level, tile.n));
  }

  // Each content that the entry commits to is there and is that one, or an entry says that it was erased; and no other is there.
  Status check_contents(std::uint64_t seq, const ledger::Entry& entry) {
    auto& select = database_.prepared("SELECT " BW_CONTENT_COLUMNS " FROM contents WHERE entry = ?");
    select.begin(seq);
    BW_TRY(auto found, select.next());
    content_rows_ += found ? 1 : 0;
    auto status = check_presence(seq, entry, found ? &select : nullptr);
    if (!status || !found || !keys_) {
      select.reset();
      return status;
    }
    auto opened = sqlite::open_contents(keys_.get(), seq, select);
    select.reset();
    if (!opened) return wrong(Finding::swapped_content, std::move(opened).error().message);
    return check_commitments(entry, *opened);
  }

  Status check_presence(std::uint64_t seq, const ledger::Entry& entry, const Statement* row) {
    BW_TRY(auto erased_by, sqlite::read_erasures(database_, seq));
    for (auto field : ledger::all_fields) {
      bool committed = !commitment(entry.commitments, field).empty();
      bool there = row != nullptr && !row->null(static_cast<int>(field));
      auto erased = erased_by[static_cast<std::size_t>(field)];
      if (there && !committed)
        return wrong(Finding::swapped_content,
                     fmt::format("its content `{}` is not one that it commits to", name(field)));
      if (there && erased)
        return wrong(Finding::kept_content,
                     fmt::format("its content `{}` was erased by entry {}, and is there", name(field), *erased));
      if (committed && !there && !erased)
        return wrong(Finding::missing_content,
                     fmt::format("its content `{}` is missing, and no entry says that it was erased", name(field)));
      report_.erased += erased ? 1 : 0;
      report_.sealed += there && !keys_ ? 1 : 0;
    }
    return entry.retention.empty() || entry.action.empty() ? Status() : check_retention(entry, erased_by);
  }

  // What expiry does not find it keeps for ever.
  Status check_retention(const ledger::Entry& entry, const sqlite::ErasedBy& erased_by) {
    auto left = sqlite::left_of(entry, erased_by);
    for (const auto& one : entry.retention) {
      if ((one.fields & left).empty()) continue;
      auto read = [](const Statement& row) { return row.number(0); };
      BW_OK(check_row("SELECT entry FROM retention WHERE class = ? AND keep = ? AND entry = ?", entry.seq, read,
                      "retention class " + one.name, one.name, one.ms, entry.seq));
      ++retained_;
    }
    return {};
  }

  Status check_commitments(const ledger::Entry& entry, const ledger::Contents& opened) {
    for (auto field : ledger::all_fields) {
      const auto& content = opened.*member_of(field);
      if (content.empty()) continue;
      if (ledger::commit(name(field), content) != commitment(entry.commitments, field))
        return wrong(Finding::swapped_content,
                     fmt::format("its content `{}` is not the one that it commits to", name(field)));
      ++report_.contents;
    }
    BW_OK(check_subjects(entry.seq, opened.subject));
    return entry.kind == ledger::Kind::hold ? check_hold(entry, opened) : Status();
  }

  // An index that says less would leave somebody's contents where they are when they are to be forgotten. Only its key is not needed
  // to read: without it the rows are counted.
  Status check_subjects(std::uint64_t seq, const std::string& stored) {
    if (stored.empty()) return {};
    auto wanted = sqlite::keyed_subjects(subject_key_ ? *subject_key_ : std::string(), stored);
    if (!wanted) return wrong(Finding::swapped_content, std::move(wanted).error().message);
    subjects_ += wanted->size();
    if (!subject_key_) return {};
    BW_TRY(auto have, sqlite::read_subjects(database_, seq));
    return have == *wanted
               ? Status()
               : wrong(Finding::changed_projection, "the rows by which it is found are not those of its subjects");
  }

  // What the entry erased might be erased, and the table says so. A content that two entries name was erased by the first.
  Status check_erasure(const ledger::Entry& entry) {
    for (const auto& gone : entry.gone) {
      for (auto seq = gone.first; seq <= gone.last; ++seq) {
        BW_OK(check_erasure_of(seq, gone.fields, entry));
      }
    }
    return {};
  }

  Status check_erasure_of(std::uint64_t seq, ledger::Fields fields, const ledger::Entry& by) {
    BW_TRY(auto leaf, sqlite::read_leaf(database_, seq));
    BW_TRY(auto erased, ledger::parse_entry(leaf));
    if (erased.action.empty())
      return wrong(Finding::forbidden_erasure,
                   fmt::format("it erases contents of entry {}, which is of no action", seq));
    auto& select = database_.prepared("SELECT " BW_ACTION_COLUMNS " FROM actions WHERE action = ?");
    select.begin(erased.action);
    BW_TRY(auto found, select.next());
    if (!found)
      return wrong(Finding::changed_projection, fmt::format("the row of action {} is missing", erased.action));
    auto action = sqlite::read_action(select);
    select.reset();
    if (!action) return fail(std::move(action).error());
    BW_OK(replay_.may_erase(*action));
    BW_TRY(auto erased_by, sqlite::read_erasures(database_, seq));
    for (auto field : ledger::all_fields) {
      if (!fields.has(field) || commitment(erased.commitments, field).empty()) continue;
      auto recorded = erased_by[static_cast<std::size_t>(field)];
      if (!recorded || *recorded > by.seq)
        return wrong(Finding::kept_content,
                     fmt::format("it erases content `{}` of entry {}, which the tables do not say", name(field), seq));
      if (*recorded == by.seq) {
        ++erasures_;
        BW_OK(Replay::was_due(by, {erased.seq, erased.at_ms, erased.retention}, field));
      }
    }
    return {};
  }

  // Who may decide stands in a content of the hold.
  Status check_decider(const ledger::Entry& entry) const {
    auto known = reviewers_.find(entry.ticket);
    bool decides = entry.kind == ledger::Kind::decision && entry.state != "withdrawn" && known != reviewers_.end();
    if (!decides || std::ranges::find(known->second, entry.by) != known->second.end()) return {};
    return wrong(Finding::forged_approval,
                 fmt::format("{} is no reviewer of ticket {}", printable(entry.by), entry.ticket));
  }

  Status check_hold(const ledger::Entry& entry, const ledger::Contents& contents) {
    auto text = ledger::content_value(contents.text);
    if (!text.empty()) {
      BW_TRY(auto request, parse_request(text, ledger::content_value(contents.args)));
      if (request.action.digest != entry.digest || request.action.id != entry.action)
        return wrong(Finding::swapped_content, "its held request is another one");
    }
    auto reviewers = parse_reviewers(ledger::content_value(contents.reviewers), text);
    if (!reviewers) return wrong(Finding::swapped_content, std::move(reviewers).error().message);
    if (*reviewers) reviewers_[entry.ticket] = **std::move(reviewers);
    return {};
  }

  Status check_head() {
    report_.entries = frontier_.size();
    report_.root = crypto::view(frontier_.root());
    if (frontier_.size() < size_)
      return wrong(Finding::missing, fmt::format("entry {} is missing: the head counts {}", frontier_.size(), size_));
    if (frontier_.size() > size_)
      return wrong(Finding::surplus, fmt::format("entry {} is beyond the head, which counts {}", size_, size_));
    if (size_ == 0) return {};
    if (root_ != report_.root)
      return wrong(Finding::changed_head, "the tree of the entries has another root than the stored head");
    if (stored_frontier_ != frontier_.bytes())
      return wrong(Finding::changed_head, "the stored head has another right edge than the tree of the entries");
    if (at_ms_ != replay_.at_ms())
      return wrong(Finding::changed_head, "the stored head has another time than the last entry");
    auto open = std::ranges::find_if(replay_.unfinished(), [](const auto& action) {
      return action.second.row.intent && !action.second.row.outcome;
    });
    if (oldest_unsettled_ != (open == replay_.unfinished().end() ? "~" : open->first))
      return wrong(Finding::changed_head, "the stored head names another oldest action without outcome");
    return {};
  }

  // Reads the one row of a projection, which must be there and equal what the entries say.
  template <class Row, class Read, class... Key>
  Status check_row(const char* sql, const Row& want, Read read, const std::string& what, const Key&... key) {
    auto& select = database_.prepared(sql);
    select.begin(key...);
    BW_TRY(auto found, select.next());
    if (!found)
      return wrong(Finding::changed_projection, fmt::format("the entries speak of {}, and its row is missing", what));
    BW_TRY(auto row, Result<Row>(read(select)));
    select.reset();
    return row == want
               ? Status()
               : wrong(Finding::changed_projection, fmt::format("the row of {} is not what the entries say", what));
  }

  Status check_count(const char* sql, std::uint64_t want, std::string_view what) {
    auto& select = database_.prepared(sql);
    select.begin();
    BW_TRY(auto found, select.next());
    auto have = found ? select.number(0) : 0;
    select.reset();
    return have == want ? Status()
                        : wrong(Finding::changed_projection,
                                fmt::format("{}: the entries make {} rows, and there are {}", what, want, have));
  }

  Status check_action(const ActionState& action) {
    return check_row("SELECT " BW_ACTION_COLUMNS " FROM actions WHERE action = ?", action.row, sqlite::read_action,
                     "action " + action.row.action, action.row.action);
  }

  Status check_projections() {
    for (const auto& [id, action] : replay_.unfinished()) {
      BW_OK(check_action(action));
    }
    BW_OK(check_count("SELECT count(*) FROM actions", replay_.actions(), "actions"));
    for (const auto& [id, run] : replay_.runs()) {
      BW_OK(check_row("SELECT " BW_RUN_COLUMNS " FROM runs WHERE run = ?", run, sqlite::read_run, "run " + id, id));
    }
    BW_OK(check_count("SELECT count(*) FROM runs", replay_.runs().size(), "runs"));
    BW_OK(check_tickets());
    BW_OK(check_control());
    BW_OK(check_meters());
    BW_OK(check_count("SELECT count(*) FROM tiles", tiles_, "tiles"));
    BW_OK(check_count(
        "SELECT coalesce(sum((args IS NOT NULL) + (out IS NOT NULL) + (why IS NOT NULL) + "
        "(checks IS NOT NULL) + (text IS NOT NULL) + (subject IS NOT NULL) + (reviewers IS NOT NULL)), 0) FROM erasures",
        erasures_, "erased contents"));
    BW_OK(check_count(
        "SELECT count(*) FROM erasures WHERE coalesce(args, out, why, checks, text, subject, reviewers) IS NULL", 0,
        "erasures of nothing"));
    BW_OK(check_count("SELECT count(*) FROM retention", retained_, "contents that expire"));
    if (keys_) {
      BW_OK(check_count("SELECT count(*) FROM subjects", subjects_, "subjects"));
    }
    BW_OK(check_count("SELECT count(*) FROM contents WHERE under IS NULL OR under NOT IN (SELECT id FROM content_keys)",
                      0, "contents under keys that nobody recorded"));
    return check_count("SELECT count(*) FROM contents", content_rows_, "contents");
  }

  Status check_tickets() {
    for (const auto& [id, row] : replay_.tickets()) {
      auto want = row;
      want.reviewers = reviewers_[id];
      auto read = [this](const Statement& select) -> Result<TicketRow> {
        BW_TRY(auto have, sqlite::read_ticket(select));
        if (!keys_) have.reviewers.clear();  // they stand in a content
        return have;
      };
      BW_OK(check_row("SELECT " BW_TICKET_COLUMNS " FROM tickets WHERE ticket = ?", want, read, "ticket " + id, id));
    }
    BW_OK(check_count("SELECT count(*) FROM tickets", replay_.tickets().size(), "tickets"));
    for (const auto& [digest, action] : replay_.ambiguous()) {
      BW_OK(check_row(
          "SELECT action FROM ambiguous WHERE digest = ? AND action = ?", action,
          [](const Statement& row) { return row.text(0); }, "ambiguous action " + action, digest, action));
    }
    return check_count("SELECT count(*) FROM ambiguous", replay_.ambiguous().size(), "ambiguous actions");
  }

  Status check_control() {
    auto read_switch = [](const Statement& row) -> Result<SwitchRow> {
      BW_TRY(auto scope, domain::parse_scope(row.view(0)));
      if (row.number(1) > 1) return wrong(Finding::changed_projection, "a switch is neither set nor cleared");
      return SwitchRow{std::move(scope), row.integer(1) != 0, row.text(2), row.integer(3), row.number(4)};
    };
    for (const auto& [scope, row] : replay_.switches()) {
      auto text = to_string(scope);
      BW_OK(check_row("SELECT scope, on_, by, at, entry FROM switches WHERE scope = ?", row, read_switch,
                      "switch " + text, text));
    }
    BW_OK(check_count("SELECT count(*) FROM switches", replay_.switches().size(), "switches"));
    for (const auto& [scope, row] : replay_.legal_holds()) {
      auto text = to_string(scope);
      BW_OK(check_row("SELECT " BW_LEGAL_HOLD_COLUMNS " FROM legal_holds WHERE scope = ?", row, sqlite::read_legal_hold,
                      "legal hold " + text, text));
    }
    BW_OK(check_count("SELECT count(*) FROM legal_holds", replay_.legal_holds().size(), "legal holds"));
    for (const auto& [id, row] : replay_.tokens()) {
      BW_OK(check_row("SELECT " BW_TOKEN_COLUMNS " FROM tokens WHERE token = ?", row, sqlite::read_token, "token " + id,
                      id));
    }
    BW_OK(check_count("SELECT count(*) FROM tokens", replay_.tokens().size(), "tokens"));
    for (const auto& [agent, entry] : replay_.revoked_agents()) {
      BW_OK(check_row(
          "SELECT entry FROM revoked_agents WHERE agent = ?", entry, [](const Statement& row) { return row.number(0); },
          "revoked agent " + agent, agent));
    }
    BW_OK(check_count("SELECT count(*) FROM revoked_agents", replay_.revoked_agents().size(), "revoked agents"));
    for (const auto& row : replay_.snapshots()) {
      auto read = [](const Statement& s) { return SnapshotRow{s.text(0), s.text(1), s.integer(2), s.number(3)}; };
      BW_OK(check_row("SELECT digest, author, at, entry FROM snapshots WHERE entry = ?", row, read,
                      "snapshot " + row.digest, row.entry));
    }
    BW_OK(check_count("SELECT count(*) FROM snapshots", replay_.snapshots().size(), "snapshots"));
    for (const auto& [key, row] : replay_.pins()) {
      BW_OK(check_row("SELECT " BW_PIN_COLUMNS " FROM pins WHERE upstream = ? AND tool = ? AND state = ?", row,
                      sqlite::read_pin, "pin of " + row.tool, row.upstream, row.tool, sqlite::name(row.state)));
    }
    BW_OK(check_count("SELECT count(*) FROM pins", replay_.pins().size(), "pins"));
    for (const auto& [word, n] : replay_.counts()) {
      BW_OK(check_row(
          "SELECT n FROM counts WHERE word = ?", n, [](const Statement& row) { return row.number(0); },
          "count of " + word, word));
    }
    return check_count("SELECT count(*) FROM counts", replay_.counts().size(), "counts");
  }

  // What a state counts when the ledger ends. The limit is for display and may be that of a charge that was refused.
  MeterState counting(MeterState state) const {
    forget(state, at_ms_);
    state.limit = 0;
    if (state.buckets.empty()) state.window_ms = 0;
    return state;
  }

  Status check_meters() {
    for (const auto& [name, state] : replay_.meters()) {
      auto want = counting(state);
      auto read = [this](const Statement& row) -> Result<MeterState> {
        BW_TRY(auto have, parse_meter(row.view(0)));
        return counting(std::move(have));
      };
      if (want == MeterState{}) continue;  // its row may have been dropped
      BW_OK(check_row("SELECT state FROM meters WHERE meter = ? AND key = ?", want, read, "meter " + name.first,
                      name.first, name.second));
    }
    auto& select = database_.prepared("SELECT meter, key, state FROM meters");
    select.begin();
    while (true) {
      BW_TRY(auto more, select.next());
      if (!more) return {};
      BW_TRY(auto have, parse_meter(select.view(2)));
      auto known = replay_.meters().find({select.text(0), select.text(1)});
      bool counts_nothing = known == replay_.meters().end() || counting(known->second) == MeterState{};
      if (counts_nothing && counting(have) != MeterState{})
        return wrong(Finding::changed_projection, fmt::format("meter {} counts what no entry charged", select.text(0)));
    }
  }

  Database& database_;
  const sqlite::SharedContentKeys keys_;
  const sqlite::SharedSubjectKey subject_key_;
  const std::vector<Claim>& claims_;
  Replay replay_;
  VerifyReport report_;
  ledger::Frontier frontier_;
  ledger::Tiler tiler_;
  std::uint64_t size_ = 0, tiles_ = 0, content_rows_ = 0, erasures_ = 0, subjects_ = 0, retained_ = 0;
  std::int64_t at_ms_ = 0;
  std::string root_, stored_frontier_, oldest_unsettled_;
  std::map<std::string, std::vector<std::string>> reviewers_;
};

}  // namespace

Result<VerifyReport> verify(const std::string& data_dir, const Progress& progress, const std::vector<Claim>& claims) {
  BW_TRY(auto database, Database::open(data_dir + "/ledger.db", Database::Mode::read));
  BW_OK(sqlite::check_version(*database));
  BW_OK(database->execute("BEGIN"));
  BW_TRY(auto keys, sqlite::read_keys(*database, data_dir));
  BW_TRY(auto subject_key, sqlite::read_subject_key(data_dir));
  return Verification(*database, std::move(keys), std::move(subject_key), claims).run(progress);
}

}  // namespace bw::store
