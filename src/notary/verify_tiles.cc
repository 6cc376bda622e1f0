// SPDX-License-Identifier: Apache-2.0
#include "notary/verify_tiles.h"

#include <fmt/core.h>

#include "admission/replay.h"
#include "base/durable_file.h"
#include "base/text.h"
#include "ledger/entry.h"
#include "ledger/finding.h"

namespace bw::notary {
namespace {

using ledger::tile_width;
using ledger::TilePath;

constexpr std::size_t bundle_bytes_max = tile_width * (2 + ledger::leaf_bytes_max);

using ledger::Finding;

std::unexpected<Error> wrong(Finding finding, std::string what) { return ledger::found(finding, std::move(what)); }

Result<std::string> read_resource(const std::string& folder, const TilePath& path) {
  return read_file(folder + "/" + format(path), bundle_bytes_max);
}

class TilesVerification {
 public:
  TilesVerification(const std::string& folder, std::uint64_t size)
      : folder_(folder), size_(size), replay_([](const admission::ActionState&) { return Status(); }) {}

  Result<ledger::Digest> run(const Progress& progress) {
    for (std::uint64_t n = 0; n * tile_width < size_; ++n) {
      BW_OK(read_bundle(n));
      if (progress) progress(frontier_.size(), size_);
    }
    for (const auto& path : ledger::tile_paths(size_)) {
      if (path.entries || path.width == tile_width) continue;
      BW_OK(check_tile(path, tiler_.pending(path.level)));
    }
    return frontier_.root();
  }

 private:
  Status read_bundle(std::uint64_t n) {
    auto width = static_cast<unsigned>(std::min(tile_width, size_ - n * tile_width));
    TilePath path{true, 0, n, width};
    BW_TRY(auto bytes, read_resource(folder_, path));
    auto leaves = ledger::parse_bundle(bytes);
    if (!leaves) return wrong(Finding::malformed, fmt::format("{}: {}", format(path), leaves.error().message));
    if (leaves->size() != width)
      return wrong(Finding::missing, fmt::format("{}: it has {} entries, not {}", format(path), leaves->size(), width));
    for (auto leaf : *leaves) {
      if (auto status = read_leaf(leaf); !status)
        return fail(std::move(status).error().with(fmt::format("entry {}", frontier_.size())));
    }
    return {};
  }

  Status read_leaf(std::string_view leaf) {
    auto entry = ledger::parse_entry(leaf);
    if (!entry) return wrong(Finding::malformed, entry.error().message);
    auto hash = ledger::leaf_hash(leaf);
    BW_OK(replay_.add(*entry, to_hex(crypto::view(hash))));
    frontier_.append(hash);
    std::vector<ledger::Tile> tiles;
    tiler_.append(hash, tiles);
    for (const auto& tile : tiles) {
      BW_OK(check_tile({false, tile.level, tile.n, tile_width}, tile.hashes));
    }
    return {};
  }

  Status check_tile(const TilePath& path, std::string_view hashes) const {
    BW_TRY(auto stored, read_resource(folder_, path));
    return stored == hashes ? Status()
                            : wrong(Finding::changed_tile,
                                    fmt::format("{}: it does not hold the hashes of its entries", format(path)));
  }

  const std::string& folder_;
  std::uint64_t size_;
  admission::Replay replay_;
  ledger::Frontier frontier_;
  ledger::Tiler tiler_;
};

}  // namespace

Result<ledger::SignedCheckpoint> verify_tiles(const std::string& folder, const std::vector<ledger::NoteVerifier>& keys,
                                              const Progress& progress) {
  BW_TRY(auto bytes, read_file(folder + "/checkpoint", ledger::note_bytes_max));
  BW_TRY(auto signed_checkpoint, ledger::open_checkpoint(bytes, keys));
  BW_TRY(auto root, TilesVerification(folder, signed_checkpoint.checkpoint.size).run(progress));
  if (root != signed_checkpoint.checkpoint.root)
    return wrong(Finding::forked, "the tree of the entries has another root than the checkpoint");
  return signed_checkpoint;
}

ledger::Subtree tile_files(const std::string& folder, std::uint64_t size) {
  return [folder, size](unsigned level, std::uint64_t index) -> Result<ledger::Digest> {
    auto tile_level = level / 8;
    auto count = std::uint64_t{1} << (level % 8);
    auto n = index * count / tile_width;
    auto known = (size >> (8 * tile_level)) - n * tile_width;
    TilePath path{false, tile_level, n, static_cast<unsigned>(std::min(known, tile_width))};
    BW_TRY(auto hashes, read_resource(folder, path));
    if (hashes.size() != path.width * 32)
      return wrong(Finding::changed_tile, fmt::format("{}: it has {} bytes", format(path), hashes.size()));
    return ledger::tile_root(std::string_view(hashes).substr((index * count - n * tile_width) * 32, count * 32));
  };
}

Status check_growth(const ledger::Checkpoint& earlier, const ledger::Checkpoint& later,
                    const ledger::Subtree& subtree) {
  if (earlier.origin != later.origin)
    return wrong(Finding::forked, fmt::format("they are of two ledgers: `{}` and `{}`", printable(earlier.origin),
                                              printable(later.origin)));
  if (earlier.size > later.size) return check_growth(later, earlier, subtree);
  std::vector<ledger::Digest> proof;
  if (earlier.size != later.size) {
    BW_TRY(proof, ledger::prove_consistency(earlier.size, later.size, subtree));
  }
  if (ledger::verify_consistency(earlier.size, later.size, earlier.root, later.root, proof)) return {};
  return wrong(Finding::forked,
               fmt::format("the checkpoint of {} entries does not continue that of {}", later.size, earlier.size));
}

}  // namespace bw::notary
