// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "admission/records.h"
#include "base/result.h"
#include "ledger/merkle.h"
#include "ledger/tile_path.h"

// The ledger as the static resources of a tiled log (C2SP tlog-tiles): made on demand, because complete ones never change
// and are a page of the database each. Blocking; any thread.
namespace bw::notary {

// The bytes of one resource of a ledger of `size` entries. Errors: not_found when it has no such tile.
Result<std::string> read_tile(admission::Records& records, const ledger::TilePath& path, std::uint64_t size);

// The subtrees of the ledger itself.
ledger::Subtree subtrees(admission::Records& records);

using Progress = std::function<void(std::uint64_t done, std::uint64_t of)>;

// Writes all of them, and the checkpoint as `checkpoint`, into a new or empty folder, which any web server can serve.
// `progress` gets resources; it may be empty.
Status export_tiles(admission::Records& records, const std::string& checkpoint, std::uint64_t size,
                    const std::string& folder, const Progress& progress);

}  // namespace bw::notary
