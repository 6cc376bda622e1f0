// SPDX-License-Identifier: Apache-2.0
#include "replay/playback.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "async/loop.h"
#include "gateway/live_for_test.h"
#include "json/document.h"

namespace bw::replay {
namespace {

const std::string registry_text = gateway::desk_registry("sandbox", "desk/*", R"(
kind: Upstream
name: desk
url: https://desk.example.com/mcp
environment: sandbox
tools:
  look: {tier: read}
  find: {tier: read}
---
kind: Policy
name: p
rules:
- {id: all, match: {tier: read}, effect: allow}
)");

PlayedStep step(std::size_t number, std::string name, std::string arguments, std::uint64_t first, std::uint64_t last) {
  PlayedStep out{
      .number = number, .name = std::move(name), .arguments = std::move(arguments), .first = first, .last = last};
  out.answer.kind = gateway::Answer::Kind::reply;
  out.answer.reply.body = fmt::format("{{\"step\":{}}}", number);
  return out;
}

// An agent that calls what a test says, and what it gets.
struct Agent {
  explicit Agent(std::vector<PlayedStep> steps) {
    Record record{
        .principal = {"bot", "desk", "sandbox", "playback"}, .snapshot = {}, .pins = {}, .steps = std::move(steps)};
    record.snapshot = gateway::live_of(registry_text).snapshot;
    for (const char* tool : {"look", "find"})
      record.pins.push_back(
          {.upstream = "desk", .tool = tool, .digest = tool, .definition = fmt::format(R"({{"name":"{}"}})", tool)});
    playback.emplace(loop, system_clock(), std::move(record), "secret",
                     [this](const Divergence& divergence) { divergences.push_back(to_text(divergence)); });
  }

  std::string call(std::string name, std::string arguments) {
    gateway::Request request{.principal = {"bot", "desk", "sandbox", "playback"}, .name = std::move(name)};
    request.arguments = std::move(arguments);
    auto answer = async::run(loop, playback->parts().path.act(std::move(request)));
    return answer.kind == gateway::Answer::Kind::reply ? answer.reply.body : answer.code;
  }

  async::Loop loop;
  std::vector<std::string> divergences;
  std::optional<Playback> playback;
};

TEST(Playback, AnswersAsRecordedWhileTheAgentKeepsToTheRecord) {
  Agent agent({step(1, "desk/look", R"({"a":1.0,"b":"x"})", 0, 1), step(2, "desk/find", "{}", 2, 3)});
  EXPECT_EQ(agent.playback->parts().catalogue.tools({"bot", "desk", "sandbox", "playback"}).size(), 2U);
  EXPECT_EQ(agent.call("desk/look", R"({ "b": "x", "a": 1 })"), R"({"step":1})") << "spelled otherwise";
  EXPECT_EQ(agent.call("desk/nothing", "{}"), "unknown") << "no action, in no record";
  EXPECT_EQ(agent.call("desk/find", "{}"), R"({"step":2})");
  EXPECT_EQ(agent.playback->played(), 2U);
  EXPECT_TRUE(agent.divergences.empty());
}

TEST(Playback, NamesTheFirstArgumentThatDiffersAndAnswersNothingAfterIt) {
  Agent agent(
      {step(1, "desk/look", R"({"lines":[{"n":1},{"n":2}],"only":true})", 0, 1), step(2, "desk/find", "{}", 2, 3)});
  EXPECT_EQ(agent.call("desk/look", R"({"lines":[{"n":1},{"n":3}],"more":"y"})"), "diverged");
  ASSERT_EQ(agent.divergences.size(), 1U);
  EXPECT_EQ(agent.divergences[0],
            "step 1: desk/look with other arguments\n"
            "  lines[1].n: the record has 2, and the agent asks with 3\n"
            "  only: the record has true, and the agent asks with nothing\n"
            "  more: the record has nothing, and the agent asks with \"y\"");
  EXPECT_EQ(agent.call("desk/find", "{}"), "diverged");
  EXPECT_EQ(agent.divergences.size(), 1U);
  EXPECT_EQ(agent.playback->played(), 0U);
}

TEST(Playback, NamesAnotherToolAndACallTooMany) {
  Agent agent({step(1, "desk/look", "{}", 0, 1)});
  EXPECT_EQ(agent.call("desk/find", "{}"), "diverged");
  EXPECT_EQ(agent.divergences.at(0), "step 1: the record has desk/look, and the agent asks for desk/find");
  Agent eager({step(1, "desk/look", "{}", 0, 1)});
  EXPECT_EQ(eager.call("desk/look", "{}"), R"({"step":1})");
  EXPECT_EQ(eager.call("desk/look", "{}"), "diverged");
  EXPECT_EQ(eager.divergences.at(0), "step 2: the record has ended, and the agent asks for desk/look");
}

// What ran side by side may come in any order; what came after it may not come before.
TEST(Playback, TakesCallsThatOverlappedInAnyOrder) {
  std::vector<PlayedStep> steps{step(1, "desk/look", R"({"n":1})", 0, 3), step(2, "desk/look", R"({"n":2})", 1, 2),
                                step(3, "desk/find", "{}", 4, 5)};
  Agent agent(steps);
  EXPECT_EQ(agent.call("desk/look", R"({"n":2})"), R"({"step":2})");
  EXPECT_EQ(agent.call("desk/look", R"({"n":1})"), R"({"step":1})");
  EXPECT_EQ(agent.call("desk/find", "{}"), R"({"step":3})");
  Agent hasty(steps);
  EXPECT_EQ(hasty.call("desk/look", R"({"n":1})"), R"({"step":1})");
  EXPECT_EQ(hasty.call("desk/find", "{}"), "diverged");
  EXPECT_EQ(hasty.divergences.at(0), "step 2: the record has desk/look, and the agent asks for desk/find");
}

TEST(Playback, TakesAnyArgumentsWhereTheRecordLostThem) {
  Agent agent({step(1, "desk/look", "", 0, 1)});
  EXPECT_EQ(agent.call("desk/look", R"({"n":7})"), R"({"step":1})");
}

TEST(Playback, OpensToItsTokenAlone) {
  Agent agent({step(1, "desk/look", "", 0, 1)});
  auto parts = agent.playback->parts();
  EXPECT_EQ(parts.authenticator.authenticate("secret")->agent, "bot");
  EXPECT_FALSE(parts.authenticator.authenticate("Secret"));
}

}  // namespace
}  // namespace bw::replay
