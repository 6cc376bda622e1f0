// SPDX-License-Identifier: Apache-2.0
#include "evidence/gather.h"

#include <fmt/core.h>

#include <algorithm>

#include "store/scan.h"

namespace bw::evidence {
namespace {

using ledger::Kind;

// Whether a leaf may be of a kind that stands on its own, from its bytes: most are not, and reading them takes most of the time.
bool may_stand(std::string_view leaf) {
  auto kind = leaf.find("\"k\":\"");
  if (kind == std::string_view::npos) return false;
  auto word = leaf.substr(kind + 5);
  return std::ranges::any_of(std::initializer_list<std::string_view>{"switch\"", "apply\"", "token\"", "pin\""},
                             [&](std::string_view one) { return word.starts_with(one); });
}

}  // namespace

Result<std::set<std::uint64_t>> Gather::run(const notary::Progress& progress) {
  std::uint64_t done = 0;
  auto passed = [&](std::uint64_t more) {
    done += more;
    if (progress) progress(done, extent_.last);
  };
  auto in_tree = [this](std::uint64_t, std::string_view leaf) { return look(leaf); };
  BW_OK(store::scan_leaves(data_, {extent_.first, extent_.last}, in_tree, passed));
  Standing standing;
  auto before = [&](std::uint64_t, std::string_view leaf) {
    return may_stand(leaf) ? stand(standing, leaf) : Status();
  };
  BW_OK(store::scan_leaves(data_, {0, extent_.first}, before, passed));
  BW_OK(add_standing(standing));
  return std::move(needed_);
}

// One entry of the tree.
Status Gather::look(std::string_view leaf) {
  BW_TRY(auto entry, ledger::parse_entry(leaf));
  auto taken = selection_.takes(entry);
  if (!entry.action.empty() && entry.previous.empty()) actions_.insert(entry.action);
  if (!taken || (*taken && !entry.action.empty())) {
    BW_OK(need_action(entry.action));
    taken = selection_.takes(entry);
  }
  if (taken != true) return {};
  if (entry.kind == Kind::apply) applied_.insert(entry.snapshot);
  if (entry.kind == Kind::hold) tickets_.insert(entry.ticket);
  if (!entry.token.empty() && entry.kind != Kind::token) tokens_.insert(entry.token);
  return rest_on(entry);
}

// What an entry that belongs to the subject cannot be without.
Status Gather::rest_on(const ledger::Entry& entry) {
  bool decided = entry.kind != Kind::apply && entry.kind != Kind::shadow && !entry.snapshot.empty();
  if (decided && !applied_.contains(entry.snapshot)) {
    auto& first = decided_.emplace(entry.snapshot, entry.seq).first->second;
    first = std::min(first, entry.seq);
  }
  return entry.kind == Kind::intent && !entry.ticket.empty() ? need_ticket(entry.ticket) : Status();
}

// All that came before the tree of an action of the subject; of another's the entry that says whose it is.
Status Gather::need_action(const std::string& id) {
  if (!actions_.insert(id).second) return {};
  BW_TRY(auto record, records_.action(id));
  if (record.entries.empty()) return fail(Code::data_loss, fmt::format("action {} has no entries", id));
  bool mine = selection_.takes(record.entries.front().entry).value_or(false);
  if (!mine && subject_.conceals) return {};
  for (const auto& stored : record.entries) {
    const auto& entry = stored.entry;
    if (entry.seq >= extent_.first) break;
    needed_.insert(entry.seq);
    if (!mine) break;
    if (entry.kind == Kind::hold) tickets_.insert(entry.ticket);
    BW_OK(rest_on(entry));
  }
  return {};
}

Status Gather::need_ticket(const std::string& id) {
  if (!tickets_.insert(id).second) return {};
  BW_TRY(auto ticket, records_.ticket(id));
  return need_action(ticket.row.action);
}

Status Gather::stand(Standing& standing, std::string_view leaf) const {
  BW_TRY(auto entry, ledger::parse_entry(leaf));
  switch (entry.kind) {
    case Kind::kill_switch:
      if (entry.state == "set") {
        standing.switches[entry.scope] = entry.seq;
      } else {
        standing.switches.erase(entry.scope);
      }
      break;
    case Kind::pin: standing.pins[entry.tool + " " + entry.state] = entry.seq; break;
    case Kind::token:
      if (entry.state == "issued" && tokens_.contains(entry.token)) standing.tokens[entry.token] = entry.seq;
      break;
    case Kind::apply:
      standing.applies[entry.snapshot].push_back(entry.seq);
      standing.last_apply = entry.seq;
      standing.any_apply = true;
      break;
    default: break;
  }
  return {};
}

Status Gather::add_standing(const Standing& standing) {
  for (const auto* entries : {&standing.switches, &standing.pins, &standing.tokens})
    for (const auto& [name, seq] : *entries) needed_.insert(seq);
  if (standing.any_apply) needed_.insert(standing.last_apply);
  for (const auto& [digest, by] : decided_) {
    auto found = standing.applies.find(digest);
    if (found == standing.applies.end()) continue;  // the survey says so
    auto after = std::ranges::lower_bound(found->second, by);
    if (after != found->second.begin()) needed_.insert(*std::prev(after));
  }
  return {};
}

}  // namespace bw::evidence
