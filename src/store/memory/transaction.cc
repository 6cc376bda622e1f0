// SPDX-License-Identifier: Apache-2.0
#include "store/memory/transaction.h"

#include <algorithm>

namespace bw::store::memory {
namespace {

using namespace admission;

// Writes at once and remembers how to undo it.
class MemoryTransaction final : public Transaction {
 public:
  explicit MemoryTransaction(Tables& tables) : tables_(tables), lock_(tables.mutex) {}
  ~MemoryTransaction() override {
    for (auto undo = undo_.rbegin(); undo != undo_.rend(); ++undo) (*undo)();
  }

  Result<Head> head() override { return tables_.head; }

  Status append(std::uint64_t seq, std::string_view leaf, const crypto::Digest&,
                const ledger::Contents& contents) override {
    BW_ASSERT(seq == tables_.leaves.size());
    tables_.leaves.emplace_back(leaf);
    undo_.push_back([this] { tables_.leaves.pop_back(); });
    if (!contents.empty()) put(tables_.contents, seq, contents);
    return {};
  }

  Status set_head(const Head& head) override {
    undo_.push_back([this, before = tables_.head] { tables_.head = before; });
    tables_.head = head;
    return {};
  }

  Status insert_action(const ActionState& action) override {
    if (tables_.actions.contains(action.row.action)) return fail(Code::already_exists, "the action exists");
    put(tables_.actions, action.row.action, action);
    return {};
  }

  Status update_action(const ActionState& action) override {
    put(tables_.actions, action.row.action, action);
    return {};
  }

  Result<std::optional<ActionState>> action(const std::string& id) override { return find(tables_.actions, id); }

  Result<std::vector<ActionState>> unsettled() override {
    std::vector<ActionState> out;
    for (const auto& [id, action] : tables_.actions) {
      if (action.row.intent && !action.row.outcome) out.push_back(action);
    }
    return out;
  }

  Result<std::string> ambiguous(const std::string& digest) override {
    auto found = tables_.ambiguous.lower_bound({digest, ""});
    return found != tables_.ambiguous.end() && found->first == digest ? found->second : std::string();
  }

  Status put_ambiguous(const std::string& digest, const std::string& action) override {
    if (!tables_.ambiguous.emplace(digest, action).second) return {};
    undo_.push_back([this, digest, action] { tables_.ambiguous.erase({digest, action}); });
    return {};
  }

  Status drop_ambiguous(const std::string& digest, const std::string& action) override {
    if (tables_.ambiguous.erase({digest, action}) == 0) return {};
    undo_.push_back([this, digest, action] { tables_.ambiguous.emplace(digest, action); });
    return {};
  }

  Result<MeterState> meter(const std::string& meter, const std::string& key) override {
    return find(tables_.meters, std::pair(meter, key)).value_or(MeterState{});
  }

  Status put_meter(const std::string& meter, const std::string& key, const MeterState& state) override {
    put(tables_.meters, std::pair(meter, key), state);
    return {};
  }

  Result<const std::set<domain::Scope>*> switches_on() override { return &tables_.switches_on; }

  Status put_switch(const SwitchRow& row) override {
    put(tables_.switches, row.scope, row);
    undo_.push_back([this, before = tables_.switches_on] { tables_.switches_on = before; });
    if (row.on) {
      tables_.switches_on.insert(row.scope);
    } else {
      tables_.switches_on.erase(row.scope);
    }
    return {};
  }

  Result<ledger::Entry> entry(std::uint64_t seq) override {
    if (seq >= tables_.leaves.size()) return fail(Code::data_loss, "the entry is missing");
    return ledger::parse_entry(tables_.leaves[seq]);
  }

  Status put_retention(const std::string& name, std::int64_t ms, std::uint64_t seq) override {
    put(tables_.retention, std::tuple(name, ms, seq), true);
    return {};
  }

  Status drop_retention(const std::string& name, std::int64_t ms, std::uint64_t seq) override {
    auto key = std::tuple(name, ms, seq);
    if (tables_.retention.erase(key) == 0) return {};
    undo_.push_back([this, key] { tables_.retention.emplace(key, true); });
    return {};
  }

  Result<ledger::Fields> contents_of(std::uint64_t seq) override {
    return fields_of(find(tables_.contents, seq).value_or(ledger::Contents{}));
  }

  Status erase_contents(std::uint64_t seq, ledger::Fields fields) override {
    auto contents = find(tables_.contents, seq).value_or(ledger::Contents{});
    for (auto field : ledger::all_fields) {
      if (fields.has(field)) (contents.*member_of(field)).clear();
    }
    put(tables_.contents, seq, std::move(contents));
    return {};
  }

  Status put_erasure(std::uint64_t seq, ledger::Fields fields, std::uint64_t by_entry) override {
    auto row = find(tables_.erasures, seq).value_or(decltype(tables_.erasures)::mapped_type{});
    for (auto field : ledger::all_fields) {
      auto& by = row[static_cast<std::size_t>(field)];
      if (fields.has(field) && !by) by = by_entry;
    }
    put(tables_.erasures, seq, row);
    return {};
  }

  Result<const std::set<domain::Scope>*> legal_holds_on() override { return &tables_.legal_holds_on; }

  Status put_legal_hold(const LegalHoldRow& row) override {
    put(tables_.legal_holds, row.scope, row);
    undo_.push_back([this, before = tables_.legal_holds_on] { tables_.legal_holds_on = before; });
    if (row.on) {
      tables_.legal_holds_on.insert(row.scope);
    } else {
      tables_.legal_holds_on.erase(row.scope);
    }
    return {};
  }

  Result<const TokenRow*> token(const std::string& id) override {
    auto found = tables_.tokens.find(id);
    return found == tables_.tokens.end() ? nullptr : &found->second;
  }

  Status put_token(const TokenRow& row) override {
    put(tables_.tokens, row.token, row);
    return {};
  }

  Result<std::vector<TokenRow>> tokens_of(const std::string& agent) override {
    std::vector<TokenRow> out;
    for (const auto& [id, row] : tables_.tokens) {
      if (row.agent == agent) out.push_back(row);
    }
    return out;
  }

  Result<std::optional<std::uint64_t>> agent_revoked(const std::string& agent) override {
    return find(tables_.agents_revoked, agent);
  }

  Status put_agent_revoked(const std::string& agent, std::uint64_t entry) override {
    put(tables_.agents_revoked, agent, entry);
    return {};
  }

  Result<std::optional<TicketRow>> ticket(const std::string& id) override { return find(tables_.tickets, id); }

  Result<std::optional<TicketRow>> ticket_for(const domain::Principal& principal, const std::string& digest) override {
    std::optional<TicketRow> newest;
    for (const auto& [id, row] : tables_.tickets) {
      bool same = row.digest == digest && row.agent == principal.agent && row.workflow == principal.workflow &&
                  row.environment == principal.environment;
      if (same && (!newest || newest->entry < row.entry)) newest = row;
    }
    return newest;
  }

  Result<std::vector<TicketRow>> open_tickets() override {
    std::vector<TicketRow> out;
    for (const auto& [id, row] : tables_.tickets) {
      if (row.open()) out.push_back(row);
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.entry < b.entry; });
    return out;
  }

  Status put_ticket(const TicketRow& row) override {
    put(tables_.tickets, row.ticket, row);
    return {};
  }

  Status put_snapshot(const SnapshotRow& row) override {
    put(tables_.snapshots, row.entry, row);
    return {};
  }

  Status put_pin(const PinRow& row) override {
    put(tables_.pins, std::tuple(row.upstream, row.tool, row.state), row);
    return {};
  }

  Status drop_quarantine(const std::string& upstream, const std::string& tool, const std::string& digest) override {
    auto found = tables_.pins.find(std::tuple(upstream, tool, Pin::State::quarantined));
    if (found == tables_.pins.end() || found->second.digest != digest) return {};
    undo_.push_back([this, row = *found] { tables_.pins.insert(row); });
    tables_.pins.erase(found);
    return {};
  }

  Status add_to_run(const RunRow& more) override {
    auto row = find(tables_.runs, more.run);
    if (!row) {
      put(tables_.runs, more.run, more);
      return {};
    }
    row->last_at_ms = more.last_at_ms;
    row->admitted += more.admitted;
    row->refused += more.refused;
    row->held += more.held;
    row->settled += more.settled;
    row->failed += more.failed;
    row->ambiguous += more.ambiguous;
    put(tables_.runs, more.run, *row);
    return {};
  }

  Status add_to_count(const std::string& word, std::uint64_t more) override {
    put(tables_.counts, word, find(tables_.counts, word).value_or(0) + more);
    return {};
  }

  Status commit() override {
    undo_.clear();
    return {};
  }

 private:
  template <class Map>
  static std::optional<typename Map::mapped_type> find(const Map& map, const typename Map::key_type& key) {
    auto found = map.find(key);
    if (found == map.end()) return std::nullopt;
    return found->second;
  }

  template <class Map>
  void put(Map& map, const typename Map::key_type& key, typename Map::mapped_type value) {
    auto before = find(map, key);
    undo_.push_back([&map, key, before] {
      if (before) {
        map.insert_or_assign(key, *before);
      } else {
        map.erase(key);
      }
    });
    map.insert_or_assign(key, std::move(value));
  }

  Tables& tables_;
  std::unique_lock<std::mutex> lock_;
  std::vector<std::function<void()>> undo_;
};

}  // namespace

std::unique_ptr<Transaction> begin(Tables& tables) { return std::make_unique<MemoryTransaction>(tables); }

}  // namespace bw::store::memory
