// SPDX-License-Identifier: Apache-2.0
#include "domain/words.h"

#include <array>

namespace bw::domain {
namespace {

// The spellings of one set, in the order of its enumerators.
template <class Word, std::size_t N>
struct Words {
  std::array<std::string, N> spellings;

  std::string_view name(Word word) const { return spellings[static_cast<std::size_t>(word)]; }
  std::optional<Word> parse(std::string_view text) const {
    for (std::size_t i = 0; i < N; ++i) {
      if (spellings[i] == text) return static_cast<Word>(i);
    }
    return std::nullopt;
  }
};

const Words<Tier, 4> tiers{{"read", "recommend", "write", "execute"}};
const Words<Touch, 4> touches{{"money", "access", "production", "public"}};
const Words<Autonomy, 4> autonomies{{"read-only", "propose-only", "nonproduction", "production"}};
const Words<Verdict, 3> verdicts{{"allow", "hold", "deny"}};
const Words<ActionKind, 3> kinds{{"tool", "resource", "prompt"}};
const Words<Outcome, 5> outcomes{{"succeeded", "failed", "not_executed", "input_required", "ambiguous"}};
const Words<TicketState, 8> ticket_states{
    {"held", "approved", "denied", "expired", "withdrawn", "killed", "consumed", "lapsed"}};

}  // namespace

std::string_view name(Tier tier) { return tiers.name(tier); }
std::optional<Tier> parse_tier(std::string_view word) { return tiers.parse(word); }
std::span<const std::string> tier_names() { return tiers.spellings; }

std::string_view name(Touch touch) { return touches.name(touch); }
std::optional<Touch> parse_touch(std::string_view word) { return touches.parse(word); }
std::span<const std::string> touch_names() { return touches.spellings; }

std::string_view name(Autonomy autonomy) { return autonomies.name(autonomy); }
std::optional<Autonomy> parse_autonomy(std::string_view word) { return autonomies.parse(word); }
std::span<const std::string> autonomy_names() { return autonomies.spellings; }

std::string_view name(Verdict verdict) { return verdicts.name(verdict); }
std::optional<Verdict> parse_verdict(std::string_view word) { return verdicts.parse(word); }
std::span<const std::string> verdict_names() { return verdicts.spellings; }

std::string_view name(ActionKind kind) { return kinds.name(kind); }
std::optional<ActionKind> parse_action_kind(std::string_view word) { return kinds.parse(word); }

std::string_view name(Outcome outcome) { return outcomes.name(outcome); }
std::optional<Outcome> parse_outcome(std::string_view word) { return outcomes.parse(word); }

std::string_view name(TicketState state) { return ticket_states.name(state); }
std::optional<TicketState> parse_ticket_state(std::string_view word) { return ticket_states.parse(word); }

}  // namespace bw::domain
