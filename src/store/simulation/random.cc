// SPDX-License-Identifier: Apache-2.0
// Stands in for crypto/random.cc in this program alone: the linker takes these instead.
#include "crypto/random.h"

#include "base/id.h"
#include "store/simulation/chance.h"

namespace bw {
namespace {
store::simulation::Chance chance(0);
}

void store::simulation::seed_randomness(std::uint64_t seed) { chance = Chance(seed); }

namespace crypto {
std::string random_bytes(std::size_t count) { return chance.bytes(count); }
std::string random_salt(std::size_t count) { return chance.bytes(count); }
std::string new_id(std::string_view prefix, std::int64_t unix_ms) { return make_id(prefix, unix_ms, random_salt(16)); }
}  // namespace crypto

}  // namespace bw
