// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "admission/store.h"
#include "store/sqlite/database.h"

namespace bw::store::sqlite {

// What the committer asks for again and again, kept in memory. This process is the only writer, so the cache changes with
// each write and is never stale; after a transaction that was undone it is loaded anew. Used by the committer thread.
struct Cache {
  static Result<Cache> load(Database& database);

  // Forgets what can be read again when it has grown large. Not during a transaction.
  void trim();

  admission::Head head;
  ledger::Tiler tiler;
  std::set<domain::Scope> switches_on, legal_holds_on;
  std::map<std::string, std::uint64_t> revoked_agents;
  std::set<std::pair<std::string, std::string>> ambiguous;                     // digest, action
  std::map<std::string, admission::ActionState> unsettled;                     // all of them
  std::unordered_map<std::string, admission::MeterState> meters;               // some; by meter_name()
  std::unordered_map<std::string, std::optional<admission::TokenRow>> tokens;  // some; none = never issued
};

std::string meter_name(const std::string& meter, const std::string& key);

}  // namespace bw::store::sqlite
