// SPDX-License-Identifier: Apache-2.0
// A ledger of a version whose holds kept who might decide within `text` is read, verified, made anew and erased as before.
#include <map>

#include "base/text.h"
#include "ledger/finding.h"
#include "store/sample.h"
#include "store/sqlite/contents.h"
#include "store/sqlite/rows.h"

namespace bw::store {
namespace {

using namespace admission;
using sqlite::Database;

// The contents of a hold as they were then: the list stands before the terms of the request.
ledger::Contents as_before(ledger::Contents contents) {
  std::string text(ledger::content_value(contents.text)), names(ledger::content_value(contents.reviewers));
  auto at = text.find("\"terms\":");
  EXPECT_NE(at, std::string::npos);
  text.insert(at, "\"reviewers\":" + names + ",");
  contents.text = ledger::salt_content(text);
  contents.reviewers.clear();
  return contents;
}

// Writes the entries and contents of a ledger as that version did, and answers what a checkpoint of them would say.
Claim write_as_before(const std::string& folder, std::uint64_t size) {
  auto keys = std::make_shared<const ContentKeys>(ContentKeys::load(folder).value());
  auto database = Database::open(folder + "/ledger.db", Database::Mode::write).value();
  sqlite::ContentSealer sealer(keys);
  ledger::Frontier frontier;
  std::map<std::string, std::string> hashes;  // of leaves, by what they were
  for (std::uint64_t seq = 0; seq < size; ++seq) {
    auto leaf = sqlite::read_leaf(*database, seq).value();
    auto entry = ledger::parse_entry(leaf).value();
    if (!entry.previous.empty()) entry.previous = hashes.at(entry.previous);
    if (entry.kind == ledger::Kind::hold) {
      auto contents = as_before(sqlite::read_salted_contents(*database, keys.get(), seq).value());
      entry.commitments = ledger::commit(contents);
      EXPECT_TRUE(put_contents(*database, seq, sealer.seal(seq, contents)).has_value());
    }
    auto written = ledger::encode(entry).value();
    EXPECT_EQ(written.find("reviewers"), std::string::npos);
    auto& update = database->prepared("UPDATE entries SET leaf = ? WHERE seq = ?");
    EXPECT_TRUE(update.run(sqlite::Blob{written}, seq).has_value());
    frontier.append(ledger::leaf_hash(written));
    hashes[to_hex(crypto::view(ledger::leaf_hash(leaf)))] = to_hex(crypto::view(ledger::leaf_hash(written)));
  }
  return {"a checkpoint", size, std::string(crypto::view(frontier.root()))};
}

void forget_the_columns(const std::string& folder) {
  auto database = Database::open(folder + "/ledger.db", Database::Mode::write).value();
  ASSERT_TRUE(database
                  ->execute("ALTER TABLE contents DROP COLUMN reviewers; ALTER TABLE erasures DROP COLUMN reviewers;"
                            "DELETE FROM migrations WHERE version > 5")
                  .has_value());
}

class Older : public testing::Test {
 protected:
  Backend backend{true};
  FakeClock clock{noon};
  Claim claim;
  std::string ticket;

  void SetUp() override {
    {
      auto admission = Admission::open(backend.store(), clock, {}).value();
      ticket = admission->commit(make_hold("act_1"))->ticket->id;
      ASSERT_TRUE(admission->commit(Decide{ticket, false, "maya", "no"}).has_value());
      ASSERT_TRUE(admission->commit(make_hold("act_2")).has_value());
    }
    auto size = backend.records().head()->size;
    backend.close();
    claim = write_as_before(backend.folder(), size);
    auto made = rebuild(backend.folder(), {}, {claim});
    ASSERT_TRUE(made.has_value()) << made.error().message;
    forget_the_columns(backend.folder());
    backend.reopen();
  }
  void expect_whole() {
    backend.close();
    auto verified = verify(backend.folder(), {}, {claim});
    EXPECT_TRUE(verified.has_value()) << verified.error().message;
  }
  void change(const std::string& sql) {
    auto database = Database::open(backend.folder() + "/ledger.db", Database::Mode::write).value();
    ASSERT_TRUE(database->execute(sql).has_value()) << sql;
  }
};

TEST_F(Older, HasItsReviewersAndIsVerified) {
  EXPECT_EQ(backend.records().ticket(ticket)->row.reviewers, std::vector<std::string>{"maya"});
  expect_whole();
  change("UPDATE tickets SET reviewers = '[\"mallory\"]'");
  EXPECT_EQ(ledger::finding_of(verify(backend.folder(), {}, {claim}).error()), "changed_projection");
  change("UPDATE entries SET leaf = CAST(replace(CAST(leaf AS TEXT), '\"by\":\"maya\"', '\"by\":\"noah\"') AS BLOB)");
  EXPECT_EQ(ledger::finding_of(verify(backend.folder(), {}, {claim}).error()), "forged_approval");
}

TEST_F(Older, LosesItsReviewersWithTheText) {
  ledger::Fields request;
  request.add(ledger::Field::text);
  auto admission = Admission::open(backend.store(), clock, {}).value();
  ASSERT_TRUE(admission->commit(Erase{.targets = {{"act_1", request}}, .by = "maya", .reason = "asked"}).has_value());
  EXPECT_TRUE(backend.records().ticket(ticket)->row.reviewers.empty());
  auto fresh = admission->commit(make_hold("act_3"))->ticket->id;  // with a content of its own
  admission.reset();
  EXPECT_EQ(backend.records().ticket(fresh)->row.reviewers, std::vector<std::string>{"maya"});
  expect_whole();
  auto made = rebuild(backend.folder(), {}, {claim});
  EXPECT_TRUE(made.has_value()) << made.error().message;
  backend.reopen();
  EXPECT_TRUE(backend.records().ticket(ticket)->row.reviewers.empty());
  expect_whole();
}

}  // namespace
}  // namespace bw::store
