// SPDX-License-Identifier: Apache-2.0
#include "ledger/entry.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "json/writer.h"
#include "ledger/content.h"

namespace bw::ledger {
namespace {

Entry full() {
  Entry e;
  e.seq = 17;
  e.kind = Kind::intent;
  e.at_ms = 1795232487123;
  e.action = "act_1";
  e.previous = std::string(64, 'a');
  e.run = "run_1";
  e.agent = "refund-agent";
  e.workflow = "refunds";
  e.environment = "production";
  e.token = "tok_1";
  e.upstream = "desk";
  e.what = domain::ActionKind::tool;
  e.tool = "desk/refund";
  e.tier = domain::Tier::write;
  e.tool_digest = "b";
  e.digest = "c";
  e.snapshot = "d";
  e.verdict = domain::Verdict::allow;
  e.rules = {"refunds.small", "refunds.\"odd\""};
  e.refused = "meter";
  e.ticket = "tkt_1";
  e.state = "approved";
  e.by = "maya";
  e.scope = "agent:refund-agent";
  e.credential = "desk-write";
  e.undo = "desk/unrefund";
  e.expires_at_ms = 1795232497123;
  e.outcome = domain::Outcome::failed;
  e.status = 503;
  e.charges = {{"refunds",
                "a\x1f"
                "b",
                940, 1000, 86'400'000},
               {"calls", "", 1, 5, 0}};
  e.actuals = {{"refunds",
                "a\x1f"
                "b",
                12}};
  e.commitments = {"1", "2", "3", "4", "5"};
  return e;
}

TEST(Entry, HasOneSpelling) {
  EXPECT_EQ(
      encode(full()).value(),
      R"({"v":1,"seq":17,"k":"intent","t":"2026-11-21T03:41:27.123Z","act":"act_1","pl":")" + std::string(64, 'a') +
          R"(","run":"run_1","ag":"refund-agent","wf":"refunds","env":"production","tok":"tok_1","up":"desk",)"
          R"("what":"tool","tool":"desk/refund","tier":"write","td":"b","ad":"c","pol":"d","verdict":"allow",)"
          R"("rules":["refunds.small","refunds.\"odd\""],"refused":"meter","tkt":"tkt_1","state":"approved","by":"maya",)"
          R"("scope":"agent:refund-agent","cred":"desk-write","undo":"desk/unrefund","exp":"2026-11-21T03:41:37.123Z",)"
          R"("outcome":"failed","status":503,)"
          R"("charges":[["refunds","a\u001fb",940,1000,86400000],["calls","",1,5,0]],"actual":[["refunds","a\u001fb",12]],)"
          R"("c":{"args":"1","out":"2","why":"3","checks":"4","text":"5"}})");
}

TEST(Entry, ReadsBackWhatItWrote) {
  auto leaf = encode(full()).value();
  auto read = parse_entry(leaf);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(encode(*read).value(), leaf);
  EXPECT_EQ(read->charges[0].key,
            "a\x1f"
            "b");
  EXPECT_EQ(read->commitments, full().commitments);
  Entry bare{.seq = 0, .kind = Kind::start, .at_ms = 1};
  EXPECT_EQ(encode(bare).value(), R"({"v":1,"seq":0,"k":"start","t":"1970-01-01T00:00:00.001Z"})");
}

// Strings are quoted by a faster way than json's, which must give the same bytes wherever the special one stands.
TEST(Entry, QuotesAnyTextAsJsonDoes) {
  for (int c = 0; c < 0x250; ++c) {
    std::string letter = c < 0x80
                             ? std::string(1, static_cast<char>(c))
                             : std::string{static_cast<char>(0xC0 | (c >> 6)), static_cast<char>(0x80 | (c & 0x3F))};
    for (std::size_t before : {0U, 1U, 7U, 8U, 9U, 15U, 16U}) {
      for (std::size_t after : {0U, 1U, 7U, 8U}) {
        Entry e{.kind = Kind::stop, .at_ms = 1};
        e.run = std::string(before, 'a') + letter + std::string(after, 'z');
        auto leaf = encode(e).value();
        ASSERT_NE(leaf.find("\"run\":" + json::quoted(e.run) + "}"), std::string::npos) << c << " in " << leaf;
        ASSERT_EQ(parse_entry(leaf)->run, e.run);
      }
    }
  }
}

TEST(Entry, RefusesEveryOtherSpelling) {
  std::string good =
      R"({"v":1,"seq":3,"k":"switch","t":"2026-11-21T03:41:27.123Z","state":"set","scope":"everything"})";
  ASSERT_TRUE(parse_entry(good).has_value());
  struct Case {
    std::string_view from, to;
  };
  for (Case c : {Case{"\"v\":1", "\"v\":2"},
                 {"\"v\":1,", ""},
                 {"\"v\":1", "\"v\":1.0"},
                 {"\"seq\":3", "\"seq\":-3"},
                 {"\"seq\":3", "\"seq\":\"3\""},
                 {"\"switch\"", "\"kill_switch\""},
                 {"27.123Z", "27Z"},
                 {"\"state\":\"set\",", "\"state\":\"\","},
                 {"\"state\":\"set\",", "\"state\":\"s\\u0065t\","},
                 {"\"state\":\"set\",", "\"state\":7,"},
                 {"\"state\":\"set\"", "\"state\": \"set\""},
                 {"\"state\":\"set\",", "\"state\":\"set\",\"more\":1,"},
                 {"}", "} "},
                 {"}", ""},
                 {"}", ",\"status\":0}"},
                 {"}", ",\"charges\":[]}"},
                 {"}", ",\"charges\":[[\"m\",\"k\",1,2]]}"},
                 {"}", ",\"c\":{}}"},
                 {"}", ",\"c\":{\"out\":\"1\",\"args\":\"2\"}}"},
                 {"}", ",\"outcome\":\"won\"}"},
                 {"}", ",\"gone\":[]}"},
                 {"}", ",\"gone\":[[1]]}"},
                 {"}", ",\"gone\":[[2,1]]}"},
                 {"}", ",\"gone\":[[-1,1]]}"},
                 {"}", ",\"gone\":[[1,1,\"salt\"]]}"},
                 {"}", ",\"gone\":[[1,1,\"out\",\"args\"]]}"},
                 {"}", ",\"gone\":[[1,1,\"args\",\"args\"]]}"},
                 {"}", ",\"gone\":[[1,1,\"args\",\"out\",\"why\",\"checks\",\"text\",\"subject\"]]}"},
                 {"}", ",\"ret\":[]}"},
                 {"}", ",\"ret\":[[\"short\"]]}"},
                 {"}", ",\"ret\":[[\"short\",0]]}"},
                 {"}", ",\"ret\":[[1000,\"short\"]]}"},
                 {"}", ",\"ret\":[[\"short\",1000,\"salt\"]]}"},
                 {"}", ",\"ret\":[[\"short\",1000,\"out\",\"args\"]]}"},
                 {"}", ",\"v\":1}"}}) {
    auto bad = good;
    bad.replace(bad.find(c.from), c.from.size(), c.to);
    auto read = parse_entry(bad);
    ASSERT_FALSE(read.has_value()) << bad;
    EXPECT_EQ(read.error().code, Code::data_loss);
  }
}

TEST(Entry, NamesWhatIsGone) {
  Fields some;
  some.add(Field::args);
  some.add(Field::checks);
  Entry e{.seq = 9, .kind = Kind::erase, .at_ms = 1, .by = "maya", .cause = "redacted", .gone = {{1, 4}, {6, 6, some}}};
  auto leaf = encode(e).value();
  EXPECT_NE(leaf.find(R"("cause":"redacted","gone":[[1,4],[6,6,"args","checks"]])"), std::string::npos) << leaf;
  EXPECT_EQ(parse_entry(leaf)->gone, e.gone);
  e.gone = {{1, 4, Fields::all()}};
  leaf = encode(e).value();
  EXPECT_NE(leaf.find(R"([[1,4,"args","out","why","checks","text","subject","reviewers"]])"), std::string::npos)
      << leaf;
  EXPECT_EQ(parse_entry(leaf)->gone, e.gone);
  e.gone = {{1, 4}, {6, 6, some}};
  e.seq = e.gone[0].first = e.gone[0].last = (std::uint64_t{1} << 53) - 1;
  e.gone.assign(gone_max, {e.seq, e.seq, some});
  EXPECT_TRUE(encode(e).has_value());  // so that it always fits
}

TEST(Entry, SaysHowLongContentsAreKept) {
  Fields out;
  out.add(Field::out);
  Entry e{.seq = 9, .kind = Kind::intent, .at_ms = 1, .action = "act_1"};
  e.retention = {{"books", 1000, Fields::by_default().without(out)}, {"books", 500, out}};
  auto leaf = encode(e).value();
  EXPECT_NE(leaf.find(R"("ret":[["books",1000,"args","why","checks","text","subject"],["books",500,"out"]])"),
            std::string::npos)
      << leaf;
  EXPECT_EQ(parse_entry(leaf)->retention, e.retention);
  e.retention = {{"short", 1, Fields::by_default()}};
  leaf = encode(e).value();
  EXPECT_NE(leaf.find(R"("ret":[["short",1]])"), std::string::npos) << leaf;
  EXPECT_EQ(parse_entry(leaf)->retention, e.retention);
}

TEST(Entry, RefusesToGrowBeyondItsLimit) {
  Entry e{.kind = Kind::intent, .at_ms = 1};
  e.run = std::string(leaf_bytes_max, 'r');
  EXPECT_EQ(encode(e).error().code, Code::invalid_argument);
  EXPECT_EQ(parse_entry(std::string(leaf_bytes_max + 1, ' ')).error().code, Code::data_loss);
}

TEST(Entry, LeafHashIsThatOfRfc6962) {
  EXPECT_EQ(to_hex(crypto::view(leaf_hash(""))), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

TEST(Entry, KindsSpellAsTheyRead) {
  for (int i = 0; i <= static_cast<int>(Kind::shadow); ++i) {
    EXPECT_EQ(parse_kind(name(static_cast<Kind>(i))), static_cast<Kind>(i));
  }
  EXPECT_EQ(name(Kind::kill_switch), "switch");
  EXPECT_FALSE(parse_kind("other").has_value());
}

TEST(Content, CommitmentsBindFieldSaltAndValue) {
  auto stored = salt_content("40.00");
  EXPECT_EQ(stored.size(), 37U);
  EXPECT_EQ(content_value(stored), "40.00");
  EXPECT_NE(salt_content("40.00"), stored);
  auto with_known_salt = std::string(32, 's') + "40.00";
  EXPECT_EQ(commit("args", with_known_salt),
            to_hex(crypto::sha256(std::string("bailiwick/content/1\0args\0", 25) + with_known_salt)));
  EXPECT_NE(commit("args", stored), commit("out", stored));
  EXPECT_EQ(salt_content(""), "");
  EXPECT_EQ(commit("args", ""), "");
  Contents contents{.why = stored};
  EXPECT_EQ(commit(contents), (Commitments{.why = commit("why", stored)}));
}

}  // namespace
}  // namespace bw::ledger
