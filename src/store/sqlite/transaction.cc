// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/transaction.h"

#include <algorithm>

#include "store/sqlite/rows.h"

namespace bw::store::sqlite {
namespace {

using namespace admission;

template <class Word>
std::optional<std::string_view> word_or_null(const std::optional<Word>& word) {
  return word ? std::optional(name(*word)) : std::nullopt;
}

class SqliteTransaction final : public Transaction {
 public:
  SqliteTransaction(Database& database, std::optional<Cache>& cache, ContentSealer* sealer,
                    SharedSubjectKey subject_key)
      : database_(database), slot_(cache), cache_(*cache), sealer_(sealer), subject_key_(std::move(subject_key)) {}

  // An error here shows again at the next begin.
  ~SqliteTransaction() override {
    if (committed_) return;
    (void)database_.prepared("ROLLBACK").run();
    slot_.reset();
  }

  Result<Head> head() override { return cache_.head; }

  Status append(std::uint64_t seq, std::string_view leaf, const crypto::Digest& leaf_hash,
                const ledger::Contents& contents) override {
    BW_OK(database_.prepared("INSERT INTO entries (seq, leaf) VALUES (?, ?)").run(seq, Blob{leaf}));
    std::vector<ledger::Tile> tiles;
    cache_.tiler.append(leaf_hash, tiles);
    for (const auto& tile : tiles) {
      BW_OK(database_.prepared("INSERT INTO tiles (level, n, hashes) VALUES (?, ?, ?)")
                .run(tile.level, tile.n, Blob{tile.hashes}));
    }
    if (contents.empty()) return {};
    BW_ASSERT(sealer_ != nullptr);
    BW_OK(put_contents(database_, seq, sealer_->seal(seq, contents)));
    if (contents.subject.empty()) return {};
    BW_ASSERT(subject_key_ != nullptr);
    return put_subjects(database_, *subject_key_, seq, contents.subject);
  }

  Status set_head(const Head& head) override {
    cache_.head = head;
    head_moved_ = true;
    return {};
  }

  Status insert_action(const ActionState& action) override {
    const auto& row = action.row;
    BW_OK(database_
              .prepared("INSERT INTO actions (" BW_ACTION_COLUMNS
                        ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
              .run(row.action, row.run, row.agent, row.workflow, row.environment, row.upstream, row.tool,
                   name(row.tier), name(row.verdict), row.refused, word_or_null(row.outcome), row.intent, row.at_ms,
                   row.settled_at_ms, row.ticket, join_seqs(row.entries)));
    if (database_.changes() == 0) return fail(Code::already_exists, "the action exists");
    remember(action);
    return {};
  }

  Status update_action(const ActionState& action) override {
    const auto& row = action.row;
    BW_OK(
        database_
            .prepared("UPDATE actions SET tier = ?, verdict = ?, refused = ?, outcome = ?, intent = ?, settled_at = ?, "
                      "ticket = ?, entries = ? WHERE action = ?")
            .run(name(row.tier), name(row.verdict), row.refused, word_or_null(row.outcome), row.intent,
                 row.settled_at_ms, row.ticket, join_seqs(row.entries), row.action));
    remember(action);
    return {};
  }

  Result<std::optional<ActionState>> action(const std::string& id) override {
    auto cached = cache_.unsettled.find(id);
    if (cached != cache_.unsettled.end()) return cached->second;
    auto& select = database_.prepared("SELECT " BW_ACTION_COLUMNS " FROM actions WHERE action = ?");
    select.begin(id);
    BW_TRY(auto found, select.next());
    if (!found) return std::nullopt;
    BW_TRY(auto row, read_action(select));
    select.reset();
    BW_TRY(auto state, complete_state(database_, std::move(row)));
    return state;
  }

  Result<std::vector<ActionState>> unsettled() override {
    std::vector<ActionState> out;
    for (const auto& [id, action] : cache_.unsettled) out.push_back(action);
    return out;
  }

  Result<std::string> ambiguous(const std::string& digest) override {
    if (cache_.ambiguous.empty()) return std::string();
    auto found = cache_.ambiguous.lower_bound({digest, ""});
    return found != cache_.ambiguous.end() && found->first == digest ? found->second : std::string();
  }

  Status put_ambiguous(const std::string& digest, const std::string& action) override {
    cache_.ambiguous.emplace(digest, action);
    return database_.prepared("INSERT INTO ambiguous (digest, action) VALUES (?, ?) ON CONFLICT DO NOTHING")
        .run(digest, action);
  }

  Status drop_ambiguous(const std::string& digest, const std::string& action) override {
    cache_.ambiguous.erase({digest, action});
    return database_.prepared("DELETE FROM ambiguous WHERE digest = ? AND action = ?").run(digest, action);
  }

  Result<MeterState> meter(const std::string& meter, const std::string& key) override {
    auto [cached, fresh] = cache_.meters.try_emplace(meter_name(meter, key));
    if (!fresh) return cached->second;
    auto& select = database_.prepared("SELECT state FROM meters WHERE meter = ? AND key = ?");
    select.begin(meter, key);
    BW_TRY(auto found, select.next());
    if (!found) return cached->second;
    BW_TRY(cached->second, parse_meter(select.view(0)));
    select.reset();
    return cached->second;
  }

  Status put_meter(const std::string& meter, const std::string& key, const MeterState& state) override {
    cache_.meters.insert_or_assign(meter_name(meter, key), state);
    return database_
        .prepared("INSERT INTO meters (meter, key, state) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET state = ?3")
        .run(meter, key, encode(state));
  }

  Result<const std::set<domain::Scope>*> switches_on() override { return &cache_.switches_on; }

  Status put_switch(const SwitchRow& row) override {
    if (row.on) {
      cache_.switches_on.insert(row.scope);
    } else {
      cache_.switches_on.erase(row.scope);
    }
    return database_.prepared("INSERT OR REPLACE INTO switches (scope, on_, by, at, entry) VALUES (?, ?, ?, ?, ?)")
        .run(to_string(row.scope), row.on, row.by, row.at_ms, row.entry);
  }

  Result<ledger::Entry> entry(std::uint64_t seq) override {
    BW_TRY(auto leaf, read_leaf(database_, seq));
    return ledger::parse_entry(leaf);
  }

  Status put_retention(const std::string& name, std::int64_t ms, std::uint64_t seq) override {
    return database_.prepared("INSERT INTO retention (class, keep, entry) VALUES (?, ?, ?)").run(name, ms, seq);
  }

  Status drop_retention(const std::string& name, std::int64_t ms, std::uint64_t seq) override {
    return database_.prepared("DELETE FROM retention WHERE class = ? AND keep = ? AND entry = ?").run(name, ms, seq);
  }

  Result<ledger::Fields> contents_of(std::uint64_t seq) override { return fields_there(database_, seq); }

  Status erase_contents(std::uint64_t seq, ledger::Fields fields) override {
    BW_ASSERT(sealer_ != nullptr);
    erases_ = true;
    BW_OK(sqlite::erase_contents(database_, *sealer_, seq, fields));
    return fields.has(ledger::Field::subject) ? drop_subjects(database_, seq) : Status();
  }

  Status put_erasure(std::uint64_t seq, ledger::Fields fields, std::uint64_t by_entry) override {
    auto by = [&](ledger::Field field) { return fields.has(field) ? std::optional(by_entry) : std::nullopt; };
    return database_
        .prepared(
            "INSERT INTO erasures (entry, args, out, why, checks, text, subject, reviewers) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET args = coalesce(args, excluded.args), out = coalesce(out, excluded.out),"
            " why = coalesce(why, excluded.why), checks = coalesce(checks, excluded.checks),"
            " text = coalesce(text, excluded.text), subject = coalesce(subject, excluded.subject),"
            " reviewers = coalesce(reviewers, excluded.reviewers)")
        .run(seq, by(ledger::Field::args), by(ledger::Field::out), by(ledger::Field::why), by(ledger::Field::checks),
             by(ledger::Field::text), by(ledger::Field::subject), by(ledger::Field::reviewers));
  }

  Result<const std::set<domain::Scope>*> legal_holds_on() override { return &cache_.legal_holds_on; }

  Status put_legal_hold(const LegalHoldRow& row) override {
    if (row.on) {
      cache_.legal_holds_on.insert(row.scope);
    } else {
      cache_.legal_holds_on.erase(row.scope);
    }
    return database_.prepared("INSERT OR REPLACE INTO legal_holds (scope, on_, by, at, entry) VALUES (?, ?, ?, ?, ?)")
        .run(to_string(row.scope), row.on, row.by, row.at_ms, row.entry);
  }

  Result<const TokenRow*> token(const std::string& id) override {
    auto [cached, fresh] = cache_.tokens.try_emplace(id);
    if (fresh) {
      auto& select = database_.prepared("SELECT " BW_TOKEN_COLUMNS " FROM tokens WHERE token = ?");
      select.begin(id);
      BW_TRY(auto found, select.next());
      if (found) {
        cached->second = read_token(select);
        select.reset();
      }
    }
    return cached->second ? &*cached->second : nullptr;
  }

  Status put_token(const TokenRow& row) override {
    cache_.tokens.insert_or_assign(row.token, row);
    return database_.prepared("INSERT OR REPLACE INTO tokens (" BW_TOKEN_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .run(row.token, row.agent, row.workflow, row.environment, row.by, row.issued_at_ms, row.expires_at_ms,
             row.revoked_at_ms, row.entry);
  }

  Result<std::vector<TokenRow>> tokens_of(const std::string& agent) override {
    auto& select = database_.prepared("SELECT " BW_TOKEN_COLUMNS " FROM tokens WHERE agent = ?");
    select.begin(agent);
    std::vector<TokenRow> out;
    while (true) {
      BW_TRY(auto more, select.next());
      if (!more) return out;
      out.push_back(read_token(select));
    }
  }

  Result<std::optional<std::uint64_t>> agent_revoked(const std::string& agent) override {
    if (cache_.revoked_agents.empty()) return std::nullopt;
    auto found = cache_.revoked_agents.find(agent);
    return found == cache_.revoked_agents.end() ? std::nullopt : std::optional(found->second);
  }

  Status put_agent_revoked(const std::string& agent, std::uint64_t entry) override {
    cache_.revoked_agents.insert_or_assign(agent, entry);
    return database_.prepared("INSERT OR REPLACE INTO revoked_agents (agent, entry) VALUES (?, ?)").run(agent, entry);
  }

  Result<std::optional<TicketRow>> ticket(const std::string& id) override {
    auto& select = database_.prepared("SELECT " BW_TICKET_COLUMNS " FROM tickets WHERE ticket = ?");
    select.begin(id);
    return one_ticket(select);
  }

  Result<std::optional<TicketRow>> ticket_for(const domain::Principal& principal, const std::string& digest) override {
    auto& select =
        database_.prepared("SELECT " BW_TICKET_COLUMNS
                           " FROM tickets WHERE digest = ? AND agent = ? AND workflow = ? AND environment = ?"
                           " ORDER BY entry DESC LIMIT 1");
    select.begin(digest, principal.agent, principal.workflow, principal.environment);
    return one_ticket(select);
  }

  Result<std::vector<TicketRow>> open_tickets() override {
    auto& select = database_.prepared("SELECT " BW_TICKET_COLUMNS
                                      " FROM tickets WHERE state IN ('held', 'approved') ORDER BY entry");
    select.begin();
    std::vector<TicketRow> out;
    while (true) {
      BW_TRY(auto more, select.next());
      if (!more) return out;
      BW_TRY(auto row, read_ticket(select));
      out.push_back(std::move(row));
    }
  }

  Status put_ticket(const TicketRow& row) override {
    return database_
        .prepared("INSERT OR REPLACE INTO tickets (" BW_TICKET_COLUMNS
                  ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .run(row.ticket, row.action, row.digest, row.run, row.agent, row.workflow, row.environment, row.upstream,
             row.tool, name(row.tier), name(row.state), row.opened_at_ms, row.expires_at_ms, row.decided_at_ms, row.by,
             join_names(row.reviewers), row.consumed_by, row.entry, row.decision_entry);
  }

  Status put_snapshot(const SnapshotRow& row) override {
    return database_.prepared("INSERT INTO snapshots (entry, digest, author, at) VALUES (?, ?, ?, ?)")
        .run(row.entry, row.digest, row.author, row.at_ms);
  }

  Status put_pin(const PinRow& row) override {
    return database_.prepared("INSERT OR REPLACE INTO pins (" BW_PIN_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?)")
        .run(row.upstream, row.tool, name(row.state), row.digest, row.by, row.at_ms, row.entry);
  }

  Status drop_quarantine(const std::string& upstream, const std::string& tool, const std::string& digest) override {
    return database_
        .prepared("DELETE FROM pins WHERE upstream = ? AND tool = ? AND state = 'quarantined' AND digest = ?")
        .run(upstream, tool, digest);
  }

  Status add_to_run(const RunRow& more) override {
    return database_
        .prepared(
            "INSERT INTO runs (" BW_RUN_COLUMNS
            ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET last_at = excluded.last_at, "
            "admitted = admitted + excluded.admitted, refused = refused + excluded.refused, "
            "held = held + excluded.held, settled = settled + excluded.settled, failed = failed + excluded.failed, "
            "ambiguous = ambiguous + excluded.ambiguous")
        .run(more.run, more.agent, more.workflow, more.environment, more.first_at_ms, more.last_at_ms, more.admitted,
             more.refused, more.held, more.settled, more.failed, more.ambiguous);
  }

  Status add_to_count(const std::string& word, std::uint64_t more) override {
    return database_.prepared("INSERT INTO counts (word, n) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET n = n + ?2")
        .run(word, more);
  }

  Status commit() override {
    if (head_moved_) {
      BW_OK(write_head());
    }
    BW_OK(database_.prepared("COMMIT").run());
    committed_ = true;
    if (erases_) database_.want_empty_log();
    return {};
  }

 private:
  static Result<std::optional<TicketRow>> one_ticket(Statement& select) {
    BW_TRY(auto found, select.next());
    if (!found) return std::nullopt;
    BW_TRY(auto row, read_ticket(select));
    select.reset();
    return row;
  }

  Status write_head() {
    const auto& frontier = cache_.head.frontier;
    const auto& unsettled = cache_.unsettled;
    // No action before it is unsettled, so a restart looks no further back. "~" is behind every id.
    std::string oldest = unsettled.empty() ? "~" : unsettled.begin()->first;
    return database_
        .prepared(
            "INSERT INTO head (one, size, root, frontier, at, oldest_unsettled) VALUES (1, ?1, ?2, ?3, ?4, ?5) "
            "ON CONFLICT DO UPDATE SET size = ?1, root = ?2, frontier = ?3, at = ?4, oldest_unsettled = ?5")
        .run(frontier.size(), Blob{crypto::view(frontier.root())}, Blob{frontier.bytes()}, cache_.head.at_ms, oldest);
  }

  void remember(const ActionState& action) {
    if (action.row.intent && !action.row.outcome) {
      cache_.unsettled.insert_or_assign(action.row.action, action);
    } else {
      cache_.unsettled.erase(action.row.action);
    }
  }

  Database& database_;
  std::optional<Cache>& slot_;
  Cache& cache_;
  ContentSealer* sealer_;
  const SharedSubjectKey subject_key_;
  bool head_moved_ = false;
  bool erases_ = false;
  bool committed_ = false;
};

}  // namespace

Result<std::unique_ptr<Transaction>> begin(Database& database, std::optional<Cache>& cache, ContentSealer* sealer,
                                           SharedSubjectKey subject_key) {
  if (!cache) {
    BW_TRY(cache, Cache::load(database));
  }
  cache->trim();
  BW_OK(database.prepared("BEGIN IMMEDIATE").run());
  return std::make_unique<SqliteTransaction>(database, cache, sealer, std::move(subject_key));
}

}  // namespace bw::store::sqlite
