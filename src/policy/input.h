// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "domain/action.h"
#include "domain/history.h"
#include "json/document.h"

namespace bw::policy {

struct Observation;

// Values of facts that were looked up: JSON, or nothing when the lookup failed. A fact that is not here is unavailable.
using Facts = std::map<std::string, std::optional<std::string>>;

// What is known of one action when it is judged. Borrowed for the call, and as long as its decision is to be explained.
struct Input {
  const domain::Action& action;
  json::Value args;
  const Facts* facts = nullptr;
  const domain::RunHistory* history = nullptr;  // of its run, before it; null: not known
  Observation* observation = nullptr;           // filled when given; slower
};

}  // namespace bw::policy
