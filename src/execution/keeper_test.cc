// SPDX-License-Identifier: Apache-2.0
#include "execution/keeper.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "execution/scripted_for_test.h"
#include "transport/client.h"

namespace bw::execution {
namespace {

using domain::Outcome;

// A keeper, its upstream and whoever calls, on one loop.
struct World {
  explicit World(mcp::Era era = mcp::Era::sessions) : scripted(loop, era), client(loop) {
    declared.name = "up";
    declared.url = scripted.url;
    declared.timeout_ms = 5'000;
  }
  void start() {
    keeper = std::make_shared<Keeper>(loop, client, listener, declared);
    keeper->start();
  }

  async::Loop loop;
  ScriptedUpstream scripted;
  transport::Client client;
  RecordingListener listener;
  registry::Upstream declared;
  std::shared_ptr<Keeper> keeper;
};

async::Task<bool> reaches(World& world, Health::State state) {
  while (world.keeper->health().state != state) {
    world.listener.changed.reset();
    auto first = co_await async::wait_any(10'000, world.listener.changed);
    if (!first) co_return false;
  }
  co_return true;
}

Call tool_call(std::string tool, std::string arguments = "{}") {
  Call call;
  call.method = "tools/call";
  call.params = fmt::format(R"({{"name":"{}","arguments":{}}})", tool, arguments);
  call.caller = {
      .session = "s1", .capabilities = R"({"elicitation":{}})", .client_info = R"({"name":"c","version":"1"})"};
  return call;
}

async::Task<CallResult> started_call(World& world, Call call) {
  world.start();
  auto ready = co_await reaches(world, Health::State::ready);
  EXPECT_TRUE(ready) << world.keeper->health().detail;
  auto result = co_await world.keeper->call(std::move(call));
  co_await world.keeper->stop();
  co_return result;
}

class BothEras : public testing::TestWithParam<mcp::Era> {};
INSTANTIATE_TEST_SUITE_P(Keeper, BothEras, testing::Values(mcp::Era::sessions, mcp::Era::stateless),
                         [](const auto& one) { return one.param == mcp::Era::sessions ? "Sessions" : "Stateless"; });

TEST_P(BothEras, ListsAndCalls) {
  World world(GetParam());
  auto result = async::run(world.loop, started_call(world, tool_call("echo", R"({"region":"eu","n":1.00})")));
  ASSERT_TRUE(result) << result.error().error.message;
  EXPECT_EQ(result->kind, Reply::Kind::result);
  EXPECT_NE(result->body.find(R"("structuredContent":{"region":"eu","n":1.00})"), std::string::npos) << result->body;
  EXPECT_FALSE(result->is_error);
  auto catalog = world.keeper->catalog();
  ASSERT_EQ(catalog->tools.size(), 1U);
  EXPECT_EQ(catalog->tools[0].name, "echo");
  EXPECT_EQ(catalog->tools[0].digest.size(), 64U);
  ASSERT_EQ(catalog->resources.size(), 1U);
  EXPECT_TRUE(catalog->resource_templates.empty());
  EXPECT_EQ(world.keeper->health().state, Health::State::stopped);
  EXPECT_EQ(world.keeper->health().protocol, GetParam() == mcp::Era::sessions ? "2025-11-25" : "2026-07-28");
  const auto& headers = world.scripted.headers_of_calls.at(0);
  if (GetParam() == mcp::Era::stateless) {
    EXPECT_NE(headers.find("Mcp-Param-Region: eu"), std::string::npos) << headers;
    EXPECT_NE(headers.find("Mcp-Name: echo"), std::string::npos) << headers;
    EXPECT_EQ(world.scripted.sessions, 0);
  } else {
    EXPECT_EQ(world.scripted.sessions, 2);  // ours, and the caller's
    EXPECT_NE(world.scripted.initializes.at(1).find(R"("capabilities":{"elicitation":{}})"), std::string::npos);
    EXPECT_EQ(world.scripted.seen["DELETE"], 2);
  }
}

TEST_P(BothEras, AToolsErrorIsAReply) {
  World world(GetParam());
  auto result = async::run(world.loop, started_call(world, tool_call("broken")));
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->is_error);
  World other(GetParam());
  auto unknown = async::run(other.loop, started_call(other, tool_call("nope")));
  ASSERT_TRUE(unknown);
  EXPECT_EQ(unknown->kind, Reply::Kind::error);
  EXPECT_EQ(unknown->body, R"({"code":-32602,"message":"unknown tool"})");
}

TEST_P(BothEras, PassesProgressAndTheLogsThatAreWanted) {
  World world(GetParam());
  RecordingPeer peer;
  auto call = tool_call("stream");
  call.peer = &peer;
  call.progress_token = "\"mine\"";
  call.caller.log_level = "warning";
  auto result = async::run(world.loop, started_call(world, std::move(call)));
  ASSERT_TRUE(result) << result.error().error.message;
  EXPECT_TRUE(peer.heard(R"(notifications/progress {"progressToken":"mine","progress":1})"));
  EXPECT_TRUE(peer.heard("loud"));
  EXPECT_FALSE(peer.heard("quiet"));
}

TEST_P(BothEras, OutcomesAreExact) {
  struct Case {
    const char* tool;
    Outcome outcome;
    Code code;
  };
  const Case cases[] = {
      {"status_401", Outcome::not_executed, Code::permission_denied},
      {"status_403", Outcome::not_executed, Code::permission_denied},
      {"status_429", Outcome::not_executed, Code::resource_exhausted},
      {"status_500", Outcome::ambiguous, Code::unavailable},
      {"status_503", Outcome::ambiguous, Code::unavailable},
      {"status_302", Outcome::ambiguous, Code::failed_precondition},
      {"drop", Outcome::ambiguous, Code::unavailable},
      {"garbage", Outcome::ambiguous, Code::data_loss},
  };
  for (const auto& c : cases) {
    World world(GetParam());
    auto result = async::run(world.loop, started_call(world, tool_call(c.tool)));
    ASSERT_FALSE(result) << c.tool;
    EXPECT_EQ(result.error().outcome, c.outcome) << c.tool;
    EXPECT_EQ(result.error().error.code, c.code) << c.tool << result.error().error.message;
    EXPECT_EQ(world.scripted.seen[std::string("call ") + c.tool], 1) << c.tool;
  }
}

TEST_P(BothEras, ACallThatTakesTooLongIsAmbiguousAndTheUpstreamIsTold) {
  World world(GetParam());
  auto call = tool_call("slow");
  call.timeout_ms = 200;
  auto result = async::run(world.loop, started_call(world, std::move(call)));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().outcome, Outcome::ambiguous);
  EXPECT_EQ(result.error().error.code, Code::deadline_exceeded);
  EXPECT_EQ(result.error().error.message, "upstream up did not answer within 200ms");
  EXPECT_EQ(world.scripted.closed_connections, 1);
  if (GetParam() == mcp::Era::sessions) {
    ASSERT_EQ(world.scripted.cancelled.size(), 1U);
    EXPECT_NE(world.scripted.cancelled[0].find("requestId"), std::string::npos);
  }
}

async::Task<void> cancel_when_sent(World& world, async::Event& cancel) {
  while (world.scripted.seen["call slow"] == 0) {
    world.scripted.noted.reset();
    co_await async::wait_any(2'000, world.scripted.noted);
  }
  cancel.set();
}

async::Task<CallResult> cancelled_call(World& world, Call call, async::Event& cancel) {
  world.start();
  co_await reaches(world, Health::State::ready);
  call.cancelled = &cancel;
  async::spawn(world.loop, cancel_when_sent(world, cancel));
  auto result = co_await world.keeper->call(std::move(call));
  co_await async::sleep(50);
  co_await world.keeper->stop();
  co_return result;
}

TEST_P(BothEras, ACallerThatGivesUpIsPassedOn) {
  World world(GetParam());
  async::Event cancel;
  auto result = async::run(world.loop, cancelled_call(world, tool_call("slow"), cancel));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().error.code, Code::cancelled);
  EXPECT_EQ(result.error().outcome, Outcome::ambiguous);
  EXPECT_EQ(world.scripted.closed_connections, 1);
  EXPECT_EQ(world.scripted.cancelled.size(), GetParam() == mcp::Era::sessions ? 1U : 0U);
}

TEST(Keeper, TakesUpAStreamThatEndedWithAnEventId) {
  World world;
  auto result = async::run(world.loop, started_call(world, tool_call("resume")));
  ASSERT_TRUE(result) << result.error().error.message;
  EXPECT_EQ(result->body, R"({"content":[],"resumed":true})");
  EXPECT_EQ(world.scripted.seen["call resume"], 1);
}

TEST(Keeper, PassesAnUpstreamsQuestionOnBothStreams) {
  for (const char* tool : {"ask", "ask_aside"}) {
    World world;
    RecordingPeer peer;
    auto call = tool_call(tool);
    call.peer = &peer;
    auto result = async::run(world.loop, started_call(world, std::move(call)));
    ASSERT_TRUE(result) << result.error().error.message;
    ASSERT_EQ(peer.asked.size(), 1U) << tool;
    EXPECT_NE(peer.asked[0].find("elicitation/create {\"message\":\"who?\""), std::string::npos);
    EXPECT_NE(result->body.find(R"(\"id\":0,\"result\":{\"action\":\"accept\")"), std::string::npos) << result->body;
  }
}

TEST(Keeper, RefusesAQuestionThatNobodyCanBeAsked) {
  World world;
  auto call = tool_call("ask");
  call.caller.capabilities = "{}";
  auto result = async::run(world.loop, started_call(world, std::move(call)));
  ASSERT_TRUE(result);
  EXPECT_NE(result->body.find("-32601"), std::string::npos) << result->body;
}

async::Task<CallResult> two_rounds(World& world, Call call) {
  world.start();
  co_await reaches(world, Health::State::ready);
  auto again = call;
  auto first = co_await world.keeper->call(std::move(call));
  if (!first || first->kind != Reply::Kind::input_required) co_return first;
  auto forged = again;
  forged.params = mcp::set_member(forged.params, "requestState", "\"bw1.forged\"");
  auto refused = co_await world.keeper->call(std::move(forged));
  EXPECT_TRUE(refused && refused->kind == Reply::Kind::error);
  auto document = json::Document::parse(first->body);
  auto key = document->root()["inputRequests"].members().begin();
  auto responses = fmt::format(R"({{"{}":{{"action":"accept","content":{{"n":7}}}}}})", (*key).key);
  again.params = mcp::set_member(again.params, "inputResponses", responses);
  again.params = mcp::set_member(again.params, "requestState", document->root()["requestState"].raw());
  auto stranger = again;
  stranger.caller.session = "s2";
  auto not_theirs = co_await world.keeper->call(std::move(stranger));
  EXPECT_TRUE(not_theirs && not_theirs->kind == Reply::Kind::error);
  auto second = co_await world.keeper->call(std::move(again));
  co_await world.keeper->stop();
  co_return second;
}

TEST(Keeper, SuspendsACallWhoseStatelessCallerIsAskedByAnUpstreamWithSessions) {
  World world;
  auto call = tool_call("ask");
  call.caller.multi_round = true;
  auto result = async::run(world.loop, two_rounds(world, std::move(call)));
  ASSERT_TRUE(result) << result.error().error.message;
  EXPECT_EQ(result->kind, Reply::Kind::result);
  EXPECT_NE(result->body.find(R"(\"content\":{\"n\":7})"), std::string::npos) << result->body;
  EXPECT_EQ(world.scripted.seen["call ask"], 1);
}

TEST(Keeper, LeavesInputRequiredToACallerThatTakesIt) {
  World world(mcp::Era::stateless);
  auto call = tool_call("rounds");
  call.caller.multi_round = true;
  auto result = async::run(world.loop, started_call(world, std::move(call)));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->kind, Reply::Kind::input_required);
  EXPECT_NE(result->body.find(R"("requestState":"st\u0061te")"), std::string::npos);
}

TEST(Keeper, AsksThePeerWhatAStatelessUpstreamWantsAndCallsAgain) {
  World world(mcp::Era::stateless);
  RecordingPeer peer;
  auto call = tool_call("rounds");
  call.peer = &peer;
  auto result = async::run(world.loop, started_call(world, std::move(call)));
  ASSERT_TRUE(result) << result.error().error.message;
  EXPECT_EQ(result->kind, Reply::Kind::result);
  EXPECT_NE(result->body.find(R"("structuredContent":{"n":7,"state":"st\u0061te"})"), std::string::npos)
      << result->body;
  EXPECT_EQ(world.scripted.seen["call rounds"], 2);
}

TEST(Keeper, SaysWhoCannotAnswerWhenAnUpstreamWantsInput) {
  World world(mcp::Era::stateless);
  auto result = async::run(world.loop, started_call(world, tool_call("rounds")));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->kind, Reply::Kind::error);
  EXPECT_EQ(world.scripted.seen["call rounds"], 1);
}

async::Task<void> listening(World& world, RecordingPeer& peer) {
  world.start();
  co_await reaches(world, Health::State::ready);
  Caller caller{.session = "s1", .capabilities = "{}"};
  std::vector<std::string> uris{"test://a"};
  auto listened = co_await world.keeper->listen(std::move(caller), std::move(uris), &peer);
  EXPECT_TRUE(listened) << listened.error().message;
  world.scripted.say(R"({"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"test://a"}})");
  auto updated = co_await peer.hears("test://a");
  EXPECT_TRUE(updated);
  world.scripted.tools = R"([{"name":"other","inputSchema":{}}])";
  world.scripted.say(R"({"jsonrpc":"2.0","method":"notifications/tools/list_changed"})");
  auto changed = co_await peer.hears("tools/list_changed");
  EXPECT_TRUE(changed);
  EXPECT_EQ(world.keeper->catalog()->tools.at(0).name, "other");  // the new lists are there before anybody is told
  EXPECT_EQ(world.listener.catalogs, (std::vector<std::string>{"up notifications/tools/list_changed"}));
  world.keeper->forget(&peer);
  co_await async::sleep(50);
  co_await world.keeper->stop();
}

TEST_P(BothEras, TellsListenersWhatChanges) {
  World world(GetParam());
  RecordingPeer peer;
  async::run(world.loop, listening(world, peer));
  if (GetParam() == mcp::Era::sessions) {
    EXPECT_EQ(world.scripted.seen["resources/subscribe"], 1);
    EXPECT_EQ(world.scripted.seen["resources/unsubscribe"], 1);
  } else {
    ASSERT_GE(world.scripted.listens.size(), 2U);
    EXPECT_NE(world.scripted.listens[1].find(R"("resourceSubscriptions":["test://a"])"), std::string::npos);
  }
}

async::Task<CallResult> call_after_session_loss(World& world) {
  world.start();
  co_await reaches(world, Health::State::ready);
  auto first = co_await world.keeper->call(tool_call("echo"));
  EXPECT_TRUE(first);
  world.scripted.forget_sessions = true;
  auto second = co_await world.keeper->call(tool_call("echo"));
  co_await world.keeper->stop();
  co_return second;
}

TEST(Keeper, OpensANewSessionWhenTheServerForgotIt) {
  World world;
  auto result = async::run(world.loop, call_after_session_loss(world));
  ASSERT_TRUE(result) << result.error().error.message;
  EXPECT_EQ(world.scripted.seen["call echo"], 2);  // the refused one never ran
}

async::Task<void> recovery(World& world) {
  world.start();
  auto failing = co_await reaches(world, Health::State::failing);
  EXPECT_TRUE(failing);
  EXPECT_NE(world.keeper->health().detail.find("503"), std::string::npos) << world.keeper->health().detail;
  auto refused = co_await world.keeper->call(tool_call("echo"));
  EXPECT_FALSE(refused);
  EXPECT_EQ(refused.error().outcome, Outcome::not_executed);
  auto ready = co_await reaches(world, Health::State::ready);
  EXPECT_TRUE(ready);
  EXPECT_EQ(world.keeper->health().restarts, 2U);
  co_await world.keeper->stop();
}

TEST_P(BothEras, TriesAgainUntilTheUpstreamIsThere) {
  World world(GetParam());
  world.scripted.refuse = 2;
  async::run(world.loop, recovery(world));
}

async::Task<void> hanging(World& world) {
  world.start();
  auto failing = co_await reaches(world, Health::State::failing);
  EXPECT_TRUE(failing);
  EXPECT_EQ(world.keeper->health().detail, "no answer within 200ms");
  auto ready = co_await reaches(world, Health::State::ready);
  EXPECT_TRUE(ready);
  co_await world.keeper->stop();
}

TEST_P(BothEras, AnUpstreamThatHangsAtFirstIsFailingThenReady) {
  World world(GetParam());
  world.scripted.hang = 1;
  world.declared.timeout_ms = 200;
  async::run(world.loop, hanging(world));
}

TEST(Keeper, AnEmptyUpstreamIsReady) {
  World world;
  world.scripted.capabilities = "{}";
  auto result = async::run(world.loop, started_call(world, tool_call("echo")));
  EXPECT_TRUE(result);
  EXPECT_TRUE(world.keeper->catalog()->tools.empty());
}

TEST_P(BothEras, TheCredentialIsSentRereadAndNeverComesBack) {
  auto path = std::filesystem::temp_directory_path() / fmt::format("bw-credential-{}", ::getpid());
  std::ofstream(path) << "top-secret-1\n";
  World world(GetParam());
  world.declared.credentials.push_back(
      {.header = "Authorization", .prefix = "Bearer ", .from = {registry::SecretSource::Kind::file, path}});
  auto result = async::run(world.loop, started_call(world, tool_call("leak")));
  std::filesystem::remove(path);
  ASSERT_TRUE(result) << result.error().error.message;
  EXPECT_EQ(result->body, R"({"content":[{"type":"text","text":"Bearer [credential]"}]})");
  EXPECT_NE(world.scripted.headers_of_calls.at(0).find("Bearer top-secret-1"), std::string::npos);
}

TEST(Credentials, AreReadAgainWhenTheirFileChanges) {
  auto path = std::filesystem::temp_directory_path() / fmt::format("bw-rotated-{}", ::getpid());
  std::ofstream(path) << "first-secret";
  Credentials credentials({{.header = "X", .from = {registry::SecretSource::Kind::file, path}}});
  EXPECT_EQ(credentials.fields()->at(0).second, "first-secret");
  std::ofstream(path) << "second-secret\n";
  EXPECT_EQ(credentials.fields()->at(0).second, "second-secret");
  std::string text = "first-secret, second-secret, third-secret";
  credentials.mask(text);
  EXPECT_EQ(text, "[credential], [credential], third-secret");
  std::filesystem::remove(path);
  auto missing = credentials.fields();
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message.find("secret,"), std::string::npos);
}

TEST(Credentials, AreMaskedHoweverJsonSpellsThem) {
  auto path = std::filesystem::temp_directory_path() / fmt::format("bw-spelled-{}", ::getpid());
  std::ofstream(path) << R"(a/b+"c"&<d>=)";
  Credentials credentials({{.header = "X", .from = {registry::SecretSource::Kind::file, path}}});
  ASSERT_TRUE(credentials.fields());
  std::filesystem::remove(path);
  for (const auto* spelled :
       {R"(a/b+"c"&<d>=)", R"(a/b+\"c\"&<d>=)", R"(a\/b+\"c\"&<d>=)", R"(a/b+\"c\"\u0026\u003cd\u003e=)"}) {
    auto text = fmt::format(R"({{"error":{{"code":-32000,"message":"no such key: {}"}}}})", spelled);
    credentials.mask(text);
    EXPECT_EQ(text, R"({"error":{"code":-32000,"message":"no such key: [credential]"}})") << spelled;
  }
}

async::Task<void> roots_change(World& world, RecordingPeer& peer) {
  world.start();
  co_await reaches(world, Health::State::ready);
  Caller caller{.session = "s1", .capabilities = R"({"roots":{"listChanged":true}})"};
  std::vector<std::string> none;
  auto listened = co_await world.keeper->listen(std::move(caller), std::move(none), &peer);
  EXPECT_TRUE(listened);
  world.keeper->roots_changed("s1");  // nobody has asked for them
  for (int round = 1; round <= 2; ++round) {
    world.scripted.answered.reset();
    world.scripted.say(mcp::request_text("7", mcp::method::roots_list, "{}"));
    auto first = co_await async::wait_any(5'000, world.scripted.answered);
    EXPECT_TRUE(first) << "asked between calls, round " << round;
    world.keeper->roots_changed("s1");
    world.keeper->roots_changed("s2");
    while (world.scripted.seen["notifications/roots/list_changed"] < round) {
      world.scripted.noted.reset();
      auto noted = co_await async::wait_any(5'000, world.scripted.noted);
      if (!noted) break;
    }
    EXPECT_EQ(world.scripted.seen["notifications/roots/list_changed"], round);
  }
  co_await world.keeper->stop();
}

TEST(Keeper, RootsAreAskedOfWhoListensAndTheirChangesAreToldToWhoAsked) {
  World world;
  RecordingPeer peer;
  peer.says = R"({"roots":[{"uri":"file:///work"}]})";
  async::run(world.loop, roots_change(world, peer));
  EXPECT_EQ(peer.asked, (std::vector<std::string>{"roots/list {}", "roots/list {}"}));
  ASSERT_EQ(world.scripted.answers.size(), 2U);
  EXPECT_NE(world.scripted.answers[0].find("file:///work"), std::string::npos) << world.scripted.answers[0];
}

async::Task<void> listener_survives(World& world, RecordingPeer& peer) {
  world.start();
  co_await reaches(world, Health::State::ready);
  Caller caller{.session = "s1", .capabilities = "{}"};
  std::vector<std::string> uris{"test://a"};
  auto listened = co_await world.keeper->listen(std::move(caller), std::move(uris), &peer);
  EXPECT_TRUE(listened);
  world.scripted.forget_sessions = true;
  world.scripted.end_streams();
  while (world.scripted.seen["resources/subscribe"] < 2) {
    world.scripted.noted.reset();
    auto first = co_await async::wait_any(5'000, world.scripted.noted);
    if (!first) break;
  }
  EXPECT_EQ(world.scripted.seen["resources/subscribe"], 2);
  co_await async::sleep(50);
  world.scripted.say(R"({"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"test://a"}})");
  auto heard = co_await peer.hears("test://a");
  EXPECT_TRUE(heard);
  co_await world.keeper->stop();
}

TEST(Keeper, AListenerSurvivesTheLossOfItsSession) {
  World world;
  RecordingPeer peer;
  async::run(world.loop, listener_survives(world, peer));
}

async::Task<void> shared_subscriptions(World& world, RecordingPeer& one, RecordingPeer& two) {
  world.start();
  co_await reaches(world, Health::State::ready);
  auto subscribe = tool_call("echo");
  subscribe.method = "resources/subscribe";
  subscribe.params = R"({"uri":"test://b"})";
  Caller first{.session = "s1", .capabilities = "{}"}, second{.session = "s2", .capabilities = "{}"};
  std::vector<std::string> uris{"test://a"}, none;
  auto listened = co_await world.keeper->listen(std::move(first), std::move(uris), &one);
  EXPECT_TRUE(listened);
  listened = co_await world.keeper->listen(std::move(second), std::move(none), &two);
  EXPECT_TRUE(listened);
  subscribe.caller.session = "s2";
  auto subscribed = co_await world.keeper->call(std::move(subscribe));
  EXPECT_TRUE(subscribed && subscribed->body == "{}");
  for (const char* uri : {"test://a", "test://b"}) {
    world.scripted.say(
        fmt::format(R"({{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{{"uri":"{}"}}}})", uri));
  }
  auto a = co_await one.hears("test://a");
  auto b = co_await two.hears("test://b");
  EXPECT_TRUE(a && b);
  EXPECT_FALSE(one.heard("test://b"));
  EXPECT_FALSE(two.heard("test://a"));
  world.keeper->close_session("s2");
  co_await async::sleep(50);
  co_await world.keeper->stop();
}

TEST_P(BothEras, OnASharedLinkEachHearsOfItsOwnResources) {
  World world(GetParam());
  world.declared.sessions = registry::Sessions::shared;
  RecordingPeer one, two;
  async::run(world.loop, shared_subscriptions(world, one, two));
  EXPECT_EQ(world.scripted.seen["resources/unsubscribe"], GetParam() == mcp::Era::sessions ? 1 : 0);
}

async::Task<void> stays_failing(World& world, std::string why) {
  world.start();
  auto failing = co_await reaches(world, Health::State::failing);
  EXPECT_TRUE(failing);
  EXPECT_NE(world.keeper->health().detail.find(why), std::string::npos) << world.keeper->health().detail;
  EXPECT_TRUE(world.keeper->catalog()->tools.empty());
  co_await world.keeper->stop();
}

TEST(Keeper, ACatalogueHasBounds) {
  World endless;
  endless.scripted.next_cursor = "again";
  async::run(endless.loop, stays_failing(endless, "more than 100 pages"));

  World wide;
  std::string tools = "[";
  for (std::size_t i = 0; i <= kListedMax; ++i) tools += fmt::format(R"({}{{"name":"t{}"}})", i ? "," : "", i);
  wide.scripted.tools = tools + "]";
  async::run(wide.loop, stays_failing(wide, "more than 10000 entries"));
}

TEST(Keeper, WhatAnUpstreamSaysOfItsFailureIsShownWithItsEscapes) {
  World world;
  world.scripted.protocol = R"(\u001b[31mred)";
  async::run(world.loop, stays_failing(world, R"(\x1b[31mred)"));
}

TEST(Keeper, AToolThatTakesAnothersNameIsLeftOut) {
  World world;
  world.scripted.tools = R"([{"name":"echo"},{"name":"echo","description":"better"},{"description":"nameless"},7])";
  auto result = async::run(world.loop, started_call(world, tool_call("echo")));
  EXPECT_TRUE(result);
  ASSERT_EQ(world.keeper->catalog()->tools.size(), 1U);
  EXPECT_EQ(world.keeper->catalog()->tools[0].definition, R"({"name":"echo"})");
}

TEST(Keeper, EqualToolsHaveEqualDigestsHoweverTheyAreWritten) {
  std::string digests[2];
  const char* spellings[] = {R"([{"name":"echo","inputSchema":{"a":1,"b":[]}}])",
                             R"([{"inputSchema" : {"b":[],"a":1.0},"name":"\u0065cho"}])"};
  for (int i = 0; i < 2; ++i) {
    World world;
    world.scripted.tools = spellings[i];
    auto result = async::run(world.loop, started_call(world, tool_call("echo")));
    EXPECT_TRUE(result);
    digests[i] = world.keeper->catalog()->tools.at(0).digest;
  }
  EXPECT_EQ(digests[0], digests[1]);
}

async::Task<void> many_calls(World& world, int& running, int& failures, async::Event& done) {
  auto result = co_await world.keeper->call(tool_call("slow"));
  if (!result && result.error().error.code == Code::resource_exhausted) ++failures;
  if (--running == 0) done.set();
}

async::Task<void> crowd(World& world, int& failures) {
  world.start();
  co_await reaches(world, Health::State::ready);
  int running = 3 + static_cast<int>(kCallsWaitingMax) + 5;
  async::Event done;
  for (int i = running; i > 0; --i) async::spawn(world.loop, many_calls(world, running, failures, done));
  co_await async::sleep(100);
  EXPECT_EQ(world.scripted.seen["call slow"], 3);
  co_await world.keeper->stop();
  co_await async::wait_any(5'000, done);
}

TEST(Keeper, CallsBeyondTheLimitWaitInALineThatEnds) {
  World world;
  world.declared.concurrency = 3;
  int failures = 0;
  async::run(world.loop, crowd(world, failures));
  EXPECT_EQ(failures, 5);
}

}  // namespace
}  // namespace bw::execution
