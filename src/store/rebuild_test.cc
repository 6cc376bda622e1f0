// SPDX-License-Identifier: Apache-2.0
#include "ledger/finding.h"
#include "store/sample.h"
#include "store/workload.h"

namespace bw::store {
namespace {

// Every table that follows from the entries, as text. Rows of meters that count nothing may be there or not, and the limit
// of a meter is for display.
std::string tables(const std::string& folder) {
  auto database = sqlite::Database::open(folder + "/ledger.db", sqlite::Database::Mode::read).value();
  std::string out;
  for (std::string table :
       {"actions", "ambiguous", "runs", "tickets", "switches", "erasures", "subjects", "retention", "legal_holds",
        "tokens", "revoked_agents", "snapshots", "pins", "counts", "tiles", "head", "entries", "contents"}) {
    sqlite::Statement rows(database->handle(), "SELECT * FROM " + table + " ORDER BY 1, 2");
    while (rows.next().value()) {
      out += table;
      for (int i = 0; i < rows.columns(); ++i) out += '|' + rows.text(i);
      out += '\n';
    }
  }
  return out;
}

TEST(Rebuild, MakesTheTablesThatTheServerMade) {
  using namespace admission;
  for (unsigned seed = 200; seed < 203; ++seed) {
    Backend backend(true);
    FakeClock clock(noon);
    Workload workload(seed);
    {
      auto admission = Admission::open(backend.store(), clock, {}).value();
      for (int i = 0; i < 400; ++i) {
        clock.advance_ms(workload.below(600));
        auto change = workload.next();
        auto result = admission->commit(change);
        workload.learn(change, result);
      }
    }
    auto head = backend.records().head().value();
    EXPECT_EQ(rebuild(backend.folder(), {}, {}).error().code, Code::failed_precondition);  // in use
    backend.close();
    auto live = tables(backend.folder());
    {
      auto database = sqlite::Database::open(backend.folder() + "/ledger.db", sqlite::Database::Mode::write).value();
      ASSERT_TRUE(database->execute(
          "DELETE FROM actions; DELETE FROM switches; UPDATE tickets SET state = 'approved';"
          "DELETE FROM meters; DELETE FROM tiles; DELETE FROM subjects; DELETE FROM retention; UPDATE runs SET admitted = 0"));
    }
    auto made = rebuild(backend.folder(), {}, {{"a checkpoint", head.size, head.root}});
    ASSERT_TRUE(made.has_value()) << "seed " << seed << ": " << made.error().message;
    EXPECT_EQ(*made, head.size);
    EXPECT_TRUE(tables(backend.folder()) == live) << "seed " << seed;
    auto verified = verify(backend.folder(), {});  // the meters too
    EXPECT_TRUE(verified.has_value()) << "seed " << seed << ": " << verified.error().message;
  }
}

// It must not turn a tampered ledger into one that adds up.
TEST(Rebuild, RefusesEntriesThatNobodyVouchesFor) {
  Sample sample(5);
  auto before = tables(sample.backend.folder());
  auto forged = sample.claim;
  forged.root[0] = static_cast<char>(forged.root[0] ^ 1);
  EXPECT_EQ(ledger::finding_of(rebuild(sample.backend.folder(), {}, {forged}).error()), "forked");
  auto longer = sample.claim;
  ++longer.size;
  EXPECT_EQ(ledger::finding_of(rebuild(sample.backend.folder(), {}, {longer}).error()), "truncated");
  EXPECT_TRUE(tables(sample.backend.folder()) == before);
  {
    auto database =
        sqlite::Database::open(sample.backend.folder() + "/ledger.db", sqlite::Database::Mode::write).value();
    ASSERT_TRUE(database->execute("DELETE FROM entries WHERE seq = 9"));
  }
  EXPECT_EQ(ledger::finding_of(rebuild(sample.backend.folder(), {}, {}).error()), "missing");
}

}  // namespace
}  // namespace bw::store
