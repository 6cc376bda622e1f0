// SPDX-License-Identifier: Apache-2.0
#include "store/proofs.h"

#include <fmt/core.h>

namespace bw::store {
namespace {

using ledger::Digest;
using ledger::tile_width;

constexpr unsigned tile_height = 8;
constexpr unsigned stride = 4;  // heights whose nodes are worth remembering

std::uint64_t key_of(unsigned height, std::uint64_t index) { return std::uint64_t{height} << 56 | index; }

// Nodes of one tree, for one proof: each tile is read once. One thread.
class Subtrees {
 public:
  explicit Subtrees(const TileSource& source) : source_(source) {}
  ~Subtrees() {
    if (source_.nodes) source_.nodes->add_hashes(hashes_);
  }
  Subtrees(const Subtrees&) = delete;
  Subtrees& operator=(const Subtrees&) = delete;

  Result<Digest> root(unsigned height, std::uint64_t index) {
    if (height % tile_height == 0 && stored(height, index)) {
      BW_TRY(auto hash, hashes(height, index, 1));
      return ledger::tile_root(hash);
    }
    bool shared = is_shared(height, index);
    if (shared && source_.nodes) {
      if (auto known = source_.nodes->find(height, index)) return *known;
    }
    BW_TRY(auto node, make(height, index));
    if (shared && source_.nodes) source_.nodes->remember(height, index, node);
    return node;
  }

  // `count` nodes of one height from `begin`, joined.
  Result<std::string> hashes(unsigned height, std::uint64_t begin, std::uint64_t count) {
    bool at_tile = height % tile_height == 0;
    if (at_tile && stored(height, begin)) {
      BW_TRY(const auto* tile, tile_of(height / tile_height, begin / tile_width));
      return tile->substr(begin % tile_width * 32, count * 32);
    }
    if (height == 0) return source_.leaf_hashes(begin, count);
    std::string out;
    for (auto i = begin; i < begin + count; ++i) {
      BW_TRY(auto node, root(height, i));
      out.append(crypto::view(node));
    }
    return out;
  }

 private:
  // Whether the tile that a node at the foot of one stands in is complete.
  bool stored(unsigned height, std::uint64_t index) const {
    return (index / tile_width + 1) * tile_width <= source_.size >> height;
  }

  // Many proofs have it, or it is made of entries.
  bool is_shared(unsigned height, std::uint64_t index) const {
    if (height < tile_height) return !stored(0, index << height);
    return height % stride == 0;
  }

  Result<Digest> make(unsigned height, std::uint64_t index) {
    auto step = height == 0 ? 0 : height % stride == 0 ? stride : height % stride;
    BW_TRY(auto below, hashes(height - step, index << step, std::uint64_t{1} << step));
    hashes_ += (std::uint64_t{1} << step) - 1;
    return ledger::tile_root(below);
  }

  Result<const std::string*> tile_of(unsigned level, std::uint64_t n) {
    if (tiles_.size() <= level) tiles_.resize(level + 1);
    auto& held = tiles_[level];
    if (held.hashes.empty() || held.n != n) {
      BW_TRY(held.hashes, source_.tile(level, n));
      held.n = n;
    }
    return &held.hashes;
  }

  struct Held {
    std::uint64_t n = 0;
    std::string hashes;
  };
  const TileSource& source_;
  std::vector<Held> tiles_;  // by level, the last one that was read
  std::uint64_t hashes_ = 0;
};

Status check_size(const TileSource& source, std::uint64_t size) {
  if (size <= source.size) return {};
  return fail(Code::invalid_argument, fmt::format("the ledger has {} entries, not {}", source.size, size));
}

std::vector<std::string> as_text(const std::vector<ledger::Digest>& proof) {
  std::vector<std::string> out;
  for (const auto& digest : proof) out.emplace_back(crypto::view(digest));
  return out;
}

}  // namespace

std::optional<Digest> Nodes::find(unsigned height, std::uint64_t index) const {
  std::lock_guard lock(mutex_);
  const auto& nodes = height < tile_height ? last_ : upper_;
  auto known = nodes.find(key_of(height, index));
  return known == nodes.end() ? std::nullopt : std::optional(known->second);
}

void Nodes::remember(unsigned height, std::uint64_t index, const Digest& node) {
  std::lock_guard lock(mutex_);
  if (height >= tile_height) {
    if (upper_.size() >= upper_max) upper_.clear();
    upper_.emplace(key_of(height, index), node);
    return;
  }
  auto tile = index >> (tile_height - height);
  if (tile != last_tile_) last_.clear();
  last_tile_ = tile;
  last_.emplace(key_of(height, index), node);
}

void Nodes::add_hashes(std::uint64_t count) {
  std::lock_guard lock(mutex_);
  hashes_ += count;
}

std::uint64_t Nodes::hashes() const {
  std::lock_guard lock(mutex_);
  return hashes_;
}

std::size_t Nodes::size() const {
  std::lock_guard lock(mutex_);
  return upper_.size() + last_.size();
}

Result<std::string> tile_hashes(const TileSource& source, unsigned level, std::uint64_t begin, std::uint64_t count) {
  return Subtrees(source).hashes(level * tile_height, begin, count);
}

Result<std::string> tile(const TileSource& source, unsigned level, std::uint64_t n, unsigned width) {
  auto known = level < 8 ? source.size >> (8 * level) : 0;
  if (width == 0 || width > tile_width || n > known / tile_width || n * tile_width + width > known)
    return fail(Code::invalid_argument, fmt::format("the ledger has no tile {}/{} of {} hashes", level, n, width));
  return tile_hashes(source, level, n * tile_width, width);
}

Result<ledger::Tiler> restore_tiler(const TileSource& source) {
  ledger::Tiler tiler;
  unsigned level = 0;
  for (auto known = source.size; known > 0; known /= tile_width, ++level) {
    auto n = known / tile_width;
    std::string hashes;
    if (known % tile_width > 0) {
      BW_TRY(hashes, tile_hashes(source, level, n * tile_width, known % tile_width));
    }
    tiler.restore(level, n, std::move(hashes));
  }
  return tiler;
}

Result<std::vector<std::string>> prove_inclusion(const TileSource& source, std::uint64_t seq, std::uint64_t size) {
  BW_OK(check_size(source, size));
  Subtrees subtrees(source);
  auto root = [&](unsigned height, std::uint64_t index) { return subtrees.root(height, index); };
  BW_TRY(auto proof, ledger::prove_inclusion(seq, size, root));
  return as_text(proof);
}

Result<std::vector<std::string>> prove_consistency(const TileSource& source, std::uint64_t old_size,
                                                   std::uint64_t size) {
  BW_OK(check_size(source, size));
  Subtrees subtrees(source);
  auto root = [&](unsigned height, std::uint64_t index) { return subtrees.root(height, index); };
  BW_TRY(auto proof, ledger::prove_consistency(old_size, size, root));
  return as_text(proof);
}

}  // namespace bw::store
