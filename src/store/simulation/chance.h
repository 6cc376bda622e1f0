// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bw::store::simulation {

// Numbers that a seed decides, the same on every machine: splitmix64. One thread.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    auto mixed = state_ += 0x9E3779B97F4A7C15ULL;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ULL;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBULL;
    return mixed ^ (mixed >> 31);
  }
  std::int64_t below(std::int64_t n) { return static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(n)); }
  bool once_in(std::int64_t n) { return below(n) == 0; }
  std::string bytes(std::size_t count) {
    std::string out(count, '\0');
    for (auto& byte : out) byte = static_cast<char>(next());
    return out;
  }
  template <class T>
  T& pick(std::vector<T>& from) {
    return from[static_cast<std::size_t>(below(static_cast<std::int64_t>(from.size())))];
  }

 private:
  std::uint64_t state_;
};

// Seeds what crypto/random.h hands out in this program (random.cc): salts and ids, so that a seed makes the same bytes again.
void seed_randomness(std::uint64_t seed);

}  // namespace bw::store::simulation
