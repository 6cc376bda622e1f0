// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "admission/store.h"

namespace bw::store::memory {

// Everything that the memory store keeps. `mutex` is held by a transaction from begin to its end, and by each read.
struct Tables {
  std::mutex mutex;
  admission::Head head;
  std::vector<std::string> leaves;
  std::map<std::uint64_t, ledger::Contents> contents;
  std::map<std::string, admission::ActionState> actions;
  std::set<std::pair<std::string, std::string>> ambiguous;  // digest, action
  std::map<std::pair<std::string, std::string>, admission::MeterState> meters;
  std::map<std::uint64_t, std::array<std::optional<std::uint64_t>, ledger::all_fields.size()>> erasures;  // by field
  std::map<std::tuple<std::string, std::int64_t, std::uint64_t>, bool> retention;  // class, period, entry
  std::map<domain::Scope, admission::LegalHoldRow> legal_holds;
  std::set<domain::Scope> legal_holds_on;
  std::map<domain::Scope, admission::SwitchRow> switches;
  std::set<domain::Scope> switches_on;
  std::map<std::string, admission::TokenRow> tokens;
  std::map<std::string, std::uint64_t> agents_revoked;
  std::map<std::string, admission::TicketRow> tickets;
  std::map<std::uint64_t, admission::SnapshotRow> snapshots;
  std::map<std::tuple<std::string, std::string, admission::Pin::State>, admission::PinRow> pins;
  std::map<std::string, admission::RunRow> runs;
  std::map<std::string, std::uint64_t> counts;
};

}  // namespace bw::store::memory
