// SPDX-License-Identifier: Apache-2.0
// Proofs over stored tiles are those of the tree, and what one takes does not grow with the ledger.
#include "store/proofs.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

namespace bw::store {
namespace {

using ledger::Digest;

// A real tree, kept as a store keeps it.
class Tree {
 public:
  void grow(std::uint64_t size) {
    while (leaves_.size() / 32 < size) {
      auto leaf = crypto::digest(fmt::format("leaf {}", leaves_.size() / 32));
      leaves_.append(crypto::view(leaf));
      frontier_.append(leaf);
      std::vector<ledger::Tile> done;
      tiler_.append(leaf, done);
      for (auto& tile : done) tiles_[{tile.level, tile.n}] = std::move(tile.hashes);
    }
  }
  Digest root() const { return frontier_.root(); }
  Digest leaf(std::uint64_t seq) const {
    Digest out;
    std::copy_n(leaves_.begin() + static_cast<std::ptrdiff_t>(seq * 32), 32, out.begin());
    return out;
  }
  TileSource source(Nodes* nodes) {
    return {.size = leaves_.size() / 32,
            .tile = [this](unsigned level, std::uint64_t n) -> Result<std::string> { return tiles_.at({level, n}); },
            .leaf_hashes = [this](std::uint64_t begin, std::uint64_t count) -> Result<std::string> {
              return leaves_.substr(begin * 32, count * 32);
            },
            .nodes = nodes};
  }

 private:
  std::string leaves_;
  std::map<std::pair<unsigned, std::uint64_t>, std::string> tiles_;
  ledger::Frontier frontier_;
  ledger::Tiler tiler_;
};

std::vector<Digest> digests(const std::vector<std::string>& hashes) {
  std::vector<Digest> out(hashes.size());
  for (std::size_t i = 0; i < hashes.size(); ++i) std::copy_n(hashes[i].begin(), 32, out[i].begin());
  return out;
}

TEST(Proofs, AreThoseOfTheTreeWhileItGrows) {
  Tree tree;
  Nodes nodes;
  std::mt19937_64 random(17);
  std::map<std::uint64_t, Digest> roots;
  for (std::uint64_t size : {1U, 2U, 255U, 256U, 257U, 300U, 4'096U, 65'535U, 65'536U, 65'537U, 70'000U, 135'000U}) {
    tree.grow(size);
    roots[size] = tree.root();
    auto source = tree.source(&nodes);
    for (const auto& [then, root] : roots) {
      auto grown = digests(prove_consistency(source, then, size).value());
      EXPECT_TRUE(ledger::verify_consistency(then, size, root, roots[size], grown)) << then << " of " << size;
      for (auto seq : {std::uint64_t{0}, then / 2, then - 1, random() % then}) {
        auto proof = digests(prove_inclusion(source, seq, then).value());
        EXPECT_TRUE(ledger::verify_inclusion(seq, then, tree.leaf(seq), proof, root)) << seq << " of " << then;
      }
    }
  }
  EXPECT_GT(nodes.size(), 0U);
  EXPECT_EQ(prove_inclusion(tree.source(&nodes), 1, 135'001).error().code, Code::invalid_argument);
}

// A tree of any size, whose hashes are not those of any leaves: what a proof takes does not depend on what they are.
class Vast {
 public:
  explicit Vast(std::uint64_t size) : size_(size) {}
  std::uint64_t size() const { return size_; }
  TileSource source() {
    return {.size = size_,
            .tile = [this](unsigned, std::uint64_t) -> Result<std::string> {
              ++tiles_;
              return std::string(256 * std::size_t{32}, 'h');
            },
            .leaf_hashes = [this](std::uint64_t, std::uint64_t count) -> Result<std::string> {
              leaves_ += count;
              return std::string(count * 32, 'h');
            },
            .nodes = &nodes};
  }
  struct Cost {
    std::uint64_t hashes = 0, tiles = 0, leaves = 0;
  };
  Cost prove(std::uint64_t seq) {
    Cost before{nodes.hashes(), tiles_, leaves_};
    EXPECT_TRUE(prove_inclusion(source(), seq, size_).has_value());
    return {nodes.hashes() - before.hashes, tiles_ - before.tiles, leaves_ - before.leaves};
  }
  // The mean of many.
  Cost prove_many() {
    constexpr std::uint64_t proofs = 2'000;
    std::mt19937_64 random(7);
    Cost sum;
    for (std::uint64_t i = 0; i < proofs; ++i) {
      auto cost = prove(random() % size_);
      sum = {sum.hashes + cost.hashes, sum.tiles + cost.tiles, sum.leaves + cost.leaves};
    }
    return {sum.hashes / proofs, sum.tiles / proofs, sum.leaves / proofs};
  }
  Nodes nodes;

 private:
  std::uint64_t size_, tiles_ = 0, leaves_ = 0;
};

TEST(Proofs, TakeHardlyMoreInALedgerAHundredTimesAsLarge) {
  Vast small(100'000), large(10'000'000);
  small.prove_many();
  large.prove_many();
  auto from = small.prove_many(), to = large.prove_many();
  RecordProperty("hashes", fmt::format("{} and {}", from.hashes, to.hashes));
  EXPECT_GE(from.hashes, 247U);  // within the one tile of leaves
  EXPECT_LE(to.hashes, 310U);
  EXPECT_LE(to.hashes * 100, from.hashes * 115);
  EXPECT_LE(to.tiles, 3U);
  EXPECT_EQ(from.leaves, 0U);  // those of the last tile were read for the first proof
  EXPECT_EQ(to.leaves, 0U);
}

TEST(Proofs, RememberNoMoreThanTheyMay) {
  Vast vast(std::uint64_t{1} << 40);
  std::mt19937_64 random(3);
  std::size_t most = 0;
  for (int i = 0; i < 2'000; ++i) {
    auto cost = vast.prove(random() % vast.size());
    EXPECT_LE(cost.hashes, 5 * 255U);  // each level of tiles anew
    EXPECT_LE(cost.tiles, 5U);
    most = std::max(most, vast.nodes.size());
  }
  EXPECT_GT(most, Nodes::upper_max / 2);
  EXPECT_LE(most, Nodes::upper_max);
}

}  // namespace
}  // namespace bw::store
