// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "admission/admission.h"
#include "base/durable_file.h"
#include "notary/checkpoints.h"
#include "notary/keys.h"
#include "notary/verify_tiles.h"
#include "store/store.h"
#include "store/testing.h"

namespace bw::notary {
namespace {

using store::make_admit;
using store::make_settle;
using store::TemporaryFolder;

// A ledger and its checkpoints; on disk when the test is about restarts.
class Desk {
 public:
  explicit Desk(int actions, bool on_disk = false) : on_disk_(on_disk) {
    open();
    act(actions);
  }

  void open() {
    ledger = on_disk_ ? store::open_sqlite(folder.path).value() : store::make_memory();
    auto opened = Checkpoints::open(ledger->records(), options());
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    checkpoints = std::move(*opened);
    admission = admission::Admission::open(ledger->store(), clock, {}).value();
  }
  void close() {
    admission.reset();
    checkpoints.reset();
    ledger.reset();
  }
  CheckpointsOptions options() const { return {folder.path, "example.org/ledger", {folder.path + "/second"}}; }

  void act(int actions) {
    for (int i = 0; i < actions; ++i) {
      auto id = "act_" + std::to_string(++acted);
      ASSERT_TRUE(admission->commit(make_admit(id)).has_value());
      ASSERT_TRUE(admission->commit(make_settle(id)).has_value());
    }
  }
  std::vector<ledger::NoteVerifier> keys() const { return load_keys(folder.path)->verifiers(); }

  TemporaryFolder folder;
  FakeClock clock{store::noon};
  std::unique_ptr<store::Ledger> ledger;
  std::unique_ptr<Checkpoints> checkpoints;
  std::unique_ptr<admission::Admission> admission;
  int acted = 0;

 private:
  bool on_disk_;
};

TEST(Keys, RotateByOverlap) {
  TemporaryFolder folder;
  auto first = load_or_create_keys(folder.path, "example.org/ledger").value();
  struct stat status{};
  ASSERT_EQ(::stat(keys_path(folder.path).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ(load_or_create_keys(folder.path, "")->verifiers()[0].vkey(), first.verifiers()[0].vkey());
  EXPECT_EQ(load_or_create_keys(folder.path, "example.org/other").error().code, Code::failed_precondition);
  EXPECT_EQ(drop_key(folder.path).error().code, Code::failed_precondition);

  auto both = add_key(folder.path).value();
  auto note = both.sign("text\n");
  EXPECT_EQ(ledger::check_note(note, first.verifiers())->size(), 1U);
  auto second = drop_key(folder.path).value();
  EXPECT_EQ(second.signers.size(), 1U);
  EXPECT_EQ(ledger::check_note(note, second.verifiers())->size(), 1U);
  EXPECT_FALSE(ledger::check_note(second.sign("text\n"), first.verifiers()));

  ::chmod(keys_path(folder.path).c_str(), 0644);
  EXPECT_EQ(load_keys(folder.path).error().code, Code::failed_precondition);
}

TEST(Keys, AFreshOriginIsAName) {
  TemporaryFolder folder;
  auto keys = load_or_create_keys(folder.path, "").value();
  EXPECT_TRUE(ledger::is_key_name(keys.origin())) << keys.origin();
  TemporaryFolder other;
  EXPECT_EQ(load_or_create_keys(other.path, "not a name").error().code, Code::invalid_argument);
  EXPECT_EQ(load_keys(other.path).error().code, Code::not_found);
}

TEST(Checkpoints, FollowTheLedger) {
  Desk desk(3, true);
  auto first = desk.checkpoints->advance().value();
  EXPECT_EQ(first.checkpoint.size, 7U);
  EXPECT_EQ(desk.checkpoints->advance()->bytes(), first.bytes());
  desk.act(30);
  auto second = desk.checkpoints->advance().value();
  EXPECT_EQ(second.checkpoint.size, 67U);
  for (const auto& path : {head_path(desk.folder.path), desk.folder.path + "/second"}) {
    EXPECT_EQ(read_head_file(path, desk.keys())->bytes(), second.bytes());
  }
  EXPECT_TRUE(check_against(desk.ledger->records(), first.checkpoint));
  desk.close();
  desk.open();
  EXPECT_EQ(desk.checkpoints->latest()->bytes(), second.bytes());
}

TEST(Checkpoints, KeepTheSignaturesOfWitnesses) {
  Desk desk(1);
  auto made = desk.checkpoints->advance().value();
  ledger::NoteSigner witness("witness", ledger::KeyKind::cosignature, crypto::SigningKey::generate());
  auto signature = witness.sign(made.note.text, 1'800'000'000);
  ASSERT_TRUE(desk.checkpoints->add_signatures(made.note.text, {signature}));
  ASSERT_TRUE(desk.checkpoints->add_signatures(made.note.text, {signature}));
  auto latest = *desk.checkpoints->latest();
  EXPECT_EQ(latest.note.signatures.size(), 2U);
  EXPECT_EQ(ledger::check_note(latest.note, std::vector{witness.verifier()})->size(), 1U);
  desk.act(1);
  ASSERT_TRUE(desk.checkpoints->advance());
  ASSERT_TRUE(desk.checkpoints->add_signatures(made.note.text, {signature}));  // late: not of this checkpoint
  EXPECT_EQ(desk.checkpoints->latest()->note.signatures.size(), 1U);
}

// Somebody puts yesterday's database back, or one that was made from scratch.
TEST(Checkpoints, RefuseALedgerThatAHeadFileContradicts) {
  namespace fs = std::filesystem;
  Desk desk(20, true);
  desk.close();
  auto keep = [](const std::string& folder, const std::string& as) {
    fs::create_directory(as);
    for (auto file : {"/ledger.db", "/content.keys", "/subject.key"}) fs::copy(folder + file, as + file);
  };
  TemporaryFolder kept;
  keep(desk.folder.path, kept.path + "/backup");
  desk.open();
  desk.act(20);
  ASSERT_TRUE(desk.checkpoints->advance());
  desk.close();
  auto put_back = [&](const std::string& from) {
    for (auto file : {"/ledger.db", "/ledger.db-wal", "/ledger.db-shm", "/content.keys", "/subject.key"})
      fs::remove(desk.folder.path + file);
    for (auto file : {"/ledger.db", "/content.keys", "/subject.key"}) fs::copy(from + file, desk.folder.path + file);
    auto ledger = store::open_sqlite(desk.folder.path).value();
    return Checkpoints::open(ledger->records(), desk.options());
  };
  keep(desk.folder.path, kept.path + "/now");

  auto truncated = put_back(kept.path + "/backup");
  ASSERT_FALSE(truncated.has_value());
  EXPECT_EQ(truncated.error().code, Code::data_loss);
  EXPECT_NE(truncated.error().message.find("truncated"), std::string::npos) << truncated.error().message;

  // The second head file alone finds it too.
  fs::remove(head_path(desk.folder.path));
  EXPECT_EQ(put_back(kept.path + "/backup").error().code, Code::data_loss);

  Desk other(50, true);
  ASSERT_TRUE(other.checkpoints->advance());
  other.close();
  auto forked = put_back(other.folder.path);
  ASSERT_FALSE(forked.has_value());
  EXPECT_NE(forked.error().message.find("forked"), std::string::npos) << forked.error().message;

  // A head file of another key is no evidence, and no reason to go on.
  auto good = put_back(kept.path + "/now");
  EXPECT_TRUE(good.has_value());
  fs::copy(head_path(other.folder.path), head_path(desk.folder.path), fs::copy_options::overwrite_existing);
  EXPECT_FALSE(put_back(kept.path + "/now").has_value());
}

TEST(Receipts, AreThereAtOnce) {
  Desk desk(2);
  auto key = desk.keys();
  for (std::uint64_t seq = 0; seq < 5; ++seq) {
    auto receipt = desk.checkpoints->receipt(seq).value();
    auto proven = ledger::verify_receipt(receipt, key).value();
    EXPECT_EQ(proven.entry.seq, seq);
  }
  EXPECT_EQ(desk.checkpoints->receipt(5).error().code, Code::not_found);
  desk.act(1);
  EXPECT_EQ(ledger::verify_receipt(desk.checkpoints->receipt(6).value(), key)->signed_checkpoint.checkpoint.size, 7U);
}

TEST(Tiles, AddUpElsewhere) {
  Desk desk(400);
  auto checkpoint = desk.checkpoints->advance().value();
  auto out = desk.folder.path + "/tiles";
  auto size = checkpoint.checkpoint.size;
  ASSERT_TRUE(export_tiles(desk.ledger->records(), checkpoint.bytes(), size, out, {}));
  std::uint64_t steps = 0;
  auto verified = verify_tiles(out, desk.keys(), [&](auto, auto) { ++steps; });
  ASSERT_TRUE(verified.has_value()) << verified.error().message;
  EXPECT_EQ(verified->checkpoint.size, 801U);
  EXPECT_EQ(steps, 4U);
  EXPECT_EQ(verify_tiles(out, {}, {}).error().code, Code::permission_denied);
  EXPECT_EQ(export_tiles(desk.ledger->records(), checkpoint.bytes(), size, out, {}).error().code,
            Code::failed_precondition);

  // Every file matters.
  for (const auto& file : std::filesystem::recursive_directory_iterator(out)) {
    if (!file.is_regular_file()) continue;
    auto path = file.path().string();
    auto bytes = read_file(path, 1 << 20).value();
    auto changed = bytes;
    changed[changed.size() / 2] ^= 1;
    ASSERT_TRUE(write_durably(path, changed, 0644));
    EXPECT_FALSE(verify_tiles(out, desk.keys(), {}).has_value()) << path;
    ASSERT_TRUE(write_durably(path, bytes, 0644));
  }
  EXPECT_TRUE(verify_tiles(out, desk.keys(), {}).has_value());
}

TEST(Tiles, AreOnlyThoseOfTheLedger) {
  Desk desk(200);
  auto& records = desk.ledger->records();
  for (const auto& path : ledger::tile_paths(401)) {
    auto bytes = read_tile(records, path, 401);
    ASSERT_TRUE(bytes.has_value()) << format(path);
    if (!path.entries) EXPECT_EQ(bytes->size(), path.width * 32U);
  }
  for (const auto& path : {ledger::TilePath{false, 0, 1, 256}, ledger::TilePath{false, 0, 1, 146},
                           ledger::TilePath{false, 1, 0, 2}, ledger::TilePath{false, 63, 0, 1},
                           ledger::TilePath{true, 0, 2, 1}, ledger::TilePath{false, 0, 999999999999999, 256}}) {
    EXPECT_EQ(read_tile(records, path, 401).error().code, Code::not_found) << format(path);
  }
}

TEST(Growth, IsProvenFromTiles) {
  Desk desk(10);
  auto earlier = desk.checkpoints->advance()->checkpoint;
  desk.act(390);
  auto last = desk.checkpoints->advance().value();
  auto out = desk.folder.path + "/tiles";
  ASSERT_TRUE(export_tiles(desk.ledger->records(), last.bytes(), last.checkpoint.size, out, {}));
  auto subtree = tile_files(out, last.checkpoint.size);
  EXPECT_TRUE(check_growth(earlier, last.checkpoint, subtree));
  EXPECT_TRUE(check_growth(last.checkpoint, earlier, subtree));
  auto forged = earlier;
  forged.root[0] = static_cast<char>(forged.root[0] ^ 1);
  EXPECT_EQ(check_growth(forged, last.checkpoint, subtree).error().code, Code::data_loss);
  EXPECT_EQ(check_growth(forged, earlier, subtree).error().code, Code::data_loss);
  forged = earlier;
  forged.origin = "example.org/other";
  EXPECT_EQ(check_growth(forged, last.checkpoint, subtree).error().code, Code::data_loss);
}

}  // namespace
}  // namespace bw::notary
