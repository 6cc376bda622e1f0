// SPDX-License-Identifier: Apache-2.0
// Contents are secret at rest, and who lost their keys is told so.
#include "store/sqlite/contents.h"

#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "base/durable_file.h"
#include "store/sample.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/subjects.h"

namespace bw::store {
namespace {

namespace fs = std::filesystem;
using sqlite::Database;

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The files in which a ledger leaves anything.
bool holds(const std::string& folder, std::string_view text) {
  for (const auto& file : fs::directory_iterator(folder)) {
    if (bytes_of(file.path()).find(text) != std::string::npos) return true;
  }
  return false;
}

constexpr const char* secret = "4929-1234-5678-9012";

// A ledger with one action whose arguments, result and reason are the secret.
struct Desk {
  Backend backend{true};
  std::uint64_t intent = 0;

  Desk() {
    FakeClock clock(noon);
    auto admission = admission::Admission::open(backend.store(), clock, {}).value();
    auto admit = make_admit("act_1");
    admit.action.arguments = std::string(R"({"card":")") + secret + "\"}";
    intent = admission->commit(admit).value().seq;
    auto settle = make_settle("act_1");
    settle.result = admit.action.arguments;
    settle.error_text = secret;
    EXPECT_TRUE(admission->commit(settle).has_value());
  }
  const std::string& folder() const { return backend.folder(); }
};

TEST(Contents, NothingOfThemStandsInAnyFile) {
  Desk desk;
  EXPECT_FALSE(holds(desk.folder(), secret));
  EXPECT_TRUE(holds(desk.folder(), "act_1"));  // so it did look
  desk.backend.close();
  EXPECT_FALSE(holds(desk.folder(), secret));
  desk.backend.reopen();
  auto contents = desk.backend.records().contents(desk.intent).value();
  EXPECT_EQ(contents.args, std::string(R"({"card":")") + secret + "\"}");
  auto outcome = desk.backend.records().contents(desk.intent + 1).value();
  EXPECT_EQ(outcome.why, secret);
}

TEST(Contents, TheFileOfKeysIsPrivateAndMustBeThere) {
  Desk desk;
  desk.backend.close();
  auto path = content_keys_path(desk.folder());
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  auto id = id_text(ContentKeys::load(desk.folder()).value().newest().id);
  fs::rename(path, path + ".away");

  auto start = open_sqlite(desk.folder());
  ASSERT_FALSE(start.has_value());
  EXPECT_EQ(start.error().code, Code::failed_precondition);
  EXPECT_NE(start.error().message.find("has no key " + id), std::string::npos) << start.error().message;
  EXPECT_NE(start.error().message.find("put back the file"), std::string::npos) << start.error().message;
  EXPECT_FALSE(fs::exists(path));  // a new one would hide that the old one is lost

  Desk other;
  fs::copy(content_keys_path(other.folder()), path);
  EXPECT_EQ(open_sqlite(desk.folder()).error().code, Code::failed_precondition);
  EXPECT_EQ(verify(desk.folder(), {}).error().code, Code::failed_precondition);
  fs::permissions(path, fs::perms::group_read, fs::perm_options::add);
  EXPECT_NE(open_sqlite(desk.folder()).error().message.find("chmod 600"), std::string::npos);
  fs::remove(path);
  ASSERT_TRUE(write_durably(path, "key 12\n", 0600).has_value());
  EXPECT_NE(open_sqlite(desk.folder()).error().message.find("content.keys:1: expected 64 hex digits"),
            std::string::npos);

  fs::rename(path + ".away", path);
  EXPECT_TRUE(open_sqlite(desk.folder()).has_value());
}

TEST(Contents, WithoutKeysEverythingElseIsReadAndVerified) {
  Sample sample(5);
  const auto& folder = sample.backend.folder();
  auto whole = verify(folder, {}).value();
  EXPECT_EQ(whole.sealed, 0U);
  fs::remove(content_keys_path(folder));
  auto blind = verify(folder, {}, {sample.claim});
  ASSERT_TRUE(blind.has_value()) << blind.error().message;
  EXPECT_EQ(blind->contents, 0U);
  EXPECT_EQ(blind->sealed, whole.contents);
  EXPECT_EQ(blind->root, whole.root);

  auto records = open_sqlite_records(folder).value();
  EXPECT_EQ(records->actions({})->actions.size(), 10U);
  auto contents = records->contents(sample.entry_with("\"intent\"", "act_101"));
  ASSERT_FALSE(contents.has_value());
  EXPECT_EQ(contents.error().code, Code::failed_precondition);
  EXPECT_NE(contents.error().message.find("not in content.keys"), std::string::npos);
  auto nothing = rebuild(folder, {}, {sample.claim});
  EXPECT_EQ(nothing.error().code, Code::failed_precondition);  // who may decide a ticket stands in a content

  auto intent = sample.entry_with("\"intent\"", "act_101");
  auto change = [&](const std::string& sql) {
    auto database = Database::open(folder + "/ledger.db", Database::Mode::write).value();
    ASSERT_TRUE(database->execute(sql).has_value()) << sql;
  };
  change("UPDATE contents SET why = args WHERE entry = " + std::to_string(intent));
  EXPECT_NE(verify(folder, {}).error().message.find("[swapped_content]"), std::string::npos);
  change("UPDATE contents SET why = NULL, args = NULL WHERE entry = " + std::to_string(intent));
  EXPECT_NE(verify(folder, {}).error().message.find("[missing_content]"), std::string::npos);
}

// The key of an entry's contents as it is kept, and everything else of its row.
std::string row_of(const std::string& folder, std::uint64_t seq) {
  auto database = Database::open(folder + "/ledger.db", Database::Mode::read).value();
  auto& select = database->prepared("SELECT key, args, out FROM contents WHERE entry = ?");
  select.begin(seq);
  EXPECT_TRUE(select.next().value());
  return select.text(0);
}

ledger::Fields only(ledger::Field field) {
  ledger::Fields out;
  out.add(field);
  return out;
}

TEST(Contents, OfWhatIsErasedNothingStaysInAnyFile) {
  Desk desk;
  auto key = row_of(desk.folder(), desk.intent), outcome_key = row_of(desk.folder(), desk.intent + 1);
  ASSERT_TRUE(holds(desk.folder(), key));
  std::uint64_t erased = 0;
  {
    FakeClock clock(noon);
    auto admission = admission::Admission::open(desk.backend.store(), clock, {.stepped = true}).value();
    auto change = [&](admission::Change what) {
      std::optional<Result<admission::Committed>> got;
      EXPECT_TRUE(admission->submit(std::move(what), [&](auto result) { got = std::move(result); }));
      while (!got) admission->step();
      return got->value();
    };
    erased =
        change(admission::Erase{.targets = {{"act_1", only(ledger::Field::args)}, {"act_1", only(ledger::Field::out)}},
                                .by = "maya",
                                .reason = "asked for"})
            .seq;
    while (desk.backend.store().tend(true, noon).value()) continue;
  }
  EXPECT_FALSE(holds(desk.folder(), key));
  EXPECT_FALSE(holds(desk.folder(), outcome_key));  // it could open, in an old copy, the result that is erased
  auto record = desk.backend.records().action("act_1").value();
  using admission::ContentState;
  auto state = [&](std::size_t i, ledger::Field field) {
    return state_of(record.entries[i].entry, record.contents[i], field);
  };
  EXPECT_EQ(state(0, ledger::Field::args), ContentState::erased);
  EXPECT_EQ(record.contents[0].erased_by[0], erased);
  EXPECT_EQ(state(0, ledger::Field::checks), ContentState::present);
  EXPECT_EQ(state(0, ledger::Field::out), ContentState::absent);
  EXPECT_EQ(state(1, ledger::Field::out), ContentState::erased);
  EXPECT_EQ(record.contents[1].why, secret);
  desk.backend.close();
  EXPECT_FALSE(holds(desk.folder(), key));
  auto verified = verify(desk.folder(), {});
  ASSERT_TRUE(verified.has_value()) << verified.error().message;
  EXPECT_EQ(verified->erased, 2U);
  ASSERT_TRUE(rebuild(desk.folder(), {}, {}).has_value());
  EXPECT_TRUE(verify(desk.folder(), {}).has_value());
}

// Whom contents speak of is found by the key in the data folder, and by nothing else.
TEST(Contents, TheSubjectsKeyIsPrivateAndCanBeMadeAnew) {
  Desk desk;
  constexpr const char* somebody = "customer-4711";
  {
    FakeClock clock(noon);
    auto admission = admission::Admission::open(desk.backend.store(), clock, {}).value();
    auto admit = make_admit("act_2");
    admit.action.subjects = {somebody};
    ASSERT_TRUE(admission->commit(admit).has_value());
    ASSERT_TRUE(admission->commit(make_settle("act_2")).has_value());
  }
  desk.backend.close();
  EXPECT_FALSE(holds(desk.folder(), somebody));
  auto path = sqlite::subject_key_path(desk.folder());
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);

  auto key = bytes_of(path);
  Desk other;
  for (auto wrong : {std::string(), bytes_of(sqlite::subject_key_path(other.folder())), key + key.substr(0, 5),
                     key + bytes_of(sqlite::subject_key_path(other.folder()))}) {
    fs::remove(path);
    if (!wrong.empty()) ASSERT_TRUE(write_durably(path, wrong, 0600).has_value());
    auto start = open_sqlite(desk.folder());
    ASSERT_FALSE(start.has_value());
    EXPECT_NE(start.error().message.find("subject.key"), std::string::npos) << start.error().message;
  }
  fs::remove(path);
  auto blind = verify(desk.folder(), {});  // the rows are counted
  ASSERT_TRUE(blind.has_value()) << blind.error().message;
  EXPECT_EQ(open_sqlite_records(desk.folder()).value()->actions_of_subject(somebody, 0, 9).error().code,
            Code::failed_precondition);
  ASSERT_TRUE(rebuild(desk.folder(), {}, {}).has_value());
  EXPECT_NE(bytes_of(path), key);
  ASSERT_TRUE(verify(desk.folder(), {}).has_value());
  desk.backend.reopen();
  EXPECT_EQ(desk.backend.records().actions_of_subject(somebody, 0, 9)->actions, std::vector<std::string>{"act_2"});
}

// What the first version of the file held: contents in the clear.
void make_old(const std::string& folder) {
  auto keys = ContentKeys::load(folder).value();
  auto database = Database::open(folder + "/ledger.db", Database::Mode::write).value();
  ASSERT_TRUE(database->execute("PRAGMA secure_delete=ON").has_value());
  auto& select = database->prepared("SELECT " BW_CONTENT_COLUMNS ", entry FROM contents");
  auto& update =
      database->prepared("UPDATE contents SET args = ?, out = ?, why = ?, checks = ?, text = ? WHERE entry = ?");
  auto blob = [](const std::string& bytes) {
    return bytes.empty() ? std::nullopt : std::optional(sqlite::Blob{bytes});
  };
  select.begin();
  std::vector<std::pair<std::uint64_t, ledger::Contents>> rows;
  while (select.next().value())
    rows.emplace_back(select.number(9), open_contents(&keys, select.number(9), select).value());
  for (const auto& [seq, c] : rows)
    ASSERT_TRUE(update.run(blob(c.args), blob(c.out), blob(c.why), blob(c.checks), blob(c.text), seq).has_value());
  ASSERT_TRUE(
      database
          ->execute(
              "DROP TABLE retention; DROP TABLE subjects; ALTER TABLE contents DROP COLUMN subject;"
              "ALTER TABLE contents DROP COLUMN reviewers;"
              "ALTER TABLE contents DROP COLUMN under; ALTER TABLE contents DROP COLUMN key;"
              "DROP TABLE content_keys; DROP TABLE erasures; DROP TABLE legal_holds; DELETE FROM migrations WHERE version > 1")
          .has_value());
  database->want_empty_log();
  ASSERT_TRUE(database->empty_log().value());
  fs::remove(content_keys_path(folder));
  fs::remove(sqlite::subject_key_path(folder));
}

TEST(Contents, ThoseOfAnOlderVersionAreSealedAtStart) {
  Desk desk;
  desk.backend.close();
  make_old(desk.folder());
  ASSERT_TRUE(holds(desk.folder(), secret));
  EXPECT_NE(verify(desk.folder(), {}).error().message.find("start the server once"), std::string::npos);

  desk.backend.reopen();
  while (desk.backend.store().tend(true, noon).value()) continue;
  EXPECT_FALSE(holds(desk.folder(), secret));
  EXPECT_EQ(desk.backend.records().contents(desk.intent + 1)->why, secret);
  EXPECT_TRUE(fs::exists(sqlite::subject_key_path(desk.folder())));
  desk.backend.close();
  EXPECT_FALSE(holds(desk.folder(), secret));
  auto verified = verify(desk.folder(), {});
  ASSERT_TRUE(verified.has_value()) << verified.error().message;
  EXPECT_EQ(verified->contents, 4U);
}

}  // namespace
}  // namespace bw::store
