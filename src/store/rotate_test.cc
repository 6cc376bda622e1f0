// SPDX-License-Identifier: Apache-2.0
// The key of contents is exchanged without losing one of them, wherever it is cut off.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "base/log.h"
#include "base/text.h"
#include "store/content_keys.h"
#include "store/residue.h"
#include "store/sample.h"
#include "store/testing.h"

namespace bw::store {
namespace {

using namespace admission;
namespace fs = std::filesystem;

// A closed ledger with contents for several pieces of work.
struct Archive {
  Backend backend{true};
  std::uint64_t contents = 0;
  std::map<std::uint64_t, std::string> wrapped;
  ContentKey key;

  Archive() {
    constexpr int actions = 2600;
    FakeClock clock(noon);
    auto admission = Admission::open(backend.store(), clock, {}).value();
    auto submit = [&](Change change) {
      auto taken = admission->submit(std::move(change), [](const Result<Committed>& r) { EXPECT_TRUE(r.has_value()); });
      EXPECT_TRUE(taken.has_value());
    };
    for (int i = 0; i < actions; ++i) {
      auto admit = make_admit(id_of(i));
      if (i % 50 == 0) admit.action.arguments = "{\"long\":\"" + std::string(9000, 'x') + "\"}";  // on pages of its own
      submit(admit);
    }
    for (int i = 0; i < actions; ++i) submit(make_settle(id_of(i)));
    admission->stop();
    admission.reset();
    backend.close();
    contents = verify(folder(), {})->contents;
    wrapped = wrapped_keys(folder());
    key = ContentKeys::load(folder())->newest();
  }
  static std::string id_of(int i) { return "act_" + std::to_string(10'000 + i); }
  const std::string& folder() const { return backend.folder(); }
};

const Archive& archive() {
  static const Archive made;
  return made;
}

struct Copy {
  TemporaryFolder folder{memory_folder()};
  Copy() { copy_ledger(archive().folder(), folder.path); }
  const std::string& path() const { return folder.path; }
};

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void expect_rotated(const std::string& folder, std::uint64_t contents) {
  auto keys = ContentKeys::load(folder);
  ASSERT_TRUE(keys.has_value()) << keys.error().message;
  EXPECT_EQ(keys->all().size(), 1U);
  EXPECT_NE(keys->newest().id, archive().key.id);
  EXPECT_EQ(text_of(content_keys_path(folder)).find(to_hex(archive().key.bytes)), std::string::npos);
  auto left = found_in(folder, archive().wrapped);
  EXPECT_TRUE(left.empty()) << left.size() << " keys of rows are still there under the old one";
  auto verified = verify(folder, {});
  ASSERT_TRUE(verified.has_value()) << verified.error().message;
  EXPECT_EQ(verified->contents, contents);
}

TEST(Rotation, PutsAllContentsUnderAFreshKeyInTheirPlace) {
  Copy copy;
  auto size = fs::file_size(copy.path() + "/ledger.db");
  ASSERT_GE(found_in(copy.path(), archive().wrapped).size(), archive().wrapped.size());  // so it does look
  std::uint64_t last = 0, end = 0;
  auto done = rotate_content_keys(copy.path(), [&](std::uint64_t at, std::uint64_t of) {
    EXPECT_GE(at, last);
    last = at;
    end = of;
  });
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(done->entries, archive().wrapped.size());
  EXPECT_FALSE(done->went_on);
  EXPECT_EQ(done->dropped, std::vector{id_text(archive().key.id)});
  EXPECT_EQ(done->fresh, id_text(ContentKeys::load(copy.path())->newest().id));
  EXPECT_EQ(last, end);
  EXPECT_EQ(end, archive().wrapped.rbegin()->first + 1);
  expect_rotated(copy.path(), archive().contents);
  EXPECT_EQ(fs::file_size(copy.path() + "/ledger.db"), size);
  EXPECT_EQ(fs::file_size(copy.path() + "/ledger.db-wal"), 0U);
}

// A process that ends between the steps: at the `n`th word of progress. Whether it came that far.
bool cut_at(const std::string& folder, int n) {
  auto child = ::fork();
  EXPECT_GE(child, 0);
  if (child == 0) {
    auto done = rotate_content_keys(folder, [&](std::uint64_t, std::uint64_t) {
      if (--n == 0) ::_exit(7);
    });
    ::_exit(done ? 0 : 1);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 7)) << status;
  return WEXITSTATUS(status) == 7;
}

TEST(Rotation, CutOffBetweenAnyTwoStepsLosesNothingAndGoesOn) {
  log::set_level(log::Level::error);  // each start says that the rotation is not finished
  int cuts = 0;
  for (;; ++cuts) {
    SCOPED_TRACE(fmt::format("cut at {}", cuts + 1));
    Copy copy;
    if (!cut_at(copy.path(), cuts + 1)) break;
    EXPECT_EQ(ContentKeys::load(copy.path())->all().size(), 2U);
    auto contents = archive().contents;
    {  // it can be served as it is, and what is written goes under the fresh key
      auto ledger = open_sqlite(copy.path());
      ASSERT_TRUE(ledger.has_value()) << ledger.error().message;
      FakeClock clock(noon);
      auto admission = Admission::open((*ledger)->store(), clock, {}).value();
      auto admit = make_admit("act_99999");
      ASSERT_TRUE(admission->commit(admit).has_value());
      contents += 2;
      EXPECT_EQ((*ledger)->records().action("act_99999")->contents.at(0).args, admit.action.arguments);
      EXPECT_NE((*ledger)->records().action(Archive::id_of(0))->contents.at(0).args, "");
    }
    auto verified = verify(copy.path(), {});
    ASSERT_TRUE(verified.has_value()) << verified.error().message;
    EXPECT_EQ(verified->contents, contents);
    auto done = rotate_content_keys(copy.path());
    ASSERT_TRUE(done.has_value()) << done.error().message;
    EXPECT_TRUE(done->went_on);
    expect_rotated(copy.path(), contents);
  }
  EXPECT_GE(cuts, 7);  // three pieces, and the steps around them
  log::set_level(log::Level::info);
}

TEST(Rotation, IsRefusedWhileTheLedgerIsInUse) {
  Copy copy;
  {
    auto ledger = open_sqlite(copy.path()).value();
    auto refused = rotate_content_keys(copy.path());
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Code::failed_precondition);
    EXPECT_NE(refused.error().message.find("stop it first"), std::string::npos) << refused.error().message;
    EXPECT_EQ(ContentKeys::load(copy.path())->all().size(), 1U);
  }
  {
    auto reader = sqlite::Database::open(copy.path() + "/ledger.db", sqlite::Database::Mode::read).value();
    ASSERT_TRUE(reader->execute("BEGIN; SELECT count(*) FROM head").has_value());
    auto refused = rotate_content_keys(copy.path());
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Code::failed_precondition);
    EXPECT_NE(refused.error().message.find("rotate again"), std::string::npos) << refused.error().message;
    EXPECT_EQ(ContentKeys::load(copy.path())->all().size(), 2U);
  }
  auto done = rotate_content_keys(copy.path());
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_TRUE(done->went_on);
  EXPECT_EQ(done->entries, 0U);
  expect_rotated(copy.path(), archive().contents);
}

TEST(Rotation, NamesTheEntryWhoseKeyWasChangedAndKeepsTheOldKey) {
  Copy copy;
  auto seq = std::next(archive().wrapped.begin(), 3000)->first;
  {
    auto database = sqlite::Database::open(copy.path() + "/ledger.db", sqlite::Database::Mode::write).value();
    ASSERT_TRUE(
        database->execute(fmt::format("UPDATE contents SET key = zeroblob(60) WHERE entry = {}", seq)).has_value());
  }
  auto refused = rotate_content_keys(copy.path());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::data_loss);
  EXPECT_NE(refused.error().message.find(fmt::format("entry {}", seq)), std::string::npos) << refused.error().message;
  EXPECT_NE(ContentKeys::load(copy.path())->find(archive().key.id), nullptr);
}

TEST(Rotation, NeedsALedgerWithItsKeys) {
  TemporaryFolder nothing;
  EXPECT_FALSE(rotate_content_keys(nothing.path).has_value());
  EXPECT_FALSE(fs::exists(nothing.path + "/ledger.db"));
  Copy copy;
  fs::remove(content_keys_path(copy.path()));
  auto refused = rotate_content_keys(copy.path());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::failed_precondition);
  EXPECT_NE(refused.error().message.find("put back the file"), std::string::npos) << refused.error().message;
  EXPECT_FALSE(fs::exists(content_keys_path(copy.path())));
}

}  // namespace
}  // namespace bw::store
