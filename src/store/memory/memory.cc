// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>

#include "admission/request.h"
#include "admission/subjects.h"
#include "base/text.h"
#include "store/memory/tables.h"
#include "store/memory/transaction.h"
#include "store/proofs.h"
#include "store/store.h"

namespace bw::store {
namespace {

using namespace admission;
using memory::Tables;

ContentValues values_of(const ledger::Contents& stored) {
  auto value = [](const std::string& s) { return std::string(ledger::content_value(s)); };
  return {value(stored.args), value(stored.out),     value(stored.why),       value(stored.checks),
          value(stored.text), value(stored.subject), value(stored.reviewers), {}};
}

bool matches(const ActionFilter& filter, const ActionRow& row) {
  auto same = [](const std::string& want, const std::string& have) { return want.empty() || want == have; };
  return same(filter.agent, row.agent) && same(filter.workflow, row.workflow) && same(filter.run, row.run) &&
         same(filter.tool, row.tool) && (!filter.verdict || *filter.verdict == row.verdict) &&
         (!filter.outcome || filter.outcome == row.outcome) && (!filter.unsettled || (row.intent && !row.outcome)) &&
         row.at_ms >= filter.since_ms;
}

class MemoryRecords final : public Records {
 public:
  explicit MemoryRecords(Tables& tables) : tables_(tables) {}

  Result<ActionRecord> action(const std::string& id) override {
    std::lock_guard lock(tables_.mutex);
    auto found = tables_.actions.find(id);
    if (found == tables_.actions.end()) return fail(Code::not_found, fmt::format("there is no action {}", id));
    ActionRecord record{.row = found->second.row, .entries = {}, .contents = {}};
    for (auto seq : record.row.entries) {
      BW_TRY(auto entry, entry_at(seq));
      record.entries.push_back(std::move(entry));
      record.contents.push_back(contents_at(seq));
    }
    return record;
  }

  Result<ActionPage> actions(const ActionFilter& filter) override {
    std::lock_guard lock(tables_.mutex);
    ActionPage page;
    auto end = filter.cursor.empty() ? tables_.actions.end() : tables_.actions.lower_bound(filter.cursor);
    for (auto at = std::reverse_iterator(end); at != tables_.actions.rend(); ++at) {
      if (!matches(filter, at->second.row)) continue;
      if (page.actions.size() == std::min<std::size_t>(filter.limit, 1000)) {
        page.next = page.actions.back().action;
        break;
      }
      page.actions.push_back(at->second.row);
    }
    return page;
  }

  Result<RunPage> runs(const RunFilter& filter) override {
    std::lock_guard lock(tables_.mutex);
    std::vector<RunRow> rows;
    for (const auto& [id, row] : tables_.runs) {
      bool wanted = (filter.agent.empty() || filter.agent == row.agent) &&
                    (filter.workflow.empty() || filter.workflow == row.workflow) && row.last_at_ms >= filter.since_ms;
      if (wanted) rows.push_back(row);
    }
    auto key = [](const RunRow& row) { return fmt::format("{:020}:{}", row.first_at_ms, row.run); };
    std::sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) { return key(a) > key(b); });
    RunPage page;
    for (auto& row : rows) {
      if (!filter.cursor.empty() && key(row) >= filter.cursor) continue;
      if (page.runs.size() == std::min<std::size_t>(filter.limit, 1000)) {
        page.next = key(page.runs.back());
        break;
      }
      page.runs.push_back(std::move(row));
    }
    return page;
  }

  Result<RunRow> run(const std::string& id) override {
    std::lock_guard lock(tables_.mutex);
    auto found = tables_.runs.find(id);
    if (found == tables_.runs.end()) return fail(Code::not_found, fmt::format("there is no run {}", id));
    return found->second;
  }

  Result<TicketRecord> ticket(const std::string& id) override {
    std::lock_guard lock(tables_.mutex);
    auto found = tables_.tickets.find(id);
    if (found == tables_.tickets.end()) return fail(Code::not_found, fmt::format("there is no ticket {}", id));
    return record_of(found->second);
  }

  Result<TicketPage> tickets(const TicketFilter& filter) override {
    std::lock_guard lock(tables_.mutex);
    TicketPage page;
    auto end = filter.cursor.empty() ? tables_.tickets.end() : tables_.tickets.lower_bound(filter.cursor);
    for (auto at = std::reverse_iterator(end); at != tables_.tickets.rend(); ++at) {
      const auto& row = at->second;
      if ((filter.open && !row.open()) || (!filter.agent.empty() && filter.agent != row.agent)) continue;
      if (page.tickets.size() == std::min<std::size_t>(filter.limit, 1000)) {
        page.next = page.tickets.back().row.ticket;
        break;
      }
      BW_TRY(auto record, record_of(row));
      page.tickets.push_back(std::move(record));
    }
    return page;
  }

  Result<std::vector<LegalHoldRecord>> legal_holds() override {
    std::lock_guard lock(tables_.mutex);
    std::vector<LegalHoldRecord> out;
    for (const auto& [scope, row] : tables_.legal_holds) out.push_back({row, contents_at(row.entry).why});
    return out;
  }

  Result<std::vector<SwitchRecord>> switches() override {
    std::lock_guard lock(tables_.mutex);
    std::vector<SwitchRecord> out;
    for (const auto& [scope, row] : tables_.switches) out.push_back({row, contents_at(row.entry).why});
    return out;
  }

  Result<std::vector<TokenRow>> tokens(const std::string& agent) override {
    std::lock_guard lock(tables_.mutex);
    std::vector<TokenRow> out;
    for (const auto& [id, row] : tables_.tokens) {
      if (agent.empty() || row.agent == agent) out.push_back(row);
    }
    return out;
  }

  Result<SnapshotRecord> current_snapshot() override {
    std::lock_guard lock(tables_.mutex);
    if (tables_.snapshots.empty()) return fail(Code::not_found, "no registry was applied yet");
    return snapshot_of(tables_.snapshots.rbegin()->second);
  }

  Result<SnapshotRecord> snapshot(const std::string& digest) override {
    std::lock_guard lock(tables_.mutex);
    for (auto at = tables_.snapshots.rbegin(); at != tables_.snapshots.rend(); ++at) {
      if (at->second.digest == digest) return snapshot_of(at->second);
    }
    return fail(Code::not_found, fmt::format("no registry with digest {} was applied", digest));
  }

  Result<std::vector<SnapshotRecord>> snapshots(std::size_t limit) override {
    std::lock_guard lock(tables_.mutex);
    std::vector<SnapshotRecord> out;
    for (auto at = tables_.snapshots.rbegin(); at != tables_.snapshots.rend() && out.size() < limit; ++at) {
      out.push_back({at->second, contents_at(at->second.entry).why, {}});
    }
    return out;
  }

  Result<std::vector<PinRecord>> pins(const std::string& upstream) override {
    std::lock_guard lock(tables_.mutex);
    std::vector<PinRecord> out;
    for (const auto& [key, row] : tables_.pins) {
      if (upstream.empty() || row.upstream == upstream) out.push_back({row, contents_at(row.entry).text});
    }
    return out;
  }

  Result<std::vector<ActionRow>> ambiguous() override {
    std::lock_guard lock(tables_.mutex);
    std::vector<ActionRow> out;
    for (const auto& [digest, action] : tables_.ambiguous) out.push_back(tables_.actions.at(action).row);
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.action < b.action; });
    return out;
  }

  Result<std::vector<StoredEntry>> entries(std::uint64_t from, std::size_t limit) override {
    std::lock_guard lock(tables_.mutex);
    std::vector<StoredEntry> out;
    for (auto seq = from; seq < tables_.leaves.size() && out.size() < limit; ++seq) {
      BW_TRY(auto entry, entry_at(seq));
      out.push_back(std::move(entry));
    }
    return out;
  }

  Result<SubjectPage> actions_of_subject(const std::string& subject, std::uint64_t from, std::size_t limit) override {
    std::lock_guard lock(tables_.mutex);
    SubjectPage page;
    for (auto at = tables_.contents.lower_bound(from); at != tables_.contents.end(); ++at) {
      BW_TRY(auto subjects, parse_subjects(ledger::content_value(at->second.subject)));
      if (std::ranges::find(subjects, subject) == subjects.end()) continue;
      if (page.actions.size() == std::min<std::size_t>(limit, 1000)) {
        page.next = at->first;
        break;
      }
      BW_TRY(auto entry, entry_at(at->first));
      page.actions.push_back(std::move(entry.entry.action));
    }
    return page;
  }

  Result<ledger::Contents> salted_contents(std::uint64_t seq) override {
    std::lock_guard lock(tables_.mutex);
    auto found = tables_.contents.find(seq);
    return found == tables_.contents.end() ? ledger::Contents{} : found->second;
  }

  Result<std::vector<RetainedGroup>> retained() override {
    std::lock_guard lock(tables_.mutex);
    std::vector<RetainedGroup> out;
    for (const auto& [key, there] : tables_.retention) {
      const auto& [name, ms, seq] = key;
      if (!out.empty() && out.back().name == name && out.back().ms == ms) continue;
      BW_TRY(auto stored, entry_at(seq));
      out.push_back({name, ms, seq, stored.entry.at_ms});
    }
    return out;
  }

  Result<std::vector<RetainedEntry>> retained(const std::string& name, std::int64_t ms, std::uint64_t from,
                                              std::size_t limit) override {
    std::lock_guard lock(tables_.mutex);
    std::vector<RetainedEntry> out;
    for (auto at = tables_.retention.lower_bound({name, ms, from}); at != tables_.retention.end(); ++at) {
      const auto& [its_name, its_ms, seq] = at->first;
      if (its_name != name || its_ms != ms || out.size() == limit) break;
      BW_TRY(auto stored, entry_at(seq));
      out.push_back({seq, stored.entry.at_ms});
    }
    return out;
  }

  Result<ContentValues> contents(std::uint64_t seq) override {
    std::lock_guard lock(tables_.mutex);
    return contents_at(seq);
  }

  Result<std::vector<MeterReading>> meters(std::int64_t now_ms) override {
    std::lock_guard lock(tables_.mutex);
    std::vector<MeterReading> out;
    for (const auto& [name, state] : tables_.meters) {
      if (!is_idle(state, now_ms))
        out.push_back({name.first, name.second, used(state, now_ms), state.limit, state.window_ms});
    }
    return out;
  }

  Result<Counts> counts() override {
    std::lock_guard lock(tables_.mutex);
    Counts out{.entries = tables_.leaves.size(), .ambiguous = tables_.ambiguous.size(), .by_word = {}};
    for (const auto& [id, row] : tables_.tickets) out.open_tickets += row.open() ? 1 : 0;
    out.by_word.assign(tables_.counts.begin(), tables_.counts.end());
    return out;
  }

  Result<LedgerHead> head() override {
    std::lock_guard lock(tables_.mutex);
    const auto& head = tables_.head;
    return LedgerHead{head.frontier.size(), std::string(crypto::view(head.frontier.root())), head.at_ms};
  }

  Result<std::vector<std::string>> prove_inclusion(std::uint64_t seq, std::uint64_t size) override {
    std::lock_guard lock(tables_.mutex);
    return store::prove_inclusion(source(), seq, size);
  }

  Result<std::vector<std::string>> prove_consistency(std::uint64_t old_size, std::uint64_t size) override {
    std::lock_guard lock(tables_.mutex);
    return store::prove_consistency(source(), old_size, size);
  }

  Result<std::string> tile(unsigned level, std::uint64_t n, unsigned width) override {
    std::lock_guard lock(tables_.mutex);
    return store::tile(source(), level, n, width);
  }

 private:
  Result<StoredEntry> entry_at(std::uint64_t seq) const {
    const auto& leaf = tables_.leaves.at(seq);
    BW_TRY(auto entry, ledger::parse_entry(leaf));
    return StoredEntry{std::move(entry), leaf, to_hex(crypto::view(ledger::leaf_hash(leaf)))};
  }

  ContentValues contents_at(std::uint64_t seq) const {
    auto found = tables_.contents.find(seq);
    auto out = found == tables_.contents.end() ? ContentValues{} : values_of(found->second);
    auto erased = tables_.erasures.find(seq);
    if (erased != tables_.erasures.end()) out.erased_by = erased->second;
    return out;
  }

  Result<TicketRecord> record_of(const TicketRow& row) const {
    auto held = contents_at(row.entry);
    BW_TRY(auto request, held_request(row, held));
    auto reason = row.decision_entry ? contents_at(*row.decision_entry).why : std::string();
    return TicketRecord{row, std::move(request.action), std::move(request.terms), std::move(held.checks),
                        std::move(reason)};
  }

  SnapshotRecord snapshot_of(const SnapshotRow& row) const {
    auto values = contents_at(row.entry);
    return {row, std::move(values.why), std::move(values.text)};
  }

  // Leaves are all it needs: complete tiles are made again when a proof asks for them.
  TileSource source() const {
    auto leaf_hashes = [this](std::uint64_t begin, std::uint64_t count) -> Result<std::string> {
      std::string out;
      for (auto i = begin; i < begin + count; ++i) out.append(crypto::view(ledger::leaf_hash(tables_.leaves.at(i))));
      return out;
    };
    auto tile = [leaf_hashes](unsigned level, std::uint64_t n) -> Result<std::string> {
      auto width = std::uint64_t{1} << (8 * level);
      std::string out;
      for (std::uint64_t i = 0; i < ledger::tile_width; ++i) {
        BW_TRY(auto hashes, leaf_hashes((n * ledger::tile_width + i) * width, width));
        out.append(crypto::view(ledger::tile_root(hashes)));
      }
      return out;
    };
    return {.size = tables_.leaves.size(), .tile = tile, .leaf_hashes = leaf_hashes};
  }

  Tables& tables_;
};

class MemoryLedger final : public Ledger, private Store {
 public:
  MemoryLedger() : records_(tables_) {}
  Store& store() override { return *this; }
  Records& records() override { return records_; }

 private:
  Result<std::unique_ptr<Transaction>> begin() override { return memory::begin(tables_); }
  Result<bool> tend(bool, std::int64_t) override { return false; }

  Tables tables_;
  MemoryRecords records_;
};

}  // namespace

std::unique_ptr<Ledger> make_memory() { return std::make_unique<MemoryLedger>(); }

}  // namespace bw::store
