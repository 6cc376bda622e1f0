// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "async/loop.h"
#include "domain/action.h"
#include "domain/decision.h"
#include "gateway/fact_cache.h"
#include "gateway/fact_sources.h"
#include "gateway/in_flight.h"
#include "gateway/live.h"
#include "policy/facts.h"

namespace bw::gateway {

// Looks up what an action is judged by, all of it at once. Facts that ask the same thing of the same source share one
// look-up; with a `max_age` so do actions that come at the same time or soon after. A fact that cannot be known in its time
// is a reading that says so, never an error: policy goes to the stricter side by itself.
//
// Lives on the agents' loop. What it is given outlives it, and it outlives the loop's tasks.
class FactReader {
 public:
  FactReader(async::Loop& loop, FactSources sources, InFlight& in_flight)
      : loop_(loop), sources_(std::move(sources)), in_flight_(in_flight) {}

  enum class Freshness : std::uint8_t {
    by_age,  // an answer may be used again as long as the fact allows
    anew,    // every source is asked: for what was approved a while ago
  };
  async::Task<std::vector<domain::FactReading>> read(Live live, domain::Action action, Freshness freshness);

 private:
  // One question under way, shared by all who wait for its answer.
  struct Flight {
    async::Event done;
    std::optional<Result<SourceAnswer>> answer;
    std::int64_t at_ms = 0, tick_ms = 0;
  };
  struct Waiting {
    policy::LookUp asked;
    std::string key;
    std::optional<FactCache::Answer> kept;
    std::shared_ptr<Flight> flight;
  };
  using Own = std::unordered_map<std::string, std::shared_ptr<Flight>>;

  void begin(Waiting& waiting, const Live& live, const domain::Action& action, bool anew, Own& own);
  async::Task<void> fly(std::shared_ptr<Flight> flight, Question question, domain::Action action, std::string key,
                        bool shared);
  domain::FactReading settle(const Waiting& waiting, const Live& live, const domain::Action& action,
                             json::Value args) const;

  async::Loop& loop_;
  FactSources sources_;
  InFlight& in_flight_;
  FactCache cache_;
  std::unordered_map<std::string, std::shared_ptr<Flight>> shared_;  // those that others may join
};

}  // namespace bw::gateway
