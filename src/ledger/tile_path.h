// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// Resources of a tiled log (C2SP tlog-tiles v0.1.0): their paths, and bundles of entries. Values; no I/O; any thread.
namespace bw::ledger {

// "tile/0/x001/234", "tile/1/000.p/17", "tile/entries/000.p/5".
struct TilePath {
  bool entries = false;  // a bundle of entries, not of hashes
  unsigned level = 0;    // of hashes, 0 to 63
  std::uint64_t n = 0;
  unsigned width = 256;  // hashes or entries in it, 1 to 256; below 256 it is partial
  bool operator==(const TilePath&) const = default;
};

std::string format(const TilePath& path);

// Errors: invalid_argument for anything that format() does not write.
Result<TilePath> parse_tile_path(std::string_view text);

// Of a ledger of `size` entries: the tiles of hashes, the partial ones at the right edge too, and the bundles.
std::vector<TilePath> tile_paths(std::uint64_t size);

// A bundle: each entry behind its length, two bytes, big-endian.
void append_to_bundle(std::string& bundle, std::string_view leaf);
Result<std::vector<std::string_view>> parse_bundle(std::string_view bundle);

}  // namespace bw::ledger
