// SPDX-License-Identifier: Apache-2.0
#include "identity/agents.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "registry/load.h"

namespace bw::identity {
namespace {

// What a test changes in the registry, by the text that is replaced.
struct Edit {
  std::string from, to;
};

std::shared_ptr<const registry::Snapshot> snapshot(const Edit& edit = {}) {
  std::string yaml = R"(kind: Person
name: ana
---
kind: Agent
name: bot
owner: ana
steward: ana
may: {environments: [sandbox, staging]} # the agent's
---
kind: Agent
name: other
owner: ana
steward: ana
may: {environments: [sandbox]}
---
kind: Workflow
name: job
accountable: ana
agents: [bot, other]
may: {environments: [sandbox, staging]} # the workflow's
)";
  if (!edit.from.empty()) {
    auto at = yaml.find(edit.from);
    EXPECT_NE(at, std::string::npos) << edit.from;
    yaml.replace(at, edit.from.size(), edit.to);
  }
  auto loaded = registry::load({{"registry.yaml", std::move(yaml)}});
  EXPECT_TRUE(loaded.snapshot) << registry::format(loaded);
  return loaded.snapshot;
}

class AgentsTest : public ::testing::Test {
 protected:
  AgentsTest() { agents_.set_snapshot(snapshot()); }

  Claims claims(std::string environment = "staging") const {
    return {"tok_1", "bot", "job", std::move(environment), clock_.now_ms(), clock_.now_ms() + 60'000};
  }
  std::string token(std::string environment = "staging") const {
    return sign_token(key_, claims(std::move(environment)));
  }
  std::optional<Code> code(std::string_view bearer) {  // none: it is good
    auto principal = agents_.authenticate(bearer);
    if (principal) return std::nullopt;
    return principal.error().code;
  }

  crypto::SigningKey key_ = crypto::SigningKey::generate();
  FakeClock clock_;
  Agents agents_{key_.verify_key(), clock_};
};

TEST_F(AgentsTest, AGoodTokenSaysWhoseItIs) {
  auto principal = agents_.authenticate(token());
  ASSERT_TRUE(principal) << principal.error().message;
  EXPECT_EQ(principal->agent, "bot");
  EXPECT_EQ(principal->workflow, "job");
  EXPECT_EQ(principal->environment, "staging");
  EXPECT_EQ(principal->token, "tok_1");
}

TEST_F(AgentsTest, NoTokenAndAForeignOneAreNobodys) {
  EXPECT_EQ(code(""), Code::unauthenticated);
  EXPECT_EQ(code("tok_1"), Code::unauthenticated);
  EXPECT_EQ(code(sign_token(crypto::SigningKey::generate(), claims())), Code::unauthenticated);
}

TEST_F(AgentsTest, ATokenEndsInTheVeryMomentItSays) {
  auto issued = token();
  clock_.advance_ms(59'999);
  EXPECT_TRUE(agents_.authenticate(issued));
  clock_.advance_ms(1);
  auto late = agents_.authenticate(issued);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Code::unauthenticated);
  EXPECT_NE(late.error().message.find("tok_1 expired at 2027-"), std::string::npos) << late.error().message;
}

TEST_F(AgentsTest, WhoWasLetInIsLookedAtAgainWithoutTheToken) {
  auto principal = agents_.authenticate(token());
  ASSERT_TRUE(principal);
  EXPECT_TRUE(agents_.admits(*principal));
  agents_.set_snapshot(snapshot({"agents: [bot, other]", "agents: [other]"}));
  EXPECT_EQ(agents_.admits(*principal).error().code, Code::permission_denied);
  agents_.set_snapshot(snapshot());
  clock_.advance_ms(60'000);
  EXPECT_EQ(agents_.admits(*principal).error().code, Code::unauthenticated);
  clock_.advance_ms(-60'000);
  EXPECT_TRUE(agents_.admits(*principal));
  agents_.revoke_token("tok_1");
  EXPECT_EQ(agents_.admits(*principal).error().code, Code::unauthenticated);
}

TEST_F(AgentsTest, ARevokedTokenIsWorthNothingAtOnce) {
  auto issued = token();
  EXPECT_TRUE(agents_.authenticate(issued));
  agents_.revoke_token("tok_1");
  EXPECT_EQ(code(issued), Code::unauthenticated);
}

TEST_F(AgentsTest, WhoIsNoLongerInTheRegistryIsKnownAndMayNotComeIn) {
  struct Case {
    Edit edit;
    const char* says;
  };
  const std::vector<Case> cases = {
      {{"agents: [bot, other]", "agents: [other]"}, "agent `bot` is not in workflow `job`"},
      {{"staging]} # the agent's", "production]}"}, "may not act in environment `staging`"},
      {{"staging]} # the workflow's", "production]}"}, "may not act in environment `staging`"},
  };
  for (const auto& c : cases) {
    agents_.set_snapshot(snapshot());
    auto issued = token();
    ASSERT_TRUE(agents_.authenticate(issued));
    agents_.set_snapshot(snapshot(c.edit));
    auto refused = agents_.authenticate(issued);
    ASSERT_FALSE(refused) << c.edit.from;
    EXPECT_EQ(refused.error().code, Code::permission_denied) << c.edit.from;
    EXPECT_NE(refused.error().message.find(c.says), std::string::npos) << refused.error().message;
  }
  agents_.set_snapshot(snapshot());
  EXPECT_EQ(code(token()), std::nullopt) << "declared again, it is let in again";
}

}  // namespace
}  // namespace bw::identity
