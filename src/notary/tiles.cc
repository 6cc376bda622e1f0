// SPDX-License-Identifier: Apache-2.0
#include "notary/tiles.h"

#include <fmt/core.h>

#include <filesystem>
#include <fstream>

#include "ledger/merkle.h"

namespace bw::notary {
namespace {

Result<std::string> read_bundle(admission::Records& records, const ledger::TilePath& path) {
  BW_TRY(auto entries, records.entries(path.n * ledger::tile_width, path.width));
  if (entries.size() != path.width)
    return fail(Code::data_loss, fmt::format("an entry of {} is missing", format(path)));
  std::string bundle;
  for (const auto& stored : entries) ledger::append_to_bundle(bundle, stored.leaf);
  return bundle;
}

Status write_file(const std::string& path, const std::string& bytes) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  return file ? Status() : fail(Code::unavailable, fmt::format("cannot write `{}`", path));
}

}  // namespace

Result<std::string> read_tile(admission::Records& records, const ledger::TilePath& path, std::uint64_t size) {
  constexpr unsigned levels = 8;  // of a tree of 2^64 leaves
  auto known = path.level < levels ? size >> (8 * path.level) : 0;
  if (path.n >= known / ledger::tile_width + 1 || path.n * ledger::tile_width + path.width > known)
    return fail(Code::not_found, fmt::format("there is no {} in a ledger of {} entries", format(path), size));
  if (path.entries) return read_bundle(records, path);
  return records.tile(path.level, path.n, path.width);
}

ledger::Subtree subtrees(admission::Records& records) {
  return [&records](unsigned level, std::uint64_t index) -> Result<ledger::Digest> {
    auto count = unsigned{1} << (level % 8);
    auto begin = index * count;
    auto width = static_cast<unsigned>(begin % ledger::tile_width) + count;
    BW_TRY(auto hashes, records.tile(level / 8, begin / ledger::tile_width, width));
    return ledger::tile_root(std::string_view(hashes).substr((width - count) * 32));
  };
}

Status export_tiles(admission::Records& records, const std::string& checkpoint, std::uint64_t size,
                    const std::string& folder, const Progress& progress) {
  std::error_code error;
  if (std::filesystem::exists(folder, error) && !std::filesystem::is_empty(folder, error))
    return fail(Code::failed_precondition, fmt::format("`{}` is not empty", folder));
  auto paths = ledger::tile_paths(size);
  std::uint64_t done = 0;
  for (const auto& path : paths) {
    BW_TRY(auto bytes, read_tile(records, path, size));
    BW_OK(write_file(folder + "/" + format(path), bytes));
    if (progress && ++done % 64 == 0) progress(done, paths.size());
  }
  return write_file(folder + "/checkpoint", checkpoint);
}

}  // namespace bw::notary
