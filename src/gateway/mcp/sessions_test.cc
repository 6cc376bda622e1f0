// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "gateway/mcp/door_fake.h"
#include "json/writer.h"

namespace bw::gateway {
namespace {

using testing::at;
using testing::World;
using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kAll = R"({"elicitation":{},"sampling":{},"roots":{}})";

std::string request(int id, std::string_view method, std::string_view params = "{}") {
  return fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"{}","params":{}}})", id, method, params);
}

// A client with a session.
struct Client {
  explicit Client(World& the_world, std::string the_token = "bot", std::string_view revision = "2025-11-25",
                  std::string_view capabilities = kAll)
      : world(the_world), token(std::move(the_token)) {
    auto params =
        fmt::format(R"({{"protocolVersion":"{}","capabilities":{},"clientInfo":{{"name":"c","version":"1"}}}})",
                    revision, capabilities);
    hello = world.send("POST", request(0, "initialize", params), {{"Authorization", "Bearer " + token}});
    if (hello->writer.response) session = hello->writer.response->headers.find("Mcp-Session-Id").value_or("");
  }

  Fields fields(Fields more = {}) const {
    more.emplace_back("Authorization", "Bearer " + token);
    more.emplace_back("Mcp-Session-Id", session);
    more.emplace_back("MCP-Protocol-Version", "2025-11-25");
    return more;
  }
  auto post(std::string body, Fields more = {}) const {
    return world.send("POST", std::move(body), fields(std::move(more)));
  }
  auto ask(std::string_view method, std::string_view params = "{}") const { return post(request(1, method, params)); }
  auto call(const std::string& tool, int id = 1, std::string_view more = "", Fields extra = {}) const {
    return post(request(id, "tools/call", fmt::format(R"({{"name":"{}","arguments":{{}}{}}})", tool, more)),
                std::move(extra));
  }
  auto get(Fields more = {}) const { return world.send("GET", "", fields(std::move(more))); }
  auto end() const { return world.send("DELETE", "", fields()); }

  World& world;
  std::string token;
  std::string session;
  std::shared_ptr<testing::Exchange> hello;
};

TEST(Sessions, BeginWithInitialize) {
  World world;
  Client client(world);
  EXPECT_EQ(client.hello->status(), 200);
  EXPECT_GE(client.session.size(), 32U);
  EXPECT_EQ(at(client.hello->body(), "result", "protocolVersion"), "2025-11-25");
  EXPECT_EQ(at(client.hello->body(), "result", "serverInfo", "name"), "bailiwick");
  EXPECT_EQ(at(client.hello->body(), "result", "resultType"), "");
  auto ready = client.post(R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
  EXPECT_EQ(ready->status(), 202);
  EXPECT_EQ(ready->body(), "");
  EXPECT_EQ(at(Client(world, "bot", "2025-06-18").hello->body(), "result", "protocolVersion"), "2025-06-18");
  EXPECT_EQ(at(Client(world, "bot", "1999-01-01").hello->body(), "result", "protocolVersion"), "2025-11-25");
  EXPECT_EQ(at(Client(world, "bot", "2025-11-25", "7").hello->body(), "error", "code"), "-32602");
}

TEST(Sessions, BelongToWhoeverOpenedThem) {
  World world;
  Client bot(world);
  auto status = [&](std::string token, std::string session) {
    Client other = bot;
    other.token = std::move(token);
    other.session = std::move(session);
    return std::tuple(other.ask("ping")->status(), other.get()->status(), other.end()->status());
  };
  EXPECT_EQ(status("guest", bot.session), std::tuple(404, 404, 404));
  EXPECT_EQ(status("bot", "made-up"), std::tuple(404, 404, 404));
  EXPECT_EQ(status("bot", ""), std::tuple(400, 400, 400));
  EXPECT_EQ(at(Client(bot).ask("ping")->body(), "result"), "{}");
  EXPECT_EQ(bot.post(request(1, "ping"), {{"MCP-Protocol-Version", "v9"}})->status(), 400);
}

TEST(Sessions, EndWithDelete) {
  World world;
  Client client(world);
  auto stream = client.get();
  EXPECT_EQ(client.end()->status(), 200);
  EXPECT_TRUE(stream->returned);
  EXPECT_EQ(client.ask("ping")->status(), 404);
  EXPECT_EQ(world.upstreams["desk"].closed, std::vector<std::string>{client.session});
}

TEST(Sessions, EndWithTheTokenThatOpenedThem) {
  World world;
  Client client(world);
  Client other(world, "guest");
  auto stream = client.get();
  auto theirs = other.get();
  world.revoke("tok_bot");
  EXPECT_TRUE(stream->returned && stream->writer.finished);
  EXPECT_FALSE(theirs->returned);
  EXPECT_EQ(world.upstreams["desk"].closed, std::vector<std::string>{client.session});
  world.authenticator.revoked.clear();
  EXPECT_EQ(client.ask("ping")->status(), 404) << "a new token does not bring the session back";
}

TEST(Sessions, ACallThatWasSentGoesOnWhenItsTokenEnds) {
  World world;
  Client client(world);
  world.path.waits = true;
  auto plain = client.call("desk_look", 1, "", {{"Accept", "application/json"}});
  auto streamed = client.call("desk_look", 2);
  world.pass_ms(1'000);
  EXPECT_TRUE(streamed->is_stream());
  world.revoke("tok_bot");
  EXPECT_EQ(plain->status(), 401);
  EXPECT_EQ(at(plain->body(), "id"), "1");
  EXPECT_TRUE(streamed->returned && streamed->writer.finished);
  EXPECT_EQ(world.path.cancelled, 0);
  EXPECT_TRUE(world.upstreams["desk"].closed.empty()) << "its session is needed until the outcomes are known";
  for (const auto& gate : world.path.gates) gate->set();
  world.settle();
  EXPECT_EQ(world.upstreams["desk"].closed, std::vector<std::string>{client.session});
}

TEST(Sessions, OutliveATokenThatWasReplacedInTime) {
  World world;
  Client client(world);
  Client renewed = client;
  renewed.token = "bot2";
  EXPECT_EQ(renewed.ask("ping")->status(), 200);
  world.revoke("tok_bot");
  EXPECT_EQ(renewed.ask("ping")->status(), 200);
}

TEST(Sessions, AreBoundedAndExpire) {
  World world({.sessions_max = 3, .sessions_per_agent_max = 2, .session_idle_ms = 60'000});
  Client first(world);
  world.pass_ms(10);
  Client second(world);
  world.pass_ms(10);
  first.ask("ping");
  Client third(world);
  EXPECT_EQ(second.ask("ping")->status(), 404) << "it was idle longest";
  EXPECT_EQ(first.ask("ping")->status(), 200);
  auto one = first.get();
  auto two = third.get();
  EXPECT_EQ(Client(world).hello->status(), 503) << "nobody's open stream is cut";
  EXPECT_EQ(Client(world, "guest").hello->status(), 200);
  EXPECT_EQ(world.door.sessions(), 3U);
  one->writer.closed().set();
  for (int i = 0; i < 4; ++i) world.pass_ms(30'000);
  EXPECT_EQ(world.door.sessions(), 1U) << "an open stream keeps a session alive";
}

TEST(Sessions, AnswerWhatNeedsNoUpstream) {
  World world;
  Client client(world);
  EXPECT_EQ(at(client.ask("tools/list")->body(), "result", "tools", 1, "name"), "desk_look");
  EXPECT_EQ(at(client.ask("tools/list")->body(), "result", "ttlMs"), "");
  EXPECT_EQ(at(client.ask("logging/setLevel", R"({"level":"warning"})")->body(), "result"), "{}");
  EXPECT_EQ(at(client.ask("logging/setLevel", R"({"level":"loud"})")->body(), "error", "code"), "-32602");
  auto unknown = client.ask("no/such");
  EXPECT_EQ(unknown->status(), 200);
  EXPECT_EQ(at(unknown->body(), "error", "code"), "-32601");
  client.call("find");
  EXPECT_EQ(world.path.requests.back().call.caller.log_level, "warning");
}

TEST(Sessions, ACallThatIsAnsweredAtOnceIsPlainJson) {
  World world;
  Client client(world);
  auto got = client.call("desk_look");
  EXPECT_FALSE(got->is_stream());
  EXPECT_EQ(at(got->body(), "result", "content", 0, "text"), "done");
  EXPECT_EQ(at(got->body(), "result", "_meta", "dev.bailiwick/receipt", "action"), "act_1");
  const auto& caller = world.path.requests[0].call.caller;
  EXPECT_EQ(caller.session, client.session);
  EXPECT_EQ(caller.capabilities, kAll);
  EXPECT_FALSE(caller.multi_round);
  EXPECT_TRUE(world.path.requests[0].run.starts_with("run_"));
  client.call("find");
  EXPECT_EQ(world.path.requests[0].run, world.path.requests[1].run) << "a session is one run";
}

TEST(Sessions, ALongCallBecomesAStreamThatCanBeResumed) {
  World world;
  world.path.waits = true;
  Client client(world);
  auto got = client.call("find");
  EXPECT_FALSE(got->writer.answered());
  world.pass_ms(250);
  ASSERT_TRUE(got->is_stream());
  EXPECT_EQ(got->writer.bytes, "id: c1/0\nretry: 1000\ndata: \n\n");
  got->writer.closed().set();
  world.settle();
  EXPECT_TRUE(got->returned);
  EXPECT_EQ(world.path.cancelled, 0) << "a lost connection cancels nothing";
  world.path.gates[0]->set();
  world.settle();

  auto resumed = client.get({{"Last-Event-ID", "c1/0"}});
  auto events = resumed->events();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].id, "c1/1");
  EXPECT_EQ(at(events[0].data, "result", "content", 0, "text"), "done");
  EXPECT_TRUE(resumed->writer.finished);
  EXPECT_EQ(client.get({{"Last-Event-ID", "c9/0"}})->status(), 400);
  EXPECT_EQ(client.get({{"Last-Event-ID", "c1"}})->status(), 400);
  Client other(world);
  EXPECT_EQ(other.get({{"Last-Event-ID", "c1/0"}})->status(), 400) << "streams belong to their session";
}

TEST(Sessions, OlderClientsGetNoEventWithoutData) {
  World world;
  world.path.waits = true;
  Client client(world, "bot", "2025-06-18");
  auto got = client.call("find");
  world.pass_ms(250);
  EXPECT_EQ(got->writer.bytes, "");
  EXPECT_TRUE(got->is_stream());
}

TEST(Sessions, AStreamThatAnUpstreamClosesIsClosedForItsClient) {
  World world;
  world.path.waits = true;
  Client client(world);
  auto got = client.call("find", 1, "", {{"Accept", "text/event-stream, application/json"}});
  ASSERT_TRUE(got->is_stream()) << "it named the stream first";
  async::spawn(world.loop, world.path.requests[0].call.peer->notify("notifications/bailiwick/stream_closed", "{}"));
  world.settle();
  EXPECT_TRUE(got->writer.finished);
  world.path.gates[0]->set();
  world.settle();
  EXPECT_EQ(client.get({{"Last-Event-ID", "c1/0"}})->events().size(), 1U);
}

TEST(Sessions, WhoAcceptsOnlyJsonWaitsForIt) {
  World world;
  world.path.waits = true;
  Client client(world);
  auto got = client.call("find", 1, "", {{"Accept", "application/json"}});
  world.pass_ms(60'000);
  EXPECT_FALSE(got->writer.answered());
  world.path.gates[0]->set();
  world.settle();
  EXPECT_EQ(at(got->body(), "result", "content", 0, "text"), "done");
}

async::Task<Answer> asking(const Request& request) {
  auto answer = co_await request.call.peer->request("elicitation/create", R"({"message":"sure?"})");
  co_return testing::replied(answer ? R"({"content":[],"said":)" + *answer + "}"
                                    : R"({"content":[],"failed":)" + json::quoted(answer.error().message) + "}");
}

TEST(Sessions, AnUpstreamAsksTheClientUnderANumberOfOurs) {
  World world;
  world.path.script = asking;
  Client client(world);
  auto one = client.call("find", 1);
  auto two = client.call("find", 2);
  auto question = [](const auto& exchange) { return exchange->events().back().data; };
  EXPECT_EQ(at(question(one), "method"), "elicitation/create");
  EXPECT_EQ(at(question(one), "params", "message"), "sure?");
  auto first = at(question(one), "id"), second = at(question(two), "id");
  EXPECT_NE(first, second);

  auto respond = [&](const Client& who, std::string id, std::string_view member) {
    return who.post(fmt::format(R"({{"jsonrpc":"2.0","id":{},{}}})", id, member))->status();
  };
  Client stranger(world);
  EXPECT_EQ(respond(stranger, first, R"("result":{"action":"forged"})"), 202);
  EXPECT_EQ(respond(client, second, R"("result":{"action":"accept"})"), 202);
  EXPECT_EQ(at(two->last(), "result", "said", "action"), "accept");
  EXPECT_EQ(at(two->last(), "id"), "2");
  EXPECT_FALSE(one->writer.finished);
  EXPECT_EQ(respond(client, first, R"("error":{"code":-1,"message":"I will not"})"), 202);
  EXPECT_EQ(at(one->last(), "result", "failed"), "I will not");
  EXPECT_EQ(respond(client, first, R"("result":{})"), 202) << "answered twice: nobody is waiting";
}

TEST(Sessions, AClientIsAskedOnlyForWhatItDeclared) {
  World world;
  world.path.script = asking;
  Client client(world, "bot", "2025-11-25", R"({"sampling":{}})");
  EXPECT_NE(at(client.call("find")->body(), "result", "failed").find("did not declare"), std::string::npos);
}

TEST(Sessions, AQuestionOutsideOfACallGoesToTheStandingStream) {
  World world;
  world.path.script = asking;
  Client client(world);
  auto alone = client.call("find", 1, "", {{"Accept", "application/json"}});
  EXPECT_NE(at(alone->body(), "result", "failed").find("no stream"), std::string::npos);
  auto standing = client.get();
  auto got = client.call("find", 2, "", {{"Accept", "application/json"}});
  ASSERT_EQ(standing->events().size(), 1U);
  auto id = at(standing->events()[0].data, "id");
  client.post(fmt::format(R"({{"jsonrpc":"2.0","id":{},"result":{{"action":"accept"}}}})", id));
  EXPECT_EQ(at(got->body(), "result", "said", "action"), "accept");
}

TEST(Sessions, CancelledCallsGetNoResponse) {
  World world;
  world.path.waits = true;
  Client client(world);
  auto got = client.call("find", 5);
  world.pass_ms(250);
  EXPECT_EQ(client.post(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":5}})")->status(),
            202);
  EXPECT_EQ(world.path.cancelled, 1);
  EXPECT_TRUE(got->writer.finished);
  EXPECT_TRUE(got->events().empty() || got->events().back().data.empty());
  client.post(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":5}})");
  client.post(R"({"jsonrpc":"2.0","method":"notifications/cancelled"})");
}

TEST(Sessions, CallsInFlightAreBoundedAndHaveTheirOwnIds) {
  World world({.calls_per_session_max = 2});
  world.path.waits = true;
  Client client(world);
  auto one = client.call("find", 1);
  EXPECT_EQ(at(client.call("find", 1)->body(), "error", "code"), "-32600");
  auto two = client.call("find", 2);
  EXPECT_EQ(at(client.call("find", 3)->body(), "error", "code"), "-32600");
  EXPECT_EQ(world.path.requests.size(), 2U);
  one->writer.closed().set();
  client.end();
  world.settle();
  EXPECT_EQ(world.path.cancelled, 2);
  EXPECT_TRUE(two->returned);
}

TEST(Sessions, ProgressComesBackUnderTheCallersToken) {
  World world;
  world.path.waits = true;
  Client client(world);
  auto got = client.call("find", 1, R"(,"_meta":{"progressToken":"mine"})");
  auto* peer = world.path.requests[0].call.peer;
  async::spawn(world.loop,
               peer->notify("notifications/progress", R"({"progressToken":"mine","progress":5,"total":9})"));
  world.settle();
  world.pass_ms(10'000);
  auto events = got->events();
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(at(events[1].data, "params"), R"({"progressToken":"mine","progress":5,"total":9})");
  EXPECT_GT(std::stod(at(events[2].data, "params", "progress")), 5);
}

TEST(Sessions, OtherRootsAreToldToTheUpstreams) {
  World world;
  Client client(world);
  EXPECT_EQ(client.post(R"({"jsonrpc":"2.0","method":"notifications/roots/list_changed"})")->status(), 202);
  EXPECT_EQ(world.upstreams["desk"].roots_changes, std::vector<std::string>{client.session});
}

TEST(Sessions, ABurstOfChangesIsToldAsOne) {
  World world;
  Client client(world);
  auto standing = client.get();
  for (int i = 0; i < 64; ++i) world.changes.everything_changed();
  world.pass_ms(99);
  EXPECT_TRUE(standing->events().empty());
  world.pass_ms(1);
  EXPECT_EQ(standing->events().size(), 3U) << "tools, resources and prompts";
  world.pass_ms(1'000);
  EXPECT_EQ(standing->events().size(), 3U);
}

TEST(Sessions, TheStandingStreamTellsOfChangesAndIsResumed) {
  World world;
  Client client(world);
  world.changes.everything_changed();
  world.pass_ms(100);
  world.changes.everything_changed();
  world.pass_ms(100);
  auto standing = client.get();
  EXPECT_EQ(standing->events().size(), 3U) << "what waited is told once";
  world.changes.catalog_changed("desk", "notifications/tools/list_changed");
  world.pass_ms(100);
  auto events = standing->events();
  ASSERT_EQ(events.size(), 4U);
  EXPECT_EQ(events[3].id, "s/4");
  EXPECT_EQ(at(events[3].data, "method"), "notifications/tools/list_changed");

  auto newer = client.get();
  EXPECT_TRUE(standing->returned) << "one reader at a time";
  EXPECT_TRUE(newer->events().empty());
  auto resumed = client.get({{"Last-Event-ID", "s/2"}});
  EXPECT_EQ(resumed->events().size(), 2U);
  EXPECT_EQ(client.get({{"Accept", "application/json"}})->status(), 406);
}

TEST(Sessions, SubscriptionsReachTheUpstreamThatOwnsTheResource) {
  World world({.subscriptions_max = 2});
  Client client(world);
  EXPECT_EQ(at(client.ask("resources/subscribe", R"({"uri":"note://1"})")->body(), "result"), "{}");
  ASSERT_EQ(world.upstreams["notes"].listening.size(), 1U);
  EXPECT_EQ(world.upstreams["notes"].callers[0].session, client.session);
  EXPECT_EQ(at(client.ask("resources/subscribe", R"({"uri":"secret://1"})")->body(), "error", "code"), "-32002");
  auto standing = client.get();
  auto* peer = world.upstreams["notes"].listening.begin()->first;
  async::spawn(world.loop, peer->notify("notifications/resources/updated", R"({"uri":"note://1"})"));
  world.settle();
  EXPECT_EQ(at(standing->last(), "params", "uri"), "note://1");
  client.ask("resources/subscribe", R"({"uri":"note://2"})");
  EXPECT_EQ(at(client.ask("resources/subscribe", R"({"uri":"note://3"})")->body(), "error", "code"), "-32603");
  client.ask("resources/unsubscribe", R"({"uri":"note://1"})");
  EXPECT_EQ(world.upstreams["notes"].listening.begin()->second, std::vector<std::string>{"note://2"});
  client.end();
  EXPECT_TRUE(world.upstreams["notes"].listening.empty());
}

TEST(Sessions, HoldsAndDenialsReadTheSameAsInTheOtherGeneration) {
  World world;
  Client client(world);
  world.path.answer = testing::held("tkt_1", 1);
  EXPECT_EQ(at(client.call("desk_refund")->body(), "result", "_meta", "dev.bailiwick/approval", "ticket"), "tkt_1");
  world.path.answer = testing::denied("killed", "everything is stopped");
  EXPECT_EQ(at(client.call("desk_refund")->body(), "result", "content", 0, "text"),
            "NOT EXECUTED — denied (killed): everything is stopped");
  auto read = client.ask("resources/read", R"({"uri":"note://1"})");
  EXPECT_EQ(at(read->body(), "error", "code"), "-32603");
  EXPECT_EQ(at(client.ask("resources/read", R"({"uri":"secret://1"})")->body(), "error", "code"), "-32002");
}

TEST(SessionStream, DropsTheOldestAtItsBoundsAndKeepsTheLast) {
  McpLimits limits{.kept_bytes_max = 10, .notices_max = 3};
  SessionStream stream("c1");
  for (int i = 1; i <= 5; ++i) stream.push(std::to_string(i), limits);
  EXPECT_EQ(stream.last(), 5U);
  EXPECT_EQ(stream.next_after(0), 3U);
  EXPECT_EQ(stream.at(3), "3");
  stream.push(std::string(100, 'x'), limits);
  EXPECT_EQ(stream.next_after(0), 6U);
  EXPECT_EQ(stream.next_after(6), std::nullopt);
  EXPECT_EQ(stream.next_after(UINT64_MAX), std::nullopt);
}

}  // namespace
}  // namespace bw::gateway
