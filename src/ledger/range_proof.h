// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/result.h"
#include "ledger/merkle.h"

// A proof that leaves begin to end-1 of a tree are these and no others, in this order: what inclusion proofs of each of
// them would say, with at most two hashes a level of the tree. It is the hashes of all the largest nodes of the tree of
// RFC 6962 section 2.1 in which no leaf of the range stands, from left to right. Values; no I/O; any thread.
namespace bw::ledger {

// 0 <= begin < end <= size.
struct TreeRange {
  std::uint64_t begin = 0, end = 0, size = 0;
};

// Errors: invalid_argument for a range that is empty or beyond the tree, and those of `subtree`.
Result<std::vector<Digest>> prove_range(const TreeRange& range, const Subtree& subtree);

// The root of the tree that has these nodes outside of the range, and in it the leaves that `next_leaf` gives one after the
// other. Errors: invalid_argument when the proof has not the shape of the range; those of `next_leaf`.
Result<Digest> range_root(const TreeRange& range, std::span<const Digest> proof,
                          const std::function<Result<Digest>()>& next_leaf);

// The tree of the leaves before the range, which its proof holds. Errors: invalid_argument.
Result<Frontier> before_range(const TreeRange& range, std::span<const Digest> proof);

}  // namespace bw::ledger
