// SPDX-License-Identifier: Apache-2.0
// What somebody with the file could do to the meaning of a ledger, and the word by which verification names each.
#include <fmt/core.h>

#include "ledger/finding.h"
#include "store/sample.h"

namespace bw::store {
namespace {

using ledger::Finding;

struct Tampering {
  const char* what;
  std::string sql;
  Finding finding;
};

std::string rewrite(std::uint64_t seq, const std::string& from, const std::string& to) {
  return fmt::format("UPDATE entries SET leaf = CAST(replace(CAST(leaf AS TEXT), '{}', '{}') AS BLOB) WHERE seq = {}",
                     from, to, seq);
}

std::vector<Tampering> tamperings(const Sample& sample) {
  auto intent = [&](const std::string& id) { return sample.entry_with("\"intent\"", '"' + id + '"'); };
  auto outcome = [&](const std::string& id) { return sample.entry_with("\"outcome\"", '"' + id + '"'); };
  auto decision = sample.entry_with("\"decision\"");
  auto second_hold = sample.entry_with("\"hold\"", "act_902");
  auto ticket_of = [&](const std::string& id) {
    auto database =
        sqlite::Database::open(sample.backend.folder() + "/ledger.db", sqlite::Database::Mode::read).value();
    auto& select = database->prepared("SELECT ticket FROM tickets WHERE action = ?");
    select.begin(id);
    EXPECT_TRUE(select.next().value());
    return select.text(0);
  };
  auto last = sample.claim.size - 1;
  return {
      {"drop an entry", "DELETE FROM entries WHERE seq = 7", Finding::missing},
      {"drop one and close the gap",
       "DELETE FROM entries WHERE seq = 7; UPDATE entries SET seq = seq - 1 WHERE seq > 7", Finding::reordered},
      {"reorder two",
       "UPDATE entries SET seq = -1 WHERE seq = 5; UPDATE entries SET seq = 5 WHERE seq = 6; "
       "UPDATE entries SET seq = 6 WHERE seq = -1",
       Finding::reordered},
      {"replace one that others follow", rewrite(intent("act_101"), "refund-agent", "refund-agenT"),
       Finding::broken_chain},
      {"replace one that nothing follows", rewrite(sample.entry_with("\"apply\""), "maya", "noah"), Finding::forked},
      {"cut the end off", fmt::format("DELETE FROM entries WHERE seq >= {0}; UPDATE head SET size = {0}", last - 1),
       Finding::truncated},
      {"repeat the last entry", "INSERT INTO entries SELECT max(seq) + 1, leaf FROM entries", Finding::reordered},
      {"backdate", rewrite(intent("act_102"), "08:00:0", "07:00:0"), Finding::backdated},
      {"put other arguments beside an entry",
       fmt::format("UPDATE contents SET args = (SELECT args FROM contents WHERE entry = {}) WHERE entry = {}",
                   intent("act_102"), intent("act_101")),
       Finding::swapped_content},
      {"remove arguments", fmt::format("UPDATE contents SET args = NULL WHERE entry = {}", intent("act_101")),
       Finding::missing_content},
      {"erase, and say so in the table alone",
       fmt::format(
           "DELETE FROM contents WHERE entry = {0}; INSERT INTO erasures (entry, args, checks) VALUES ({0}, {1}, {1})",
           intent("act_101"), sample.entry_with("\"erase\"")),
       Finding::changed_projection},
      {"erase, and say it of an entry that erased something else",
       fmt::format(
           "DELETE FROM contents WHERE entry = {0}; INSERT INTO erasures (entry, args, checks) VALUES ({0}, 0, 0)",
           intent("act_101")),
       Finding::changed_projection},
      {"keep what was erased",
       fmt::format(
           "INSERT INTO contents SELECT {}, args, out, why, checks, text, key, under, subject, reviewers FROM contents WHERE entry = {}",
           intent("act_100"), intent("act_101")),
       Finding::kept_content},
      {"forget an erasure", "DELETE FROM erasures", Finding::missing_content},
      {"hide whom contents speak of", "DELETE FROM subjects", Finding::changed_projection},
      {"exchange whom contents speak of", "UPDATE subjects SET subject = randomblob(32)", Finding::changed_projection},
      {"hide what is to expire", "DELETE FROM retention", Finding::changed_projection},
      {"expire what was not recorded so",
       fmt::format("INSERT INTO retention VALUES ('short', 1000, {})", intent("act_101")), Finding::changed_projection},
      {"expire contents of another class", rewrite(sample.entry_with("\"expired\""), "\"short\"", "\"other\""),
       Finding::forbidden_erasure},
      {"expire contents before the time that was recorded",
       rewrite(sample.entry_with("\"expired\""), "\"short\",1000", "\"short\",1"), Finding::forbidden_erasure},
      {"find contents by somebody else",
       fmt::format("INSERT INTO subjects SELECT {}, subject FROM subjects", intent("act_101")),
       Finding::changed_projection},
      {"erase what is under a legal hold",
       rewrite(sample.entry_with("\"legal_hold\""), "workflow:lawsuit", "workflow:refunds"),
       Finding::forbidden_erasure},
      {"erase more than the tables say",
       rewrite(sample.entry_with("\"erase\""), fmt::format("[[{0},{1}]]", intent("act_100"), outcome("act_100")),
               fmt::format("[[{0},{1}]]", intent("act_100"), outcome("act_101"))),
       Finding::kept_content},
      {"erase a declared text",
       rewrite(sample.entry_with("\"erase\""), fmt::format("[[{0},{1}]]", intent("act_100"), outcome("act_100")),
               fmt::format("[[{0},{0}]]", sample.entry_with("\"apply\""))),
       Finding::forbidden_erasure},
      {"say another candidate's state", rewrite(sample.entry_with("\"shadow\""), "started", "startled"),
       Finding::malformed},
      {"exchange a candidate",
       fmt::format("UPDATE contents SET text = (SELECT text FROM contents WHERE entry = {}) WHERE entry = {}",
                   sample.entry_with("\"apply\""), sample.entry_with("\"shadow\"")),
       Finding::swapped_content},
      {"say other versions of the tables", "UPDATE migrations SET version = 0 WHERE version = 1",
       Finding::damaged_file},
      {"lift a legal hold in the table alone", "UPDATE legal_holds SET on_ = 0", Finding::changed_projection},
      {"forge an approval: another decider", rewrite(decision, "\"by\":\"maya\"", "\"by\":\"mallory\""),
       Finding::forged_approval},
      {"forge an approval: none was given", rewrite(intent("act_990"), "\"verdict\":\"allow\"", "\"verdict\":\"hold\""),
       Finding::forged_approval},
      {"use an approval twice", rewrite(intent("act_902"), ticket_of("act_902"), ticket_of("act_901")),
       Finding::reused_approval},
      {"reopen a ticket", rewrite(second_hold, ticket_of("act_902"), ticket_of("act_901")), Finding::impossible_ticket},
      {"act past a kill switch", rewrite(sample.entry_with("\"switch\""), "agent:other", "agent:refund-agent"),
       Finding::past_switch},
      {"act past a revocation", rewrite(sample.entry_with("\"revoked\""), "\"ag\":\"b\"", "\"ag\":\"refund-agent\""),
       Finding::past_revocation},
      {"act past a deny", rewrite(intent("act_990"), "\"verdict\":\"allow\"", "\"verdict\":\"deny\""),
       Finding::past_policy},
      {"repeat what was ambiguous", rewrite(intent("act_990"), "digest of act_990", "digest of act_103"),
       Finding::past_ambiguity},
      {"spend over a limit", rewrite(intent("act_104"), ",1000,3600000]", ",2,3600000]"), Finding::over_limit},
      {"settle an action twice", rewrite(outcome("act_102"), "act_102", "act_101"), Finding::false_outcome},
      {"call the stop a start", rewrite(last, "\"k\":\"stop\"", "\"k\":\"start\""), Finding::forked},
      {"write what no writer writes", rewrite(4, "{\"v\":1", "{ \"v\":1"), Finding::malformed},
      {"count less in the head", "UPDATE head SET size = size - 1", Finding::surplus},
      {"exchange stored hashes", "UPDATE tiles SET hashes = zeroblob(8192)", Finding::changed_tile},
      {"approve in the table alone", "UPDATE tickets SET state = 'approved' WHERE state = 'held'",
       Finding::changed_projection},
      {"clear a switch in the table alone", "UPDATE switches SET on_ = 0", Finding::changed_projection},
      {"spend less in the table alone", "DELETE FROM meters", Finding::changed_projection},
      {"number the head otherwise, so that the next commit makes a second one",
       "PRAGMA ignore_check_constraints = 1; UPDATE head SET one = 2", Finding::changed_head},
      {"declare a table in bytes that are no text",
       "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = CAST(sql AS BLOB) WHERE name = 'counts'",
       Finding::damaged_file},
      {"drop an index", "DROP INDEX runs_by_time", Finding::damaged_file},
  };
}

TEST(Tampering, EachKindIsFoundAndNamed) {
  Sample sample(130);
  auto good = verify(sample.backend.folder(), {}, {sample.claim});
  ASSERT_TRUE(good.has_value()) << good.error().message;
  for (const auto& [what, sql, finding] : tamperings(sample)) {
    TemporaryFolder copy;
    sample.copy_to(copy.path);
    {
      auto database = sqlite::Database::open(copy.path + "/ledger.db", sqlite::Database::Mode::write).value();
      auto changed = database->execute(sql);
      ASSERT_TRUE(changed.has_value()) << what << ": " << changed.error().message;
    }
    auto found = verify(copy.path, {}, {sample.claim});
    ASSERT_FALSE(found.has_value()) << "not found: " << what;
    EXPECT_EQ(ledger::finding_of(found.error()), ledger::name(finding)) << what << ": " << found.error().message;
  }
}

// Somebody with the program, but without the key: a whole ledger, well made, with another past.
TEST(Tampering, AnotherLedgerOfTheSameSizeIsAFork) {
  Sample sample(20), other(20);
  ASSERT_TRUE(verify(other.backend.folder(), {}).has_value());
  ASSERT_EQ(sample.claim.size, other.claim.size);
  auto found = verify(other.backend.folder(), {}, {sample.claim});
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(ledger::finding_of(found.error()), "forked");
}

}  // namespace
}  // namespace bw::store
