// SPDX-License-Identifier: Apache-2.0
#include "replay/shadow.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "admission/admission.h"
#include "async/loop.h"
#include "base/clock.h"
#include "base/durable_file.h"
#include "crypto/random.h"
#include "gateway/live_for_test.h"
#include "json/document.h"
#include "replay/shadow_mode.h"
#include "store/store.h"
#include "store/testing.h"

namespace bw::replay {
namespace {

using domain::Verdict;

const std::string registry_text = gateway::desk_registry("sandbox", "desk/*", R"yaml(
kind: Upstream
name: desk
url: https://desk.example.com/mcp
environment: sandbox
tools:
  look: {tier: read}
---
kind: Policy
name: p
rules:
- {id: look, match: {tool: desk/look}, when: "args.n <= 5", effect: allow}
- {id: twice, match: {tool: desk/look}, when: "run.calls(\"desk/look\") >= 2", effect: deny, reason: enough}
)yaml");

// A ledger that records what somebody allowed, and the candidate above beside it.
class Desk {
 public:
  Desk() : ledger_(store::open_sqlite(folder_.path).value()) {
    admission_ = admission::Admission::open(ledger_->store(), system_clock(), {}).value();
  }
  ~Desk() { admission_->stop(); }

  void look(int n, const std::string& run) {
    domain::Action action{.id = crypto::new_id("act", system_clock().now_ms()), .run = run};
    action.principal = {"bot", "desk", "sandbox", "tok"};
    action.upstream = "desk";
    action.name = "desk/look";
    action.profile.tier = domain::Tier::read;
    action.arguments = "{\"n\":" + std::to_string(n) + "}";
    action.digest = action.id;
    commit(admission::Admit{.action = action,
                            .decision = {.verdict = Verdict::allow, .rules = {"old"}, .checks = "{}"},
                            .snapshot = "before"});
  }
  admission::Committed commit(admission::Change change) {
    auto committed = admission_->commit(std::move(change));
    EXPECT_TRUE(committed) << committed.error().message;
    return *committed;
  }

  // What was recorded until now is nothing to a candidate that begins.
  void begin() { begun_ = ledger_->records().head()->size - 1; }

  std::unique_ptr<Candidate> candidate(std::uint64_t behind_max = Candidate::behind_max_default) {
    auto made = Candidate::make(folder_.path, ledger_->records(), gateway::live_of(registry_text),
                                {.entry = begun_, .by = "ana", .at_ms = system_clock().now_ms()}, behind_max);
    EXPECT_TRUE(made) << made.error().message;
    return std::move(*made);
  }

  std::string folder() const { return folder_.path; }
  admission::Records& records() { return ledger_->records(); }
  ShadowMode::Parts parts(async::Pool& pool) { return {pool, *admission_, records(), folder_.path}; }

 private:
  store::TemporaryFolder folder_;
  std::unique_ptr<store::Ledger> ledger_;
  std::unique_ptr<admission::Admission> admission_;
  std::uint64_t begun_ = 0;
};

TEST(Shadow, DecidesWhatIsRecordedFromNowOn) {
  Desk desk;
  desk.look(9, "before");
  desk.begin();
  auto candidate = desk.candidate();
  for (int n : {1, 9}) desk.look(n, "a");
  ASSERT_TRUE(candidate->look({}));
  desk.look(2, "a");
  ASSERT_TRUE(candidate->look({}));
  auto found = candidate->report();
  EXPECT_EQ(found.report.actions, 3U);
  EXPECT_EQ(found.report.count(Verdict::allow, Verdict::allow), 1U);
  EXPECT_EQ(found.report.count(Verdict::allow, Verdict::deny), 2U);
  EXPECT_EQ(found.report.rules.at({Verdict::allow, Verdict::deny}).at("twice"), 1U) << "it looks back over runs";
  EXPECT_EQ(found.enforced, std::set<std::string>{"before"});
  EXPECT_EQ(found.behind, 0U);
  auto json = json::Document::parse(to_json(found));
  ASSERT_TRUE(json);
  EXPECT_EQ(json->root()["report"]["matrix"]["allow"]["deny"].integer(), 2);
  EXPECT_NE(to_text(found).find("candidate " + found.candidate.substr(0, 16) + " beside before, since "),
            std::string::npos);
}

TEST(Shadow, PassesOverWhatItIsTooFarBehindForAndCountsIt) {
  Desk desk;
  auto candidate = desk.candidate(2);
  for (int i = 0; i < 5; ++i) desk.look(1, "r" + std::to_string(i));
  ASSERT_TRUE(candidate->look({}));
  EXPECT_EQ(candidate->report().dropped, 3U);
  EXPECT_EQ(candidate->report().report.actions, 2U);
}

TEST(Shadow, PassesOverNothingOfWhatWasRecordedBeforeItWasMade) {
  Desk desk;
  for (int i = 0; i < 5; ++i) desk.look(1, "r" + std::to_string(i));
  auto candidate = desk.candidate(2);
  desk.look(1, "later");
  ASSERT_TRUE(candidate->look({}));
  EXPECT_EQ(candidate->report().dropped, 0U);
  EXPECT_EQ(candidate->report().behind, 0U);
  EXPECT_EQ(candidate->report().report.actions, 6U);
}

TEST(Shadow, SaysWhyItDoesNotGetOn) {
  Desk desk;
  auto candidate = desk.candidate();
  desk.look(1, "a");
  std::filesystem::remove(desk.folder() + "/ledger.db");
  EXPECT_FALSE(candidate->look({}));
  EXPECT_NE(candidate->report().trouble, "");
}

TEST(Shadow, RunsOneCandidateAtATime) {
  Desk desk;
  Shadow shadow;
  EXPECT_FALSE(shadow.report());
  EXPECT_FALSE(shadow.stop());
  shadow.start(desk.candidate());
  shadow.start(desk.candidate());
  EXPECT_EQ(shadow.report()->begun.by, "ana");
  EXPECT_TRUE(shadow.stop());
  EXPECT_FALSE(shadow.report());
}

// A process with a shadow mode, over the ledger of the processes before it.
class Process {
 public:
  explicit Process(Desk& desk) : mode_(desk.parts(pool_)) { async::run(loop_, mode_.resume()); }
  ~Process() { mode_.end(); }
  Result<ShadowReport> start() { return async::run(loop_, mode_.start(gateway::live_of(registry_text), "ana")); }
  Result<ShadowReport> stop() { return async::run(loop_, mode_.stop("ben")); }
  const ShadowMode& mode() const { return mode_; }

 private:
  async::Loop loop_;
  async::Pool pool_{1, 10};
  ShadowMode mode_;
};

// The `shadow` entries: state, by whom, and why.
std::vector<std::string> recorded(Desk& desk) {
  std::vector<std::string> out;
  for (const auto& stored : desk.records().entries(0, 100).value()) {
    if (stored.entry.kind != ledger::Kind::shadow) continue;
    auto why = desk.records().contents(stored.entry.seq)->why;
    out.push_back(stored.entry.state + " by " + stored.entry.by + (why.empty() ? "" : ": " + why));
  }
  return out;
}

TEST(ShadowMode, GoesOnInTheNextProcessUntilItIsStopped) {
  Desk desk;
  ShadowReport::Begun begun;
  {
    Process first(desk);
    EXPECT_EQ(first.stop().error().code, Code::not_found);
    begun = first.start()->begun;
  }
  {
    Process second(desk);
    auto report = second.mode().report();
    ASSERT_TRUE(report);
    EXPECT_EQ(report->begun.entry, begun.entry);
    EXPECT_EQ(report->begun.by, "ana");
    EXPECT_EQ(report->begun.at_ms, begun.at_ms);
    ASSERT_TRUE(second.stop());
  }
  Process third(desk);
  EXPECT_FALSE(third.mode().report());
  EXPECT_EQ(third.mode().lost(), "");
  EXPECT_EQ(recorded(desk), (std::vector<std::string>{"started by ana", "stopped by ben"}));
}

TEST(ShadowMode, EndsACandidateThatCannotGoOnAndRecordsWhy) {
  Desk desk;
  auto entry =
      desk.commit(admission::SetShadow{.digest = "d", .text = "{}x", .on = true, .by = "ana", .reason = ""}).seq;
  ASSERT_TRUE(
      write_durably(desk.folder() + "/shadow", "{\"entry\":" + std::to_string(entry) + ",\"entries\":1}", 0600));
  Process process(desk);
  EXPECT_FALSE(process.mode().report());
  EXPECT_NE(process.mode().lost().find("the candidate of before the restart, d, does not go on: "), std::string::npos)
      << process.mode().lost();
  auto entries = recorded(desk);
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_TRUE(entries[1].starts_with("stopped by server: ")) << entries[1];
  EXPECT_FALSE(std::filesystem::exists(desk.folder() + "/shadow"));
  EXPECT_TRUE(process.start());
  EXPECT_EQ(process.mode().lost(), "");
}

// What cannot be kept for the next process does not run in this one, and neither does the one that it was to replace.
TEST(ShadowMode, RunsNothingThatItCannotKeep) {
  Desk desk;
  Process process(desk);
  ASSERT_TRUE(process.start());
  std::filesystem::remove(desk.folder() + "/shadow");
  std::filesystem::create_directories(desk.folder() + "/shadow/in the way");
  auto again = process.start();
  ASSERT_FALSE(again);
  EXPECT_TRUE(again.error().message.starts_with("the candidate is recorded, and does not run: "))
      << again.error().message;
  EXPECT_FALSE(process.mode().report());
  auto entries = recorded(desk);
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_TRUE(entries[2].starts_with("stopped by server: ")) << entries[2];
}

}  // namespace
}  // namespace bw::replay
