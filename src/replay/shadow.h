// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>

#include "admission/records.h"
#include "analysis/replay.h"
#include "base/result.h"
#include "gateway/live.h"
#include "replay/replay.h"

namespace bw::replay {

// What a candidate registry would have said, so far, of what was decided since it was started.
struct ShadowReport {
  // How it was started.
  struct Begun {
    std::uint64_t entry = 0;
    std::string by;
    std::int64_t at_ms = 0;
  };
  Begun begun;
  std::string candidate;           // digest
  std::set<std::string> enforced;  // digests of the registries that decided; at most enforced_max
  std::uint64_t behind = 0;        // entries of the ledger that it has not come to yet
  std::uint64_t dropped = 0;       // entries it passed over because it was too far behind
  std::string trouble;             // why it does not get on, or empty
  analysis::ReplayReport report;

  static constexpr std::size_t enforced_max = 100;
};
std::string to_text(const ShadowReport& report);
std::string to_json(const ShadowReport& report);

// A candidate registry that decides again what the ledger records: in order, from the entry on that started it. look() on one
// thread; report() from any. What it is given outlives it.
class Candidate {
 public:
  static constexpr std::uint64_t behind_max_default = 200'000;

  // `live` as prepared by the definitions of today. It looks at all that is recorded by now, however long ago it was started. When it
  // is more than `behind_max` entries behind what comes after, it passes over the oldest and counts them.
  static Result<std::unique_ptr<Candidate>> make(std::string data_dir, admission::Records& records, gateway::Live live,
                                                 ShadowReport::Begun begun,
                                                 std::uint64_t behind_max = behind_max_default);

  // Takes up what the ledger has by now, or until it is to stop. After an error it is of no more use: what it counted would not
  // add up.
  Status look(const std::stop_token& stopping);
  ShadowReport report() const;

 private:
  Candidate(std::string data_dir, admission::Records& records, gateway::Live live, std::uint64_t next,
            std::uint64_t there, std::uint64_t behind_max);
  Status look_at_new(const std::stop_token& stopping);
  Status look_until(std::uint64_t end, std::uint64_t head, const std::stop_token& stopping);
  Status look_at(std::uint64_t end, std::set<std::string>& enforced);

  std::string data_dir_;
  admission::Records& records_;
  Replay replay_;
  std::uint64_t next_;   // entry
  std::uint64_t there_;  // up to here nothing is passed over: what was recorded when it was made
  std::uint64_t behind_max_;
  mutable std::mutex mutex_;
  ShadowReport found_;
};

// Runs one candidate at a time, on a thread of its own at the lowest priority, a moment after the ledger recorded what was decided:
// it can change no outcome and delay no answer, and costs nothing while there is none. The ledger is its queue. Any thread.
class Shadow {
 public:
  ~Shadow() { stop(); }

  void start(std::unique_ptr<Candidate> candidate);  // in the place of the one that is there
  std::optional<ShadowReport> stop();                // what it found; nothing when there was none
  std::optional<ShadowReport> report() const;

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<Candidate> candidate_;
  std::jthread thread_;
};

}  // namespace bw::replay
