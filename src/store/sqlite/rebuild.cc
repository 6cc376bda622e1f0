// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "admission/replay.h"
#include "admission/request.h"
#include "base/text.h"
#include "ledger/finding.h"
#include "store/sqlite/cache.h"
#include "store/sqlite/contents.h"
#include "store/sqlite/lock.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/transaction.h"
#include "store/store.h"

namespace bw::store {
namespace {

using namespace admission;
using ledger::Finding;
using ledger::found;
using sqlite::Database;

// Everything that follows from the entries.
constexpr const char* forget_all =
    "DELETE FROM actions; DELETE FROM ambiguous; DELETE FROM runs; DELETE FROM tickets; DELETE FROM switches;"
    "DELETE FROM erasures; DELETE FROM legal_holds; DELETE FROM subjects; DELETE FROM retention;"
    "DELETE FROM tokens; DELETE FROM revoked_agents; DELETE FROM meters; DELETE FROM snapshots; DELETE FROM pins;"
    "DELETE FROM counts; DELETE FROM tiles; DELETE FROM head";

// Writes what a replay of the entries says, through the writer's own statements.
class Rebuild {
 public:
  Rebuild(Database& database, sqlite::SharedContentKeys keys, std::string subject_key, Transaction& transaction,
          const std::vector<Claim>& claims)
      : database_(database),
        keys_(std::move(keys)),
        subject_key_(std::move(subject_key)),
        transaction_(transaction),
        claims_(claims),
        replay_([this](const ActionState& action) { return transaction_.insert_action(action); }) {}

  Result<std::uint64_t> run(const Progress& progress) {
    BW_OK(read_vouched_head());
    BW_OK(database_.execute(forget_all));
    BW_OK(read_entries(progress));
    BW_OK(check_voucher());
    BW_OK(write_actions());
    BW_OK(write_control());
    BW_OK(write_counters());
    BW_OK(transaction_.set_head({frontier_, replay_.at_ms()}));
    BW_OK(transaction_.commit());
    return frontier_.size();
  }

 private:
  // Somebody must have said before what the entries are, or this would make a tampered ledger look well.
  Status read_vouched_head() {
    vouched_ = claims_;
    if (!vouched_.empty()) return {};
    auto& select = database_.prepared("SELECT size, root FROM head");
    select.begin();
    BW_TRY(auto there, select.next());
    if (there) vouched_.push_back({"the stored head", select.number(0), select.text(1)});
    select.reset();
    return {};
  }

  Status read_entries(const Progress& progress) {
    constexpr std::uint64_t report_every = 8192;
    auto& entries = database_.prepared("SELECT seq, leaf FROM entries ORDER BY seq");
    entries.begin();
    while (true) {
      BW_OK(compare());
      BW_TRY(auto more, entries.next());
      if (!more) return {};
      if (auto status = read_entry(entries.number(0), entries.view(1)); !status)
        return fail(std::move(status).error().with(fmt::format("entry {}", frontier_.size())));
      if (progress && frontier_.size() % report_every == 0)
        progress(frontier_.size(), vouched_.empty() ? 0 : vouched_[0].size);
    }
  }

  Status read_entry(std::uint64_t seq, std::string_view leaf) {
    if (seq != frontier_.size()) return found(Finding::missing, fmt::format("is missing: the next one is {}", seq));
    auto entry = ledger::parse_entry(leaf);
    if (!entry) return found(Finding::malformed, entry.error().message);
    auto hash = ledger::leaf_hash(leaf);
    BW_OK(replay_.add(*entry, to_hex(crypto::view(hash))));
    if (entry->kind == ledger::Kind::hold) {
      BW_OK(read_reviewers(*entry));
    }
    if (entry->kind == ledger::Kind::erase) {
      BW_OK(write_erasures(*entry));
    }
    for (const auto& one : entry->retention) {
      if ((one.fields & fields_of(entry->commitments)).empty() || entry->action.empty()) continue;
      BW_OK(transaction_.put_retention(one.name, one.ms, seq));
    }
    if (!entry->commitments.subject.empty()) {
      BW_OK(write_subjects_of(*entry));
    }
    frontier_.append(hash);
    std::vector<ledger::Tile> tiles;
    tiler_.append(hash, tiles);
    for (const auto& tile : tiles) {
      BW_OK(database_.prepared("INSERT INTO tiles (level, n, hashes) VALUES (?, ?, ?)")
                .run(tile.level, tile.n, sqlite::Blob{tile.hashes}));
    }
    return {};
  }

  Status write_erasures(const ledger::Entry& entry) {
    for (const auto& gone : entry.gone) {
      for (auto seq = gone.first; seq <= gone.last; ++seq) {
        BW_TRY(auto leaf, sqlite::read_leaf(database_, seq));
        BW_TRY(auto erased, ledger::parse_entry(leaf));
        auto fields = fields_of(erased.commitments) & gone.fields;
        if (fields.empty()) continue;
        BW_OK(transaction_.put_erasure(seq, fields, entry.seq));
        BW_OK(drop_retention(erased));
      }
    }
    return {};
  }

  Status drop_retention(const ledger::Entry& entry) {
    BW_TRY(auto erased_by, sqlite::read_erasures(database_, entry.seq));
    auto left = sqlite::left_of(entry, erased_by);
    for (const auto& one : entry.retention) {
      if (!(one.fields & left).empty()) continue;
      BW_OK(transaction_.drop_retention(one.name, one.ms, entry.seq));
    }
    return {};
  }

  // They stand in a content, unless that was erased.
  Status write_subjects_of(const ledger::Entry& entry) {
    BW_TRY(auto contents, sqlite::read_salted_contents(database_, keys_.get(), entry.seq));
    return sqlite::put_subjects(database_, subject_key_, entry.seq, contents.subject);
  }

  // Who may decide stands in a content of the hold.
  Status read_reviewers(const ledger::Entry& entry) {
    BW_TRY(auto contents, sqlite::read_contents(database_, keys_.get(), entry.seq));
    auto reviewers = parse_reviewers(contents.reviewers, contents.text);
    if (!reviewers) return found(Finding::swapped_content, std::move(reviewers).error().message);
    if (*reviewers) reviewers_[entry.ticket] = **std::move(reviewers);
    return {};
  }

  Status compare() const {
    for (const auto& claim : vouched_) {
      if (claim.size == frontier_.size() && claim.root != crypto::view(frontier_.root()))
        return found(Finding::forked, fmt::format("the first {} entries are not those of {}", claim.size, claim.by));
    }
    return {};
  }

  Status check_voucher() const {
    for (const auto& claim : vouched_) {
      if (claim.size > frontier_.size())
        return found(Finding::truncated,
                     fmt::format("{} speaks of {} entries, and there are {}", claim.by, claim.size, frontier_.size()));
    }
    if (vouched_.empty() && frontier_.size() > 0)
      return found(Finding::changed_head, "neither a head file nor the stored head says what the entries were");
    return {};
  }

  Status write_actions() {
    for (const auto& [id, action] : replay_.unfinished()) {
      BW_OK(transaction_.insert_action(action));
    }
    for (auto [id, row] : replay_.tickets()) {
      row.reviewers = reviewers_[id];
      BW_OK(transaction_.put_ticket(row));
    }
    for (const auto& [digest, action] : replay_.ambiguous()) {
      BW_OK(transaction_.put_ambiguous(digest, action));
    }
    return {};
  }

  Status write_control() {
    for (const auto& [scope, row] : replay_.switches()) {
      BW_OK(transaction_.put_switch(row));
    }
    for (const auto& [scope, row] : replay_.legal_holds()) {
      BW_OK(transaction_.put_legal_hold(row));
    }
    for (const auto& [id, row] : replay_.tokens()) {
      BW_OK(transaction_.put_token(row));
    }
    for (const auto& [agent, entry] : replay_.revoked_agents()) {
      BW_OK(transaction_.put_agent_revoked(agent, entry));
    }
    for (const auto& row : replay_.snapshots()) {
      BW_OK(transaction_.put_snapshot(row));
    }
    for (const auto& [key, row] : replay_.pins()) {
      BW_OK(transaction_.put_pin(row));
    }
    return {};
  }

  Status write_counters() {
    for (const auto& [name, state] : replay_.meters()) {
      if (is_idle(state, replay_.at_ms())) continue;
      BW_OK(transaction_.put_meter(name.first, name.second, state));
    }
    for (const auto& [id, row] : replay_.runs()) {
      BW_OK(transaction_.add_to_run(row));
    }
    for (const auto& [word, n] : replay_.counts()) {
      BW_OK(transaction_.add_to_count(word, n));
    }
    return {};
  }

  Database& database_;
  const sqlite::SharedContentKeys keys_;
  const std::string subject_key_;
  Transaction& transaction_;
  const std::vector<Claim>& claims_;
  Replay replay_;
  std::vector<Claim> vouched_;
  ledger::Frontier frontier_;
  ledger::Tiler tiler_;
  std::map<std::string, std::vector<std::string>> reviewers_;
};

}  // namespace

Result<std::uint64_t> rebuild(const std::string& data_dir, const Progress& progress, const std::vector<Claim>& claims) {
  BW_TRY(auto lock, sqlite::Lock::take(data_dir));
  BW_TRY(auto database, Database::open(data_dir + "/ledger.db", Database::Mode::write));
  BW_OK(sqlite::check_version(*database));
  BW_OK(database->execute("PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA temp_store=MEMORY"));
  BW_TRY(auto keys, sqlite::read_keys(*database, data_dir));
  std::optional<sqlite::Cache> cache(std::in_place);  // empty: what it would be filled from is what is made anew
  BW_TRY(auto subject_key, sqlite::make_subject_key(data_dir));
  BW_TRY(auto transaction, sqlite::begin(*database, cache, nullptr, subject_key));
  return Rebuild(*database, std::move(keys), *subject_key, *transaction, claims).run(progress);
}

}  // namespace bw::store
