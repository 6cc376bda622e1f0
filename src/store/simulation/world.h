// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "store/simulation/plants.h"

namespace bw::store::simulation {

// What became of one world.
struct Story {
  std::string wrong;        // the promise that was broken, or empty
  std::uint64_t trace = 0;  // of everything that happened: the same seed makes the same one
  std::uint64_t entries = 0, acknowledged = 0, processes = 0, faults = 0;
};

// Lives one world: the committer over the SQLite store over a simulated disk, with clients, a clock that jumps, and processes
// that end at any moment, all decided by the seed. After each step what happened is held against the model, and against what
// the clients saw. `loud` prints each event. One at a time.
Story live(std::uint64_t seed, Plant plant = Plant::none, bool loud = false);

}  // namespace bw::store::simulation
