// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/action.h"
#include "domain/decision.h"
#include "execution/upstream.h"
#include "gateway/live.h"
#include "gateway/path.h"
#include "policy/obligations.h"

namespace bw::gateway {

// One action on its way: what the steps of the path hand to each other.
struct Passage {
  Live live;
  domain::Action action;
  CarriedOutBy by = CarriedOutBy::bailiwick;
  execution::Call call;
  execution::Upstream* upstream = nullptr;
  std::string inputs;        // of a further round
  std::string ticket;        // to consume
  std::string held_because;  // of a ticket that is asked about, and has an obstacle
  std::optional<Obstacle> obstacle;
  std::int64_t hold_ms = 0;
  std::vector<domain::FactReading> readings;
  domain::Decision decision;
  policy::Obligations obligations;  // of the decision, joined
  Receipt receipt;
};

inline Answer answer(const Passage& passage, Answer::Kind kind, std::string code, std::string message) {
  Answer out;
  out.kind = kind;
  out.code = std::move(code);
  out.message = std::move(message);
  out.receipt = passage.receipt;
  return out;
}

// What a decision is answered by: the first rule that determined it.
inline std::string code_of(const domain::Decision& decision) {
  return decision.determining.empty() ? "no_rule" : decision.determining.front().rule;
}

}  // namespace bw::gateway
