// SPDX-License-Identifier: Apache-2.0
// One bit of a folder of tiles is another: of entries, hashes or the checkpoint. It is always found. BW_SOAK=1 flips every bit.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "notary/checkpoints.h"
#include "notary/keys.h"
#include "notary/verify_tiles.h"
#include "store/flipping.h"
#include "store/sample.h"

namespace bw::notary {
namespace {

class TileFlips : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    sample.backend.reopen();
    auto& records = sample.backend.records();
    auto checkpoints = Checkpoints::open(records, {folder.path, "example.org/ledger", {}}).value();
    auto newest = checkpoints->advance().value();
    ASSERT_GT(newest.checkpoint.size, 256U) << "without a complete tile";
    ASSERT_TRUE(export_tiles(records, newest.bytes(), newest.checkpoint.size, out, {}));
    keys = load_keys(folder.path)->verifiers();
    ASSERT_TRUE(verify_tiles(out, keys, {}).has_value());
  }

  std::vector<std::string> files() const {
    std::vector<std::string> found;
    for (const auto& file : std::filesystem::recursive_directory_iterator(out))
      if (file.is_regular_file()) found.push_back(file.path().string());
    std::ranges::sort(found);
    return found;
  }

  store::Sample sample{3, 258};
  store::TemporaryFolder folder{store::memory_folder()};
  std::string out = folder.path + "/tiles";
  std::vector<ledger::NoteVerifier> keys;
};

TEST_P(TileFlips, AreFound) {
  std::uint64_t flips = 0;
  for (const auto& file : files()) {
    store::Flipper flipper(file);
    flips += store::flip_each(flipper, GetParam(), 60, [&](std::uint64_t bit) {
      EXPECT_FALSE(verify_tiles(out, keys, {}).has_value())
          << "not found: bit " << bit % 8 << " of byte " << bit / 8 << " of " << file;
    });
  }
  ASSERT_TRUE(verify_tiles(out, keys, {}).has_value());
  fmt::print("{} flips found\n", flips);
}

INSTANTIATE_TEST_SUITE_P(Slice, TileFlips, testing::Range(0, store::soaking() ? store::slices : 1));

}  // namespace
}  // namespace bw::notary
