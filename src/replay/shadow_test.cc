// SPDX-License-Identifier: Apache-2.0
#include "replay/shadow.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>

#include "admission/admission.h"
#include "base/clock.h"
#include "crypto/random.h"
#include "json/document.h"
#include "registry/load.h"
#include "store/store.h"
#include "store/testing.h"

namespace bw::replay {
namespace {

using domain::Verdict;

constexpr std::string_view registry_text = R"yaml(
kind: Person
name: ana
---
kind: Agent
name: bot
owner: ana
steward: ana
may: {environments: [sandbox], tools: [desk/*]}
---
kind: Workflow
name: desk
accountable: ana
agents: [bot]
autonomy: production
may: {environments: [sandbox], tools: [desk/*]}
---
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
)yaml";

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
    std::promise<void> done;
    admission::Change change =
        admission::Admit{.action = action,
                         .decision = {.verdict = Verdict::allow, .rules = {"old"}, .checks = "{}"},
                         .snapshot = "before"};
    ASSERT_TRUE(admission_->submit(std::move(change), [&](Result<admission::Committed> result) {
      EXPECT_TRUE(result) << result.error().message;
      done.set_value();
    }));
    done.get_future().wait();
  }

  std::unique_ptr<Candidate> candidate(std::uint64_t behind_max = Candidate::behind_max_default) {
    auto loaded = registry::load(registry::Sources{{"r.yaml", std::string(registry_text)}});
    EXPECT_TRUE(loaded.snapshot) << registry::format(loaded);
    auto made = Candidate::make(folder_.path, ledger_->records(), gateway::prepare(loaded.snapshot, {}).live, "ana",
                                system_clock().now_ms(), behind_max);
    EXPECT_TRUE(made) << made.error().message;
    return std::move(*made);
  }

  std::string folder() const { return folder_.path; }

 private:
  store::TemporaryFolder folder_;
  std::unique_ptr<store::Ledger> ledger_;
  std::unique_ptr<admission::Admission> admission_;
};

TEST(Shadow, DecidesWhatIsRecordedFromNowOn) {
  Desk desk;
  desk.look(9, "before");
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
  EXPECT_EQ(shadow.report()->by, "ana");
  EXPECT_TRUE(shadow.stop());
  EXPECT_FALSE(shadow.report());
}

}  // namespace
}  // namespace bw::replay
