// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// The closed sets of words. Each is spelled the same in C++, YAML, JSON, SQL, the CLI and the console: name() gives the
// spelling, parse_*() reads it back, names of a set are listed for messages and schemas.
namespace bw::domain {

// What an action may do to the world, weakest first (A4).
enum class Tier : std::uint8_t { read, recommend, write, execute };
std::string_view name(Tier tier);
std::optional<Tier> parse_tier(std::string_view word);
std::span<const std::string> tier_names();

// What an action touches that makes it a one-way door (A4). Production is not listed: it is an environment.
enum class Touch : std::uint8_t { money, access, production, the_public };  // spelled money, access, production, public
std::string_view name(Touch touch);
std::optional<Touch> parse_touch(std::string_view word);
std::span<const std::string> touch_names();

// How much a workflow may do without a human (A6), least first.
enum class Autonomy : std::uint8_t { read_only, propose_only, nonproduction, production };
std::string_view name(Autonomy autonomy);  // "read-only", "propose-only", "nonproduction", "production"
std::optional<Autonomy> parse_autonomy(std::string_view word);
std::span<const std::string> autonomy_names();

// What policy says of an action. Ordered: of several, the greatest counts. No rule at all is deny.
enum class Verdict : std::uint8_t { allow, hold, deny };
std::string_view name(Verdict verdict);
std::optional<Verdict> parse_verdict(std::string_view word);
std::span<const std::string> verdict_names();

// What an agent asked for. A tool call is `tool`; reading a resource or a prompt is an action too.
enum class ActionKind : std::uint8_t { tool, resource, prompt };
std::string_view name(ActionKind kind);
std::optional<ActionKind> parse_action_kind(std::string_view word);

// How an admitted action ended.
enum class Outcome : std::uint8_t {
  succeeded,       // the upstream did it and said so
  failed,          // the upstream answered with an error
  not_executed,    // it never reached the upstream; safe to try again
  input_required,  // the upstream asks for more before it acts; a further action continues it
  ambiguous,       // it may or may not have happened; nobody guesses
};
std::string_view name(Outcome outcome);
std::optional<Outcome> parse_outcome(std::string_view word);

// The life of a held action's ticket. Only `held` and `approved` are open.
enum class TicketState : std::uint8_t { held, approved, denied, expired, withdrawn, killed, consumed, lapsed };
std::string_view name(TicketState state);
std::optional<TicketState> parse_ticket_state(std::string_view word);

}  // namespace bw::domain
