// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "async/event.h"
#include "domain/rules.h"
#include "http/headers.h"
#include "registry/snapshot.h"

namespace bw::gateway {

// One look-up: what to ask, and until when.
struct Question {
  std::shared_ptr<const registry::Snapshot> snapshot;  // keeps `fact` alive
  const domain::Fact* fact = nullptr;
  std::string arguments;  // JSON object
  std::int64_t timeout_ms = 0;
  const async::Event* stopped = nullptr;  // a kill switch: once it is set, nothing is sent. Outlives the look-up
};

// What a source says. Only one that decides has the rest; see domain::FactReading.
struct SourceAnswer {
  std::string result;  // JSON: what a fact's `value` sees as `result`
  std::string decision_id, digest;
  std::int64_t within_ms = 0;
};

// Whether a body is declared as JSON, or as something made of it.
bool is_json(const http::Headers& headers);

}  // namespace bw::gateway
