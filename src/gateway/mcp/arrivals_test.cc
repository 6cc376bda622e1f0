// SPDX-License-Identifier: Apache-2.0
#include "gateway/mcp/arrivals.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gateway/mcp/door_fake.h"

namespace bw::gateway {
namespace {

using testing::Exchange;
using State = execution::Health::State;

class ArrivalsTest : public ::testing::Test {
 protected:
  ArrivalsTest() {
    for (const auto* name : {"desk", "notes"}) {
      world_.upstreams[name].offer({});
      world_.upstreams[name].state = State::connecting;
      world_.upstreams[name].since_ms = world_.clock.now_ms();
    }
    world_.clock.advance_ms(1);  // nobody asks in the very moment of the start
  }

  void comes_up(const char* name) {
    testing::FakeUpstreams offering{{"desk", "notes"}};
    testing::offer_everything(offering);
    world_.upstreams[name].offer(*offering[name].catalog());
    turns(name, State::ready);
  }
  void turns(const char* name, State state) {
    world_.upstreams[name].state = state;
    world_.changes.health_changed(name);
    world_.settle();
  }

  std::shared_ptr<Exchange> ask(const std::string& method, const std::string& params,
                                const std::string& token = "bot") {
    const std::string envelope =
        R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}})";
    std::vector<std::pair<std::string, std::string>> fields = {
        {"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", method}, {"Authorization", "Bearer " + token}};
    auto named = testing::at("{" + params + "}", "name");
    if (named.empty()) named = testing::at("{" + params + "}", "uri");
    if (!named.empty()) fields.emplace_back("Mcp-Name", named);
    auto body = R"({"jsonrpc":"2.0","id":1,"method":")" + method + R"(","params":{)" + params +
                (params.empty() ? "" : ",") + envelope + "}}";
    return world_.send("POST", body, fields);
  }
  std::shared_ptr<Exchange> list(const std::string& token = "bot") { return ask("tools/list", "", token); }
  static std::vector<std::string> tools(const Exchange& listed) {
    std::vector<std::string> names;
    auto document = json::Document::parse(listed.body());
    EXPECT_TRUE(document) << listed.body();
    for (auto tool : document->root()["result"]["tools"].elements()) names.emplace_back(*tool["name"].string());
    return names;
  }

  testing::World world_;
};

using Names = std::vector<std::string>;

TEST_F(ArrivalsTest, AListWaitsForTheFirstListOfEachUpstream) {
  auto listed = list();
  comes_up("desk");
  EXPECT_FALSE(listed->writer.answered());
  comes_up("notes");
  ASSERT_TRUE(listed->writer.answered());
  EXPECT_EQ(tools(*listed), (Names{"desk_refund", "desk_look", "find", "region"}));
}

TEST_F(ArrivalsTest, OneThatFailsIsWaitedForNoMore) {
  auto listed = list();
  comes_up("desk");
  turns("notes", State::failing);
  ASSERT_TRUE(listed->writer.answered());
  EXPECT_EQ(tools(*listed), (Names{"desk_refund", "desk_look"}));
}

TEST_F(ArrivalsTest, OneThatHangsCostsALittleOnce) {
  comes_up("desk");
  auto listed = list();
  world_.pass_ms(Arrivals::kFirstListMs - 2);
  EXPECT_FALSE(listed->writer.answered());
  world_.pass_ms(1);
  ASSERT_TRUE(listed->writer.answered());
  EXPECT_EQ(tools(*listed), (Names{"desk_refund", "desk_look"}));
  EXPECT_TRUE(list()->writer.answered()) << "it has had its time";
}

TEST_F(ArrivalsTest, ACallWaitsForItsOwnUpstream) {
  auto call = ask("tools/call", R"("name":"desk_look","arguments":{})");
  auto to_nowhere = ask("tools/call", R"("name":"desk_nothing","arguments":{})");
  EXPECT_TRUE(to_nowhere->writer.answered()) << "nobody declared it";
  EXPECT_TRUE(world_.path.requests.empty());
  comes_up("desk");
  ASSERT_EQ(world_.path.requests.size(), 1U);
  EXPECT_EQ(world_.path.requests.front().name, "desk/look");
  EXPECT_TRUE(call->writer.answered()) << "notes is nothing to it";
}

TEST_F(ArrivalsTest, WhatIsReadOrAwaitedWaitsForAllThatItMayConcern) {
  auto read = ask("resources/read", R"("uri":"note://1")");
  auto prompt = ask("prompts/get", R"("name":"greet")");
  auto ticket = ask("tools/call", R"("name":"bailiwick_await","arguments":{"ticket":"tkt_1"})");
  comes_up("desk");
  EXPECT_TRUE(world_.path.requests.empty());
  EXPECT_TRUE(world_.path.awaited.empty());
  comes_up("notes");
  EXPECT_EQ(world_.path.requests.size(), 2U);
  EXPECT_EQ(world_.path.awaited.size(), 1U);
  EXPECT_TRUE(read->writer.answered() && prompt->writer.answered() && ticket->writer.answered());
}

TEST_F(ArrivalsTest, SomebodyWhoMayNotUseAnUpstreamDoesNotWaitForIt) {
  auto listed = list("guest");
  EXPECT_FALSE(listed->writer.answered());
  comes_up("desk");
  ASSERT_TRUE(listed->writer.answered());
  EXPECT_EQ(tools(*listed), (Names{"desk_look"}));
}

TEST_F(ArrivalsTest, OneThatWasLostIsNotWaitedForAgain) {
  comes_up("desk");
  comes_up("notes");
  world_.upstreams["desk"].restarts = 1;
  world_.upstreams["desk"].since_ms = world_.clock.now_ms();
  turns("desk", State::connecting);
  EXPECT_TRUE(list()->writer.answered());
}

TEST_F(ArrivalsTest, OneThatIsDeclaredLaterIsWaitedForToo) {
  comes_up("desk");
  comes_up("notes");
  EXPECT_TRUE(list()->writer.answered());
  world_.upstreams["desk"].since_ms = world_.clock.now_ms();
  world_.upstreams["desk"].state = State::connecting;
  world_.changes.everything_changed();
  auto listed = list();
  EXPECT_FALSE(listed->writer.answered());
  comes_up("desk");
  EXPECT_TRUE(listed->writer.answered());
}

}  // namespace
}  // namespace bw::gateway
