// SPDX-License-Identifier: Apache-2.0
#include "store/proofs.h"

#include <fmt/core.h>

namespace bw::store {
namespace {

using ledger::tile_width;

constexpr std::size_t known_max = 8 * tile_width;  // of all levels that there can be

ledger::Subtree subtrees(const TileSource& source) {
  return [&source](unsigned level, std::uint64_t index) -> Result<ledger::Digest> {
    auto count = std::uint64_t{1} << (level % 8);
    BW_TRY(auto hashes, tile_hashes(source, level / 8, index * count, count));
    return ledger::tile_root(hashes);
  };
}

Status check_size(const TileSource& source, std::uint64_t size) {
  if (size <= source.size) return {};
  return fail(Code::invalid_argument, fmt::format("the ledger has {} entries, not {}", source.size, size));
}

Result<ledger::Digest> root_of(const TileSource& source, unsigned level, std::uint64_t n) {
  BW_TRY(auto tile, source.tile(level, n));
  return ledger::tile_root(tile);
}

std::vector<std::string> as_text(const std::vector<ledger::Digest>& proof) {
  std::vector<std::string> out;
  for (const auto& digest : proof) out.emplace_back(crypto::view(digest));
  return out;
}

}  // namespace

Result<ledger::Digest> TileRoots::root(const TileSource& source, unsigned level, std::uint64_t n) {
  {
    std::lock_guard lock(mutex_);
    if (auto known = known_.find({level, n}); known != known_.end()) return known->second;
  }
  BW_TRY(auto root, root_of(source, level, n));
  std::lock_guard lock(mutex_);
  if (known_.size() >= known_max) known_.clear();
  known_.emplace(std::pair(level, n), root);
  return root;
}

Result<std::string> tile_hashes(const TileSource& source, unsigned level, std::uint64_t begin, std::uint64_t count) {
  auto n = begin / tile_width;
  bool complete = (n + 1) * tile_width <= source.size >> (8 * level);
  if (complete) {
    BW_TRY(auto tile, source.tile(level, n));
    return tile.substr((begin - n * tile_width) * 32, count * 32);
  }
  if (level == 0) return source.leaf_hashes(begin, count);
  std::string hashes;
  for (auto i = begin; i < begin + count; ++i) {
    BW_TRY(auto root, source.roots ? source.roots->root(source, level - 1, i) : root_of(source, level - 1, i));
    hashes.append(crypto::view(root));
  }
  return hashes;
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
  BW_TRY(auto proof, ledger::prove_inclusion(seq, size, subtrees(source)));
  return as_text(proof);
}

Result<std::vector<std::string>> prove_consistency(const TileSource& source, std::uint64_t old_size,
                                                   std::uint64_t size) {
  BW_OK(check_size(source, size));
  BW_TRY(auto proof, ledger::prove_consistency(old_size, size, subtrees(source)));
  return as_text(proof);
}

}  // namespace bw::store
