// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "ledger/merkle.h"

// Proofs and restarts over stored tiles and leaves.
namespace bw::store {

// Nodes of the tree that many proofs are made of, remembered: they never change. A proof hashes its way up from 256 leaves. What stands
// above them it finds here, every fourth height of it, and what stands in the incomplete last tile. A node is the root of a complete
// subtree of 2^height leaves from index << height. At most `upper_max` nodes (half a mebibyte: all that a ledger of 30,000,000
// entries has) and 510 of the last tile. Any thread.
class Nodes {
 public:
  static constexpr std::size_t upper_max = 8192;

  std::optional<ledger::Digest> find(unsigned height, std::uint64_t index) const;
  void remember(unsigned height, std::uint64_t index, const ledger::Digest& node);

  // How many hashes proofs took so far, and how many nodes are remembered.
  void add_hashes(std::uint64_t count);
  std::uint64_t hashes() const;
  std::size_t size() const;

 private:
  using Known = std::unordered_map<std::uint64_t, ledger::Digest>;
  mutable std::mutex mutex_;
  Known upper_, last_;           // of height 8 and above, and below
  std::uint64_t last_tile_ = 0;  // of which the lower ones are
  std::uint64_t hashes_ = 0;
};

// What a store can give: complete tiles, and hashes of leaves.
struct TileSource {
  std::uint64_t size = 0;                                                                    // entries
  std::function<Result<std::string>(unsigned level, std::uint64_t n)> tile;                  // 256 hashes
  std::function<Result<std::string>(std::uint64_t begin, std::uint64_t count)> leaf_hashes;  // joined
  Nodes* nodes = nullptr;                                                                    // remembered, if anywhere
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
