// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "ledger/merkle.h"

// Proofs and restarts over stored tiles and leaves.
namespace bw::store {

struct TileSource;

// Roots of complete tiles, which never change: each proof is made of up to 255 of the same ones of each level, those beside the
// incomplete last tile. Any thread.
class TileRoots {
 public:
  Result<ledger::Digest> root(const TileSource& source, unsigned level, std::uint64_t n);

 private:
  std::mutex mutex_;
  std::map<std::pair<unsigned, std::uint64_t>, ledger::Digest> known_;
};

// What a store can give: complete tiles, and hashes of leaves.
struct TileSource {
  std::uint64_t size = 0;                                                                    // entries
  std::function<Result<std::string>(unsigned level, std::uint64_t n)> tile;                  // 256 hashes
  std::function<Result<std::string>(std::uint64_t begin, std::uint64_t count)> leaf_hashes;  // joined
  TileRoots* roots = nullptr;                                                                // remembered, if anywhere
};

// `count` hashes of tile level `level` from index `begin`, all in one tile, which may be the incomplete last one.
Result<std::string> tile_hashes(const TileSource& source, unsigned level, std::uint64_t begin, std::uint64_t count);

// The first `width` hashes of tile (level, n). Errors: invalid_argument when the ledger has not so many.
Result<std::string> tile(const TileSource& source, unsigned level, std::uint64_t n, unsigned width);

// The tiler as it was after `source.size` leaves.
Result<ledger::Tiler> restore_tiler(const TileSource& source);

// Errors: invalid_argument for sizes beyond the ledger.
Result<std::vector<std::string>> prove_inclusion(const TileSource& source, std::uint64_t seq, std::uint64_t size);
Result<std::vector<std::string>> prove_consistency(const TileSource& source, std::uint64_t old_size,
                                                   std::uint64_t size);

}  // namespace bw::store
