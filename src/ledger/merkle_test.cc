// SPDX-License-Identifier: Apache-2.0
#include "ledger/merkle.h"

#include <gtest/gtest.h>

#include <map>

#include "base/text.h"
#include "ledger/entry.h"

namespace bw::ledger {
namespace {

std::string hex(const Digest& digest) { return to_hex(crypto::view(digest)); }

// The eight leaves that Certificate Transparency's own tests use.
std::vector<Digest> reference_leaves() {
  std::vector<Digest> out;
  for (auto text :
       {"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}) {
    out.push_back(leaf_hash(from_hex(text).value()));
  }
  return out;
}

std::vector<Digest> numbered_leaves(std::size_t count) {
  std::vector<Digest> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(leaf_hash(std::to_string(i)));
  return out;
}

// RFC 6962 2.1, word by word: the obvious tree that the clever one must equal.
Digest root_of(std::span<const Digest> leaves) {
  if (leaves.empty()) return crypto::digest("");
  if (leaves.size() == 1) return leaves[0];
  std::size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  return node_hash(root_of(leaves.first(k)), root_of(leaves.subspan(k)));
}

Frontier grow(std::span<const Digest> leaves) {
  Frontier frontier;
  for (const auto& leaf : leaves) frontier.append(leaf);
  return frontier;
}

Subtree over(const std::vector<Digest>& leaves) {
  return [&leaves](unsigned level, std::uint64_t index) -> Result<Digest> {
    auto width = std::uint64_t{1} << level;
    BW_ASSERT((index + 1) * width <= leaves.size());
    return root_of(std::span(leaves).subspan(index * width, width));
  };
}

TEST(Merkle, RootsMatchTheReferenceVectors) {
  const char* roots[] = {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                         "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                         "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                         "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                         "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                         "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                         "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                         "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  auto leaves = reference_leaves();
  for (std::size_t size = 0; size <= 8; ++size) {
    EXPECT_EQ(hex(grow(std::span(leaves).first(size)).root()), roots[size]) << size;
  }
}

TEST(Merkle, ProofsMatchTheReferenceVectors) {
  auto leaves = reference_leaves();
  auto hexes = [](const Result<std::vector<Digest>>& proof) {
    std::vector<std::string> out;
    for (const auto& digest : *proof) out.push_back(hex(digest));
    return out;
  };
  EXPECT_EQ(hexes(prove_inclusion(0, 8, over(leaves))),
            (std::vector<std::string>{"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                                      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                                      "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}));
  EXPECT_EQ(hexes(prove_inclusion(5, 8, over(leaves))),
            (std::vector<std::string>{"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                                      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                                      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}));
  EXPECT_EQ(hexes(prove_consistency(6, 8, over(leaves))),
            (std::vector<std::string>{"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                                      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                                      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}));
}

TEST(Merkle, FrontierEqualsTheObviousTreeAndSurvivesStorage) {
  auto leaves = numbered_leaves(530);
  Frontier frontier;
  for (std::size_t size = 0; size < leaves.size(); ++size) {
    EXPECT_EQ(frontier.root(), root_of(std::span(leaves).first(size)));
    frontier = Frontier::from_bytes(frontier.size(), frontier.bytes()).value();
    frontier.append(leaves[size]);
  }
  EXPECT_FALSE(Frontier::from_bytes(3, std::string(32, 'x')).has_value());
}

TEST(Merkle, EveryInclusionProofVerifiesAndOnlyForItsPlace) {
  auto leaves = numbered_leaves(70);
  for (std::uint64_t size = 1; size <= leaves.size(); ++size) {
    auto root = root_of(std::span(leaves).first(size));
    for (std::uint64_t index = 0; index < size; ++index) {
      auto proof = prove_inclusion(index, size, over(leaves)).value();
      ASSERT_TRUE(verify_inclusion(index, size, leaves[index], proof, root)) << index << " of " << size;
      ASSERT_FALSE(verify_inclusion((index + 1) % (size + 1), size, leaves[index], proof, root) && size > 1);
      ASSERT_FALSE(verify_inclusion(index, size, node_hash(leaves[index], root), proof, root));
      auto longer = proof;
      longer.push_back(root);
      ASSERT_FALSE(verify_inclusion(index, size, leaves[index], longer, root));
      if (!proof.empty()) {
        auto shorter = std::span(proof).first(proof.size() - 1);
        ASSERT_FALSE(verify_inclusion(index, size, leaves[index], shorter, root));
      }
    }
  }
  EXPECT_FALSE(prove_inclusion(5, 5, over(leaves)).has_value());
}

TEST(Merkle, EveryConsistencyProofVerifiesAndNoChangedOneDoes) {
  auto leaves = numbered_leaves(70);
  for (std::uint64_t size = 1; size <= leaves.size(); ++size) {
    auto root = root_of(std::span(leaves).first(size));
    for (std::uint64_t old_size = 0; old_size <= size; ++old_size) {
      auto old_root = root_of(std::span(leaves).first(old_size));
      auto proof = prove_consistency(old_size, size, over(leaves)).value();
      ASSERT_TRUE(verify_consistency(old_size, size, old_root, root, proof)) << old_size << " to " << size;
      if (old_size > 0 && old_size < size) {
        ASSERT_FALSE(verify_consistency(old_size, size, root, root, proof));
        ASSERT_FALSE(verify_consistency(old_size, size, old_root, old_root, proof));
      }
      for (auto& digest : proof) {
        digest[0] = static_cast<char>(digest[0] ^ 1);
        ASSERT_FALSE(verify_consistency(old_size, size, old_root, root, proof));
        digest[0] = static_cast<char>(digest[0] ^ 1);
      }
    }
  }
  EXPECT_FALSE(prove_consistency(6, 5, over(leaves)).has_value());
}

TEST(Tiler, TilesHoldTheSubtreesOfTheLogAndSurviveRestarts) {
  auto leaves = numbered_leaves(tile_width * tile_width + 3);
  Tiler tiler;
  std::map<std::pair<unsigned, std::uint64_t>, std::string> tiles;
  std::vector<Tile> done;
  for (const auto& leaf : leaves) tiler.append(leaf, done);
  for (auto& tile : done) tiles[{tile.level, tile.n}] = tile.hashes;
  ASSERT_EQ(tiles.size(), tile_width + 1);
  EXPECT_EQ((tiles[{0, 7}].substr(32, 32)), crypto::view(leaves[7 * 256 + 1]));
  EXPECT_EQ((tiles[{1, 0}].substr(0, 32)), crypto::view(tile_root(tiles[{0, 0}])));
  EXPECT_EQ(tile_root(tiles[{1, 0}]), root_of(std::span(leaves).first(tile_width * tile_width)));

  Tiler again;
  again.restore(0, 5, tiles[{0, 5}].substr(0, 32 * 100));
  again.restore(1, 0, tiles[{1, 0}].substr(0, 32 * 5));
  done.clear();
  for (std::size_t i = 5 * 256 + 100; i < 6 * 256; ++i) again.append(leaves[i], done);
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].n, 5U);
  EXPECT_EQ(done[0].hashes, (tiles[{0, 5}]));
}

}  // namespace
}  // namespace bw::ledger
