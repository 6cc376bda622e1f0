// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>

#include "gateway/source_answer.h"

namespace bw::gateway {

// Answers of sources, to be used again while they are young enough for whoever asks. Bounded by bytes; the one unused
// longest goes first. Belongs to one thread.
class FactCache {
 public:
  struct Answer {
    SourceAnswer said;
    std::int64_t at_ms;    // when it came, Unix time: for the record
    std::int64_t tick_ms;  // the same, monotonic: for its age
  };

  explicit FactCache(std::size_t bytes_max = 16U << 20) : bytes_max_(bytes_max) {}

  // Null when there is none of at most this age.
  const Answer* find(const std::string& key, std::int64_t tick_ms, std::int64_t max_age_ms) {
    auto found = by_key_.find(key);
    if (found == by_key_.end() || tick_ms - found->second->second.tick_ms > max_age_ms) return nullptr;
    used_.splice(used_.begin(), used_, found->second);
    return &found->second->second;
  }

  void keep(const std::string& key, Answer answer) {
    drop(key);
    bytes_ += cost(key, answer);
    used_.emplace_front(key, std::move(answer));
    by_key_[key] = used_.begin();
    while (bytes_ > bytes_max_) drop(std::string(used_.back().first));
  }

 private:
  using Used = std::list<std::pair<std::string, Answer>>;

  static std::size_t cost(const std::string& key, const Answer& answer) {
    return 2 * key.size() + answer.said.result.size() + 256;
  }

  void drop(const std::string& key) {
    auto found = by_key_.find(key);
    if (found == by_key_.end()) return;
    bytes_ -= cost(key, found->second->second);
    used_.erase(found->second);
    by_key_.erase(found);
  }

  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  Used used_;  // latest first
  std::unordered_map<std::string, Used::iterator> by_key_;
};

}  // namespace bw::gateway
