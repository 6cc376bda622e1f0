// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "gateway/mcp/door_fake.h"

namespace bw::gateway {
namespace {

using testing::at;
using testing::World;
using Fields = std::vector<std::pair<std::string, std::string>>;

// `more` are further members of params, each followed by a comma.
std::string body(std::string_view method, std::string_view more = "", std::string_view capabilities = "{}",
                 std::string_view meta = "") {
  return fmt::format(
      R"({{"jsonrpc":"2.0","id":7,"method":"{}","params":{{{}"_meta":{{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
      R"("io.modelcontextprotocol/clientCapabilities":{}{}}}}}}})",
      method, more, capabilities, meta);
}
Fields fields(std::string method, std::string name = "") {
  Fields given = {{"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", std::move(method)}};
  if (!name.empty()) given.emplace_back("Mcp-Name", std::move(name));
  return given;
}
auto post(World& world, std::string method, std::string_view more = "", std::string_view meta = "",
          std::string_view capabilities = "{}") {
  return world.send("POST", body(method, more, capabilities, meta), fields(method));
}
auto call(World& world, const std::string& tool, std::string_view arguments = "{}", std::string_view meta = "",
          std::string_view more = "", std::string_view capabilities = "{}") {
  auto params = fmt::format(R"("name":"{}","arguments":{},{})", tool, arguments, more);
  return world.send("POST", body("tools/call", params, capabilities, meta), fields("tools/call", tool));
}

TEST(Stateless, DiscoverSaysWhatIsSpoken) {
  World world;
  auto got = post(world, "server/discover");
  EXPECT_EQ(got->status(), 200);
  EXPECT_EQ(at(got->body(), "result", "supportedVersions"), R"(["2026-07-28"])");
  EXPECT_EQ(at(got->body(), "result", "resultType"), "complete");
  EXPECT_EQ(at(got->body(), "result", "cacheScope"), "private");
  EXPECT_EQ(at(got->body(), "result", "_meta", "io.modelcontextprotocol/serverInfo", "version"), "1.2.3");
  EXPECT_EQ(at(got->body(), "id"), "7");
}

TEST(Stateless, ListsArePrivateToTheCaller) {
  World world;
  auto got = post(world, "tools/list");
  EXPECT_EQ(at(got->body(), "result", "tools", 0, "name"), "desk_refund");
  EXPECT_EQ(at(got->body(), "result", "cacheScope"), "private");
  EXPECT_EQ(at(got->body(), "result", "ttlMs"), "0");
  auto templates = post(world, "resources/templates/list");
  EXPECT_EQ(at(templates->body(), "result", "resourceTemplates", 0, "uriTemplate"), "note://by/{author}");
  EXPECT_EQ(at(post(world, "prompts/list")->body(), "result", "prompts", 0, "name"), "greet");
}

TEST(Stateless, ACallIsAnActionWithTheArgumentsAsTheyCame) {
  World world;
  auto got = call(world, "desk_look", R"({"b":1.0, "a":"x"})",
                  R"(,"progressToken":"p1","traceparent":"00-ab","dev.bailiwick/run":"nightly")");
  EXPECT_EQ(got->status(), 200);
  ASSERT_EQ(world.path.requests.size(), 1U);
  const auto& request = world.path.requests[0];
  EXPECT_EQ(request.name, "desk/look");
  EXPECT_EQ(request.principal.agent, "bot");
  EXPECT_EQ(request.run, "bot:nightly");
  EXPECT_EQ(request.arguments, R"({"b":1.0, "a":"x"})");
  EXPECT_EQ(request.call.params, R"({"name":"look","arguments":{"b":1.0, "a":"x"},"_meta":{"traceparent":"00-ab"}})");
  EXPECT_EQ(request.call.progress_token, R"("p1")");
  EXPECT_TRUE(request.call.caller.multi_round);
  EXPECT_EQ(at(got->body(), "result", "content", 0, "text"), "done");
  EXPECT_EQ(at(got->body(), "result", "_meta", "dev.bailiwick/receipt"),
            R"({"action":"act_1","run":"run_1","entry":12,"leaf":"c0ffee"})");
}

TEST(Stateless, ACallerWithoutARunGetsOnePerToken) {
  World world;
  call(world, "desk_look");
  call(world, "find");
  EXPECT_EQ(world.path.requests[0].run, world.path.requests[1].run);
  EXPECT_TRUE(world.path.requests[0].run.starts_with("run_"));
  auto wrong = call(world, "find", "{}", R"(,"dev.bailiwick/run":"no spaces please")");
  EXPECT_EQ(at(wrong->body(), "error", "code"), "-32602");
}

TEST(Stateless, ADenialIsAToolResultThatSaysItFirst) {
  World world;
  world.path.answer = testing::denied("refund.cap", "at most 200 dollars a day");
  auto got = call(world, "desk_refund");
  EXPECT_EQ(got->status(), 200);
  EXPECT_EQ(at(got->body(), "result", "isError"), "true");
  EXPECT_EQ(at(got->body(), "result", "content", 0, "text"),
            "NOT EXECUTED — denied by rule refund.cap: at most 200 dollars a day");
  EXPECT_EQ(at(got->body(), "result", "_meta", "dev.bailiwick/decision", "code"), "refund.cap");
  EXPECT_EQ(at(got->body(), "result", "_meta", "dev.bailiwick/receipt", "action"), "act_1");
  EXPECT_EQ(at(got->body(), "result", "resultType"), "complete");
}

TEST(Stateless, AHoldIsATicketInWordsThatAModelActsOn) {
  World world;
  world.path.answer = testing::held("tkt_9", 1'800'000'600'000);
  auto got = call(world, "desk_refund");
  auto text = at(got->body(), "result", "content", 0, "text");
  EXPECT_TRUE(text.starts_with("NOT EXECUTED — waiting for approval: refunds need")) << text;
  EXPECT_NE(text.find("tkt_9"), std::string::npos);
  EXPECT_NE(text.find("Do not attempt by another route"), std::string::npos);
  EXPECT_EQ(
      at(got->body(), "result", "_meta", "dev.bailiwick/approval"),
      R"({"ticket":"tkt_9","state":"held","rule":"refund.large","digest":"d1ce","expiresAt":"2027-01-15T08:10:00.000Z"})");
  EXPECT_EQ(at(got->body(), "result", "isError"), "true");
}

TEST(Stateless, AnUnknownOutcomeIsNeverWordedAsSuccessOrFailure) {
  World world;
  world.path.answer = {
      .kind = Answer::Kind::failed, .outcome = domain::Outcome::ambiguous, .message = "the upstream did not answer"};
  auto text = at(call(world, "desk_refund")->body(), "result", "content", 0, "text");
  EXPECT_TRUE(text.starts_with("OUTCOME UNKNOWN — the upstream did not answer")) << text;
  EXPECT_NE(text.find("Do not repeat it blindly"), std::string::npos);
  world.path.answer.outcome = domain::Outcome::not_executed;
  text = at(call(world, "desk_refund")->body(), "result", "content", 0, "text");
  EXPECT_TRUE(text.starts_with("NOT EXECUTED — ")) << text;
}

TEST(Stateless, WhatWasNotGrantedReadsLikeWhatDoesNotExist) {
  World world;
  auto unknown = call(world, "desk_nothing");
  EXPECT_EQ(unknown->status(), 200);
  EXPECT_EQ(at(unknown->body(), "error"), R"({"code":-32602,"message":"Tool desk_nothing not found"})");
  EXPECT_TRUE(world.path.requests.empty());
  world.path.answer = testing::denied("not_granted", "there is no tool `desk/refund`");
  auto foreign = call(world, "desk_refund");
  EXPECT_EQ(at(foreign->body(), "error"), R"({"code":-32602,"message":"Tool desk_refund not found"})");
  EXPECT_EQ(world.path.requests.size(), 1U) << "the attempt was recorded";
}

TEST(Stateless, WhatIsOpenEndsWithItsToken) {
  World world;
  world.path.waits = true;
  auto held = call(world, "desk_refund");
  auto streamed = call(world, "desk_refund", "{}", R"(,"progressToken":"p1")");
  auto listening = world.send("POST", body("subscriptions/listen", R"("notifications":{"toolsListChanged":true},)"),
                              fields("subscriptions/listen"));
  world.pass_ms(10'000);
  EXPECT_TRUE(streamed->is_stream() && listening->is_stream() && !held->writer.answered());
  world.revoke("tok_guest");
  EXPECT_FALSE(held->returned || streamed->returned || listening->returned);
  world.revoke("tok_bot");
  EXPECT_EQ(held->status(), 401);
  EXPECT_EQ(at(held->body(), "id"), "7");
  EXPECT_EQ(at(streamed->last(), "error", "code"), "-32000");
  EXPECT_TRUE(streamed->writer.finished && listening->writer.finished);
  EXPECT_EQ(world.path.cancelled, 0) << "what was sent goes on, so that its outcome is known";
}

TEST(Stateless, ReadsAndPromptsThatWereNotGrantedAreRecordedAndReadLikeUnknownOnes) {
  World world;
  world.path.answer = testing::denied("not_granted", "there is no such thing");
  auto read = [&](std::string_view token, std::string_view uri) {
    auto as = fields("resources/read", std::string(uri));
    as.emplace_back("Authorization", "Bearer " + std::string(token));
    return world.send("POST", body("resources/read", R"("uri":")" + std::string(uri) + R"(",)"), as)->body();
  };
  auto foreign = read("guest", "note://1");
  ASSERT_EQ(world.path.requests.size(), 1U);
  EXPECT_EQ(world.path.requests[0].upstream, "notes");
  auto unknown = read("guest", "none://1");
  EXPECT_EQ(world.path.requests.size(), 1U);
  unknown.replace(unknown.find("none://1"), 8, "note://1");
  unknown.replace(unknown.find("none://1"), 8, "note://1");
  EXPECT_EQ(foreign, unknown);

  auto as = fields("prompts/get", "greet");
  as.emplace_back("Authorization", "Bearer guest");
  auto prompt = world.send("POST", body("prompts/get", R"("name":"greet",)"), as);
  EXPECT_EQ(at(prompt->body(), "error"), R"({"code":-32602,"message":"Prompt greet not found"})");
  ASSERT_EQ(world.path.requests.size(), 2U);
  EXPECT_EQ(world.path.requests[1].name, "notes/greet");
}

TEST(Stateless, ReadsAndPromptsAreActionsToo) {
  World world;
  world.path.answer = testing::replied(R"({"contents":[{"uri":"note://1","text":"x"}]})");
  auto read = world.send("POST", body("resources/read", R"("uri":"note://1",)"), fields("resources/read", "note://1"));
  EXPECT_EQ(at(read->body(), "result", "contents", 0, "text"), "x");
  EXPECT_EQ(at(read->body(), "result", "ttlMs"), "0");
  EXPECT_EQ(world.path.requests[0].kind, domain::ActionKind::resource);
  EXPECT_EQ(world.path.requests[0].upstream, "notes");

  world.path.answer = testing::denied("notes.private", "not today");
  auto denied =
      world.send("POST", body("resources/read", R"("uri":"note://1",)"), fields("resources/read", "note://1"));
  EXPECT_EQ(at(denied->body(), "error", "code"), "-32001");
  EXPECT_EQ(at(denied->body(), "error", "data", "dev.bailiwick/decision", "code"), "notes.private");

  auto missing =
      world.send("POST", body("resources/read", R"("uri":"secret://1",)"), fields("resources/read", "secret://1"));
  EXPECT_EQ(at(missing->body(), "error", "code"), "-32602");
  EXPECT_EQ(at(missing->body(), "error", "data", "uri"), "secret://1");

  world.path.answer = testing::replied(R"({"messages":[]})");
  auto prompt = world.send("POST", body("prompts/get", R"("name":"greet","arguments":{"who":"Ann"},)"),
                           fields("prompts/get", "greet"));
  EXPECT_EQ(world.path.requests.back().name, "notes/greet");
  EXPECT_EQ(world.path.requests.back().call.params, R"({"name":"greet","arguments":{"who":"Ann"}})");
}

TEST(Stateless, AnErrorOfTheUpstreamStaysOne) {
  World world;
  world.path.answer =
      testing::replied(R"({"code":-32002,"message":"gone","data":{"uri":"x"}})", execution::Reply::Kind::error);
  auto got = call(world, "find");
  EXPECT_EQ(got->status(), 200);
  EXPECT_EQ(at(got->body(), "error"), R"({"code":-32602,"message":"gone","data":{"uri":"x"}})");
  world.path.answer =
      testing::replied(R"({"code":-32021,"message":"m","data":{"requiredCapabilities":{"sampling":{}}}})",
                       execution::Reply::Kind::error);
  got = call(world, "find");
  EXPECT_EQ(got->status(), 400);
  world.path.answer = testing::replied(R"({"code":-32020,"message":"of another hop"})", execution::Reply::Kind::error);
  EXPECT_EQ(at(call(world, "find")->body(), "error", "code"), "-32603");
}

TEST(Stateless, RequiredInputComesBackOnlyForTheSameCall) {
  World world;
  world.path.answer = testing::replied(
      R"({"resultType":"input_required","inputRequests":{"k":{"method":"roots/list"}},"requestState":"up\"1"})",
      execution::Reply::Kind::input_required);
  auto asked = call(world, "find", R"({"q":1})");
  EXPECT_EQ(at(asked->body(), "result", "resultType"), "input_required");
  EXPECT_EQ(at(asked->body(), "result", "inputRequests", "k", "method"), "roots/list");
  auto state = at(asked->body(), "result", "requestState");
  EXPECT_EQ(state.find("up"), std::string::npos);

  auto round = [](const std::string& sealed) {
    return fmt::format(R"("inputResponses":{{"k":{{"roots":[]}}}},"requestState":"{}",)", sealed);
  };
  world.path.answer = testing::replied(R"({"content":[]})");
  auto done = call(world, "find", R"({ "q" : 1 })", "", round(state));
  EXPECT_EQ(at(done->body(), "result", "resultType"), "complete");
  EXPECT_EQ(at(world.path.requests.back().call.params, "requestState"), "up\"1");
  EXPECT_EQ(at(world.path.requests.back().call.params, "inputResponses", "k", "roots"), "[]");

  auto count = world.path.requests.size();
  auto tampered = state;
  tampered[tampered.size() / 2] = tampered[tampered.size() / 2] == 'A' ? 'B' : 'A';
  for (const auto& [tool, arguments, sealed] :
       std::vector<std::tuple<std::string, std::string, std::string>>{{"find", R"({"q":1})", tampered},
                                                                      {"find", R"({"q":2})", state},
                                                                      {"desk_look", R"({"q":1})", state},
                                                                      {"find", R"({"q":1})", "up1"}}) {
    auto refused = call(world, tool, arguments, "", round(sealed));
    EXPECT_EQ(at(refused->body(), "error", "code"), "-32602") << tool << arguments;
    EXPECT_EQ(at(refused->body(), "error", "data", "reason"), "invalid_request_state");
  }
  auto expired = (world.pass_ms(61 * 60'000), call(world, "find", R"({"q":1})", "", round(state)));
  EXPECT_EQ(at(expired->body(), "error", "data", "reason"), "invalid_request_state");
  EXPECT_EQ(world.path.requests.size(), count);
}

async::Task<Answer> talkative(const Request& request) {
  auto* peer = request.call.peer;
  co_await peer->notify("notifications/progress", R"({"progressToken":"t","progress":1})");
  co_await peer->notify("notifications/progress", R"({"progressToken":"t","progress":1})");
  co_await peer->notify("notifications/message", R"({"level":"info","data":"hello"})");
  co_await peer->notify("notifications/tools/list_changed", "{}");
  auto asked = co_await peer->request("roots/list", "{}");
  EXPECT_FALSE(asked);
  co_return testing::replied(R"({"content":[]})");
}

TEST(Stateless, TellsOnlyWhatThisRequestAskedFor) {
  World world;
  world.path.script = talkative;
  auto quiet = call(world, "find");
  EXPECT_FALSE(quiet->is_stream());
  auto told = call(world, "find", "{}", R"(,"progressToken":"t","io.modelcontextprotocol/logLevel":"debug")");
  ASSERT_TRUE(told->is_stream());
  EXPECT_EQ(told->writer.stream_headers.find("content-type"), "text/event-stream");
  auto events = told->events();
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(at(events[0].data, "method"), "notifications/progress");
  EXPECT_EQ(at(events[1].data, "params", "data"), "hello");
  EXPECT_EQ(at(events[2].data, "id"), "7");
  EXPECT_EQ(events[2].id, "") << "a stream of this generation cannot be resumed";
  EXPECT_TRUE(told->writer.finished);
}

TEST(Stateless, ALongCallGivesSignsOfLifeToWhoAskedForProgress) {
  World world;
  auto got = (world.path.waits = true, call(world, "find", "{}", R"(,"progressToken":3)"));
  EXPECT_FALSE(got->writer.answered());
  world.pass_ms(10'000);
  world.pass_ms(10'000);
  auto events = got->events();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(at(events[0].data, "params", "progressToken"), "3");
  EXPECT_LT(std::stod(at(events[0].data, "params", "progress")), std::stod(at(events[1].data, "params", "progress")));
  world.path.gates[0]->set();
  world.settle();
  EXPECT_EQ(at(got->last(), "result", "content", 0, "text"), "done");
}

TEST(Stateless, AClientThatGoesAwayCancelsItsCall) {
  World world;
  world.path.waits = true;
  auto got = call(world, "find");
  got->writer.closed().set();
  world.settle();
  EXPECT_TRUE(got->returned);
  EXPECT_EQ(world.path.cancelled, 1);
  EXPECT_FALSE(got->writer.answered());
}

TEST(Stateless, ArgumentsInFieldsMustAgree) {
  World world;
  auto with = [&](std::string value) {
    auto given = fields("tools/call", "region");
    if (!value.empty()) given.emplace_back("Mcp-Param-Region", std::move(value));
    return world.send("POST", body("tools/call", R"("name":"region","arguments":{"region":"eu"},)"), given);
  };
  EXPECT_EQ(with("eu")->status(), 200);
  EXPECT_EQ(with("=?base64?ZXU=?=")->status(), 200);
  for (const auto* wrong : {"", "us", "EU", "=?base64?ZXU?=", "eu "}) {
    bool trimmed = std::string_view(wrong) == "eu ";
    EXPECT_EQ(with(wrong)->status(), trimmed ? 200 : 400) << wrong;
  }
  EXPECT_EQ(at(with("us")->body(), "error", "code"), "-32020");
}

TEST(Stateless, UnknownMethodsAreNotFound) {
  World world;
  for (std::string method :
       {"initialize2", "ping", "logging/setLevel", "resources/subscribe", "tasks/result", "tasks/list", "x"}) {
    auto got = post(world, method);
    EXPECT_EQ(got->status(), 404) << method;
    EXPECT_EQ(at(got->body(), "error", "code"), "-32601") << method;
  }
  auto notification = world.send("POST", R"({"jsonrpc":"2.0","method":"notifications/cancelled"})",
                                 {{"MCP-Protocol-Version", "2026-07-28"}});
  EXPECT_EQ(notification->status(), 202);
}

TEST(Stateless, PagesAreCutFromOneList) {
  World world({.page_items = 3});
  auto first = post(world, "tools/list");
  auto cursor = at(first->body(), "result", "nextCursor");
  ASSERT_NE(cursor, "");
  auto second = post(world, "tools/list", fmt::format(R"("cursor":"{}",)", cursor));
  EXPECT_EQ(at(second->body(), "result", "tools", 0, "name"), "region");
  EXPECT_EQ(at(second->body(), "result", "nextCursor"), "");
  for (const auto* wrong : {R"("cursor":"x",)", R"("cursor":7,)", R"("cursor":"",)"}) {
    EXPECT_EQ(at(post(world, "tools/list", wrong)->body(), "error", "code"), "-32602") << wrong;
  }
  world.upstreams["desk"].offer({.tools = {testing::tool("look")}});
  auto stale = post(world, "tools/list", fmt::format(R"("cursor":"{}",)", cursor));
  EXPECT_EQ(at(stale->body(), "error", "code"), "-32602") << "the list has changed";
}

TEST(Stateless, CompletionAsksTheUpstreamUnderItsOwnNames) {
  World world;
  world.upstreams["notes"].answer = R"({"completion":{"values":["Ann"]}})";
  auto got = post(world, "completion/complete",
                  R"("ref":{"type":"ref/prompt","name":"greet"},"argument":{"name":"who","value":"A"},)");
  EXPECT_EQ(at(got->body(), "result", "completion", "values", 0), "Ann");
  EXPECT_EQ(world.upstreams["notes"].calls[0].params,
            R"({"ref":{"type":"ref/prompt","name":"greet"},"argument":{"name":"who","value":"A"}})");
  auto unknown = post(world, "completion/complete",
                      R"("ref":{"type":"ref/prompt","name":"no"},"argument":{"name":"who","value":"A"},)");
  EXPECT_EQ(at(unknown->body(), "error", "code"), "-32602");
  EXPECT_TRUE(world.path.requests.empty());
}

// ---- subscriptions/listen

auto listen(World& world, std::string_view notifications) {
  return post(world, "subscriptions/listen", fmt::format(R"("notifications":{},)", notifications));
}

TEST(Listen, AcknowledgesWhatItWillTellOnceTheUpstreamsListen) {
  World world;
  auto got = listen(world, R"({"toolsListChanged":true,"resourceSubscriptions":["note://1","secret://1"]})");
  auto events = got->events();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(at(events[0].data, "method"), "notifications/subscriptions/acknowledged");
  EXPECT_EQ(at(events[0].data, "params", "notifications"),
            R"({"toolsListChanged":true,"resourceSubscriptions":["note://1"]})");
  EXPECT_EQ(at(events[0].data, "params", "_meta", "io.modelcontextprotocol/subscriptionId"), "7");
  ASSERT_EQ(world.upstreams["notes"].listening.size(), 1U);

  world.changes.catalog_changed("notes", "notifications/tools/list_changed");
  world.changes.catalog_changed("notes", "notifications/prompts/list_changed");
  auto* peer = world.upstreams["notes"].listening.begin()->first;
  auto update = [&](std::string uri) {
    async::spawn(world.loop, peer->notify("notifications/resources/updated", fmt::format(R"({{"uri":"{}"}})", uri)));
  };
  update("note://1");
  update("note://2");
  world.settle();
  events = got->events();
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(at(events[1].data, "method"), "notifications/tools/list_changed");
  EXPECT_EQ(at(events[2].data, "params", "uri"), "note://1");
  EXPECT_EQ(at(events[2].data, "params", "_meta", "io.modelcontextprotocol/subscriptionId"), "7");

  got->writer.closed().set();
  world.settle();
  EXPECT_TRUE(got->returned);
  EXPECT_TRUE(world.upstreams["notes"].listening.empty());
}

TEST(Listen, EndsWithAnEmptyResultWhenTheServerStops) {
  World world;
  auto got = listen(world, R"({"promptsListChanged":true})");
  world.pass_ms(15'000);
  got->writer.draining().set();
  world.settle();
  EXPECT_EQ(at(got->last(), "result", "resultType"), "complete");
  EXPECT_TRUE(got->writer.finished);
  EXPECT_NE(got->writer.bytes.find(":\n\n"), std::string::npos) << "kept alive meanwhile";
}

TEST(Listen, IsBoundedPerAgent) {
  World world({.subscriptions_max = 1, .listeners_per_agent_max = 2});
  auto one = listen(world, "{}");
  auto two = listen(world, "{}");
  EXPECT_EQ(at(listen(world, "{}")->body(), "error", "code"), "-32603");
  one->writer.closed().set();
  world.settle();
  EXPECT_TRUE(listen(world, "{}")->is_stream());
  EXPECT_EQ(at(listen(world, R"({"resourceSubscriptions":["a","b"]})")->body(), "error", "code"), "-32602");
  EXPECT_EQ(at(listen(world, "[]")->body(), "error", "code"), "-32602");
}

// ---- companions and tasks

TEST(Companions, AreListedWhereCallsCanBeHeldAndWaitForTickets) {
  World world;
  EXPECT_EQ(post(world, "tools/list")->body().find("bailiwick_await"), std::string::npos);
  world.tickets.holds = true;
  auto listed = post(world, "tools/list")->body();
  EXPECT_EQ(at(listed, "result", "tools", 4, "name"), "bailiwick_await");
  EXPECT_EQ(at(listed, "result", "tools", 6, "name"), "bailiwick_pending");

  auto got = call(world, "bailiwick_await", R"({"ticket":"tkt_1"})");
  EXPECT_EQ(at(got->body(), "result", "content", 0, "text"), "done");
  EXPECT_EQ(world.path.awaited, std::vector<std::string>{"tkt_1"});
  EXPECT_EQ(world.path.awaited_ms, 45'000);
  EXPECT_TRUE(world.path.requests.empty()) << "waiting is no action of its own";

  world.path.answer = testing::denied("unknown", "no ticket `x` of this agent");
  EXPECT_EQ(at(call(world, "bailiwick_await", R"({"ticket":"x"})")->body(), "result", "content", 0, "text"),
            "no ticket `x` of this agent");
  EXPECT_EQ(at(call(world, "bailiwick_await")->body(), "result", "isError"), "true");
  EXPECT_EQ(at(call(world, "bailiwick_withdraw", R"({"ticket":"tkt_1"})")->body(), "result", "isError"), "false");
  world.tickets.tickets = {{.id = "tkt_1", .name = "desk/refund", .expires_ms = 1'800'000'000'000}};
  auto pending = at(call(world, "bailiwick_pending")->body(), "result", "content", 0, "text");
  EXPECT_NE(pending.find("tkt_1 desk/refund (held)"), std::string::npos) << pending;
}

TEST(Companions, SayWhatStandsInTheWayOfATicketWithoutCallingItRefused) {
  World world;
  world.tickets.holds = true;
  auto held = testing::held("tkt_1", 0);
  held.code.clear();
  held.obstacle = Obstacle{.code = "quarantined", .reason = "its definition has changed"};
  held.receipt.leaf.clear();  // nothing was recorded
  world.path.answer = held;
  auto said = call(world, "bailiwick_await", R"({"ticket":"tkt_1"})")->body();
  EXPECT_EQ(at(said, "result", "_meta", "dev.bailiwick/decision"), "");
  EXPECT_EQ(at(said, "result", "_meta", "dev.bailiwick/receipt"), R"({"action":"act_1","run":"run_1"})");
  EXPECT_EQ(at(said, "result", "_meta", "dev.bailiwick/approval", "obstacle"),
            R"({"code":"quarantined","reason":"its definition has changed"})");
  auto text = at(said, "result", "content", 0, "text");
  EXPECT_TRUE(text.starts_with("NOT EXECUTED — waiting for approval: refunds need")) << text;
  EXPECT_NE(text.find("refused even once it is approved (quarantined): its definition has changed"), std::string::npos);
  EXPECT_NE(text.find("take the call back with bailiwick_withdraw"), std::string::npos) << text;
}

constexpr std::string_view kTasks = R"({"extensions":{"io.modelcontextprotocol/tasks":{}}})";

auto task(World& world, std::string method, std::string id, std::string_view capabilities = kTasks) {
  return world.send("POST", body(method, fmt::format(R"("taskId":"{}",)", id), capabilities), fields(method, id));
}

TEST(Tasks, AHeldCallBecomesATaskForWhoDeclaresIt) {
  World world;
  world.path.answer = testing::held("tkt_9", world.clock.now_ms() + 1000);
  world.tickets.tickets = {{.id = "tkt_9",
                            .name = "desk/refund",
                            .created_ms = world.clock.now_ms(),
                            .expires_ms = world.clock.now_ms() + 1000}};
  auto created = call(world, "desk_refund", "{}", "", "", kTasks);
  EXPECT_EQ(at(created->body(), "result", "resultType"), "task");
  EXPECT_EQ(at(created->body(), "result", "taskId"), "tkt_9");
  EXPECT_EQ(at(created->body(), "result", "status"), "working");
  EXPECT_EQ(world.path.requests[0].hold_ms, 0);
  EXPECT_EQ(at(world.path.requests[0].call.caller.capabilities, "extensions"), "{}") << "spoken at this door only";

  EXPECT_EQ(at(task(world, "tasks/get", "tkt_9")->body(), "result", "status"), "working");
  EXPECT_TRUE(world.path.awaited.empty());

  world.tickets.tickets[0].state = domain::TicketState::approved;
  world.path.answer = testing::replied(R"({"content":[{"type":"text","text":"paid"}]})");
  auto done = task(world, "tasks/get", "tkt_9");
  EXPECT_EQ(at(done->body(), "result", "status"), "completed");
  EXPECT_EQ(at(done->body(), "result", "result", "content", 0, "text"), "paid");
  EXPECT_EQ(at(done->body(), "result", "resultType"), "complete");
  world.tickets.tickets[0].state = domain::TicketState::consumed;
  EXPECT_EQ(at(task(world, "tasks/get", "tkt_9")->body(), "result", "status"), "completed");
  EXPECT_EQ(world.path.awaited.size(), 1U) << "carried out once, however often it is asked for";
}

TEST(Tasks, ADenialCompletesTheTaskWithAnErrorResult) {
  World world;
  world.tickets.tickets = {{.id = "tkt_9", .state = domain::TicketState::denied}};
  world.path.answer = testing::denied("denied", "ticket tkt_9 is denied by ana: too much");
  auto done = task(world, "tasks/get", "tkt_9");
  EXPECT_EQ(at(done->body(), "result", "status"), "completed");
  EXPECT_EQ(at(done->body(), "result", "result", "isError"), "true");
}

TEST(Tasks, CancelWithdrawsAndUpdateIsRefused) {
  World world;
  world.tickets.tickets = {{.id = "tkt_9"}};
  EXPECT_EQ(at(task(world, "tasks/cancel", "tkt_9")->body(), "result", "resultType"), "complete");
  EXPECT_EQ(world.path.withdrawn, std::vector<std::string>{"tkt_9"});
  EXPECT_EQ(at(task(world, "tasks/update", "tkt_9")->body(), "error", "code"), "-32602");
}

TEST(Tasks, AreGuarded) {
  World world;
  world.tickets.tickets = {{.id = "tkt_9"}};
  auto undeclared = task(world, "tasks/get", "tkt_9", "{}");
  EXPECT_EQ(undeclared->status(), 400);
  EXPECT_EQ(at(undeclared->body(), "error", "code"), "-32021");
  EXPECT_EQ(at(task(world, "tasks/get", "tkt_unknown")->body(), "error", "code"), "-32602");
  auto misnamed = world.send("POST", body("tasks/get", R"("taskId":"tkt_9",)", kTasks), fields("tasks/get", "tkt_8"));
  EXPECT_EQ(at(misnamed->body(), "error", "code"), "-32020");
  auto foreign = fields("tasks/get", "tkt_9");
  foreign.emplace_back("Authorization", "Bearer guest");
  auto got = world.send("POST", body("tasks/get", R"("taskId":"tkt_9",)", kTasks), foreign);
  EXPECT_EQ(at(got->body(), "error", "code"), "-32602");
  auto plain = (world.path.answer = testing::held("tkt_9", 1), call(world, "desk_refund"));
  EXPECT_EQ(at(plain->body(), "result", "resultType"), "complete") << "nobody gets a task who did not ask for it";
}

}  // namespace
}  // namespace bw::gateway
