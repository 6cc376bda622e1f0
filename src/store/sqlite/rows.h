// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "admission/records.h"
#include "admission/store.h"
#include "store/proofs.h"
#include "store/sqlite/database.h"

// Rows of the tables as values. Each reader takes the columns that its list names, in that order.
namespace bw::store::sqlite {

#define BW_ACTION_COLUMNS                                                                                    \
  "action, run, agent, workflow, environment, upstream, tool, tier, verdict, refused, outcome, intent, at, " \
  "settled_at, ticket, entries"
Result<admission::ActionRow> read_action(const Statement& row);

#define BW_TICKET_COLUMNS                                                                                           \
  "ticket, action, digest, run, agent, workflow, environment, upstream, tool, tier, state, opened_at, expires_at, " \
  "decided_at, by, reviewers, consumed_by, entry, decision_entry"
Result<admission::TicketRow> read_ticket(const Statement& row);

#define BW_TOKEN_COLUMNS "token, agent, workflow, environment, by, issued_at, expires_at, revoked_at, entry"
admission::TokenRow read_token(const Statement& row);

#define BW_LEGAL_HOLD_COLUMNS "scope, on_, by, at, entry"
Result<admission::LegalHoldRow> read_legal_hold(const Statement& row);

#define BW_RUN_COLUMNS \
  "run, agent, workflow, environment, first_at, last_at, admitted, refused, held, settled, failed, ambiguous"
admission::RunRow read_run(const Statement& row);

#define BW_PIN_COLUMNS "upstream, tool, state, digest, by, at, entry"
admission::PinRow read_pin(const Statement& row);
std::string_view name(admission::Pin::State state);

// Lists inside a column, as JSON.
std::string join_seqs(const std::vector<std::uint64_t>& seqs);
std::string join_names(const std::vector<std::string>& names);

Result<std::string> read_leaf(Database& database, std::uint64_t seq);

// Errors: data_loss.
Result<admission::ActionState> complete_state(Database& database, admission::ActionRow row);

// The ledger's tiles and leaves, `size` entries of them. Borrows the connection.
TileSource tile_source(Database& database, std::uint64_t size);

}  // namespace bw::store::sqlite
