// SPDX-License-Identifier: Apache-2.0
#include "ledger/range_proof.h"

#include <gtest/gtest.h>

#include <string>

namespace bw::ledger {
namespace {

Digest leaf(std::uint64_t i) { return crypto::digest(std::string("leaf ") + std::to_string(i)); }

// By the definition of RFC 6962 2.1, from the leaves alone.
Digest root_of(std::uint64_t begin, std::uint64_t end) {
  if (end == begin) return crypto::digest("");
  if (end - begin == 1) return leaf(begin);
  std::uint64_t left = 1;
  while (left * 2 < end - begin) left *= 2;
  return node_hash(root_of(begin, begin + left), root_of(begin + left, end));
}

Result<Digest> subtree(unsigned level, std::uint64_t index) { return root_of(index << level, (index + 1) << level); }

Result<Digest> root_with(const TreeRange& range, std::span<const Digest> proof, std::uint64_t first) {
  std::uint64_t next = first;
  return range_root(range, proof, [&]() -> Result<Digest> { return leaf(next++); });
}

TEST(RangeProof, EachRangeOfEachSmallTreeIsProven) {
  for (std::uint64_t size = 1; size <= 33; ++size) {
    for (std::uint64_t begin = 0; begin < size; ++begin) {
      for (std::uint64_t end = begin + 1; end <= size; ++end) {
        TreeRange range{begin, end, size};
        auto proof = prove_range(range, subtree).value();
        ASSERT_EQ(root_with(range, proof, begin).value(), root_of(0, size)) << begin << " " << end << " " << size;
        ASSERT_EQ(before_range(range, proof)->root(), root_of(0, begin)) << begin << " " << end << " " << size;
        ASSERT_LE(proof.size(), 12U);
      }
    }
  }
}

TEST(RangeProof, OtherLeavesAndOtherShapesAreRefused) {
  TreeRange range{5, 11, 21};
  auto proof = prove_range(range, subtree).value();
  auto root = root_of(0, 21);
  EXPECT_NE(root_with(range, proof, 6).value(), root);
  for (auto& hash : proof) {
    hash[0] ^= 1;
    EXPECT_NE(root_with(range, proof, 5).value(), root);
    hash[0] ^= 1;
  }
  auto more = proof;
  more.push_back(root);
  EXPECT_EQ(root_with(range, more, 5).error().code, Code::invalid_argument);
  EXPECT_EQ(root_with(range, std::span(proof).first(proof.size() - 1), 5).error().code, Code::invalid_argument);
  EXPECT_NE(root_with({4, 11, 21}, proof, 4).value_or(Digest{}), root);
  EXPECT_NE(root_with({5, 12, 21}, proof, 5).value_or(Digest{}), root);
  EXPECT_EQ(before_range(range, {}).error().code, Code::invalid_argument);
}

TEST(RangeProof, AnEmptyRangeIsNone) {
  for (TreeRange range : {TreeRange{3, 3, 9}, {4, 3, 9}, {3, 10, 9}, {0, 0, 0}}) {
    EXPECT_EQ(prove_range(range, subtree).error().code, Code::invalid_argument);
    EXPECT_EQ(root_with(range, {}, 0).error().code, Code::invalid_argument);
  }
}

}  // namespace
}  // namespace bw::ledger
