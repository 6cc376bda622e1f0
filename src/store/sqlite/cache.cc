// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/cache.h"

#include <fmt/core.h>

#include "store/sqlite/rows.h"

namespace bw::store::sqlite {
namespace {

constexpr std::size_t rows_max = 65536;

// Calls `use(statement)` for each row.
template <class Use>
Status each(Statement& statement, Use use) {
  while (true) {
    BW_TRY(auto more, statement.next());
    if (!more) return {};
    BW_OK(use(statement));
  }
}

Status load_head(Database& database, Cache& cache) {
  auto& select = database.prepared("SELECT size, frontier, at FROM head");
  select.begin();
  BW_TRY(auto found, select.next());
  if (!found) return {};  // a new ledger
  BW_TRY(cache.head.frontier, ledger::Frontier::from_bytes(select.number(0), select.view(1)));
  cache.head.at_ms = select.integer(2);
  select.reset();
  BW_TRY(cache.tiler, restore_tiler(tile_source(database, cache.head.frontier.size())));
  return {};
}

Status load_scopes(Statement& select, std::set<domain::Scope>& out) {
  select.begin();
  return each(select, [&](const Statement& row) -> Status {
    auto scope = domain::parse_scope(row.view(0));
    if (!scope) return fail(Code::data_loss, "a switch or legal hold has an unknown scope: " + row.text(0));
    out.insert(*std::move(scope));
    return {};
  });
}

Status load_unsettled(Database& database, Cache& cache) {
  auto& select = database.prepared("SELECT " BW_ACTION_COLUMNS
                                   " FROM actions WHERE action >= (SELECT oldest_unsettled FROM head)"
                                   " AND intent IS NOT NULL AND outcome IS NULL");
  select.begin();
  return each(select, [&](const Statement& row) -> Status {
    BW_TRY(auto action, read_action(row));
    BW_TRY(auto state, complete_state(database, std::move(action)));
    auto id = state.row.action;
    cache.unsettled.emplace(std::move(id), std::move(state));
    return {};
  });
}

}  // namespace

Result<Cache> Cache::load(Database& database) {
  Cache cache;
  BW_OK(load_head(database, cache));
  BW_OK(load_scopes(database.prepared("SELECT scope FROM switches WHERE on_ = 1"), cache.switches_on));
  BW_OK(load_scopes(database.prepared("SELECT scope FROM legal_holds WHERE on_ = 1"), cache.legal_holds_on));
  auto& agents = database.prepared("SELECT agent, entry FROM revoked_agents");
  agents.begin();
  BW_OK(each(agents, [&](const Statement& row) -> Status {
    cache.revoked_agents.emplace(row.text(0), row.number(1));
    return {};
  }));
  auto& ambiguous = database.prepared("SELECT digest, action FROM ambiguous");
  ambiguous.begin();
  BW_OK(each(ambiguous, [&](const Statement& row) -> Status {
    cache.ambiguous.emplace(row.text(0), row.text(1));
    return {};
  }));
  BW_OK(load_unsettled(database, cache));
  return cache;
}

void Cache::trim() {
  if (meters.size() > rows_max) meters.clear();
  if (tokens.size() > rows_max) tokens.clear();
}

std::string meter_name(const std::string& meter, const std::string& key) {
  return fmt::format("{}:{}{}", meter.size(), meter, key);
}

}  // namespace bw::store::sqlite
