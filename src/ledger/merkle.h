// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/hash.h"

// The Merkle tree of RFC 6962 section 2.1: leaf SHA-256(0x00 leaf), node SHA-256(0x01 left right), root of nothing
// SHA-256(). Pure values; no I/O.
namespace bw::ledger {

using crypto::Digest;

Digest node_hash(const Digest& left, const Digest& right);

// The right edge of a growing tree: the roots of its complete subtrees, largest first. Appending costs one hash on
// average, the root a hash for each of them.
class Frontier {
 public:
  std::uint64_t size() const { return size_; }
  void append(const Digest& leaf);
  Digest root() const;

  // As stored with the head of the ledger: the subtrees' hashes in order. Their number follows from the size.
  std::string bytes() const;
  static Result<Frontier> from_bytes(std::uint64_t size, std::string_view bytes);

 private:
  std::uint64_t size_ = 0;
  std::vector<Digest> peaks_;
};

// Gives the root of a complete, aligned subtree: 2^level leaves from index << level.
using Subtree = std::function<Result<Digest>(unsigned level, std::uint64_t index)>;

// RFC 6962 2.1.1 and 2.1.2, over stored subtrees. Errors: invalid_argument for an index outside of the tree, and those of
// `subtree`.
Result<std::vector<Digest>> prove_inclusion(std::uint64_t index, std::uint64_t size, const Subtree& subtree);
Result<std::vector<Digest>> prove_consistency(std::uint64_t old_size, std::uint64_t size, const Subtree& subtree);

// RFC 9162 2.1.3.2 and 2.1.4.2. False for a proof of any other shape.
bool verify_inclusion(std::uint64_t index, std::uint64_t size, const Digest& leaf, std::span<const Digest> proof,
                      const Digest& root);
bool verify_consistency(std::uint64_t old_size, std::uint64_t size, const Digest& old_root, const Digest& root,
                        std::span<const Digest> proof);

// Stored hashes, in the shape of tlog tiles (C2SP): tile (level, n) holds the 256 subtree roots of height 8*level from
// index 256*n. Complete tiles never change.
constexpr std::uint64_t tile_width = 256;

struct Tile {
  unsigned level = 0;
  std::uint64_t n = 0;
  std::string hashes;  // 256 times 32 bytes
};

// Collects leaf hashes into tiles.
class Tiler {
 public:
  // Appends one leaf hash; the tiles that it completes, lowest first, go to `done`.
  void append(const Digest& leaf, std::vector<Tile>& done);

  // Restores the incomplete tile of a level after a restart, lowest level first.
  void restore(unsigned level, std::uint64_t n, std::string hashes);

  // The hashes of the incomplete last tile of a level, none when it is empty.
  std::string_view pending(unsigned level) const;

 private:
  void append(unsigned level, const Digest& hash, std::vector<Tile>& done);
  struct Level {
    std::uint64_t n = 0;
    std::string hashes;
  };
  std::vector<Level> levels_;
};

// Root of a tile's hashes; `hashes` holds 1 to 256 of them, a power of two.
Digest tile_root(std::string_view hashes);

}  // namespace bw::ledger
