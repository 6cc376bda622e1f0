// SPDX-License-Identifier: Apache-2.0
// Conversations of a client on standard input and output with a gateway behind the bridge.
#include "gateway/bridge/bridge.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "gateway/bridge/limits.h"
#include "gateway/bridge/pipe_client_for_test.h"

namespace bw::gateway::bridge {
namespace {

using mcp::Era;

testing::AssertionResult has(const std::string& line, std::string_view part) {
  if (line.contains(part)) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "no `" << part << "` in: " << line;
}
std::string request(std::string_view id, std::string_view method, std::string_view params = "{}") {
  return mcp::request_text(id, method, params);
}
std::string call(std::string_view id, std::string_view tool) {
  return request(id, "tools/call", fmt::format(R"({{"name":"{}","arguments":{{}}}})", tool));
}
constexpr std::string_view kEnvelope =
    R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}})";
std::string modern(std::string_view id, std::string_view method, std::string_view params = "") {
  return request(id, method, fmt::format("{{{}{}{}}}", params, params.empty() ? "" : ",", kEnvelope));
}
std::string modern_call(std::string_view id, std::string_view tool, std::string_view arguments = "{}") {
  return modern(id, "tools/call", fmt::format(R"("name":"{}","arguments":{})", tool, arguments));
}
std::string cancel(std::string_view id) {
  return mcp::notification_text("notifications/cancelled", fmt::format(R"({{"requestId":{}}})", id));
}
int code_of(const std::string& line) {
  auto message = mcp::parse_message(line);
  return message ? static_cast<int>(message->error["code"].integer().value_or(0)) : 1;
}
std::string id_of(const std::string& line) {
  auto message = mcp::parse_message(line);
  return message ? std::string(message->id) : line;
}

TEST(BridgeSessions, ASessionIsOpenedUsedAndEnded) {
  PipeClient t;
  EXPECT_TRUE(has(t.open_session(), R"("id":0,"result":{"protocolVersion":"2025-11-25")"));
  EXPECT_EQ(t.gateway.field("initialize", "mcp-session-id"), "none");
  EXPECT_EQ(t.gateway.field("initialize", "mcp-protocol-version"), "none");
  EXPECT_TRUE(has(t.ask(call(R"("a")", "echo")), R"("id":"a","result":{"content")"));
  EXPECT_EQ(t.gateway.field("tools/call", "mcp-session-id"), "session-1");
  EXPECT_EQ(t.gateway.field("tools/call", "mcp-protocol-version"), "2025-11-25");
  EXPECT_EQ(t.gateway.field("tools/call", "mcp-method"), "none");
  EXPECT_EQ(t.finish(), Bridge::End::input_ended);
  EXPECT_EQ(t.gateway.field("DELETE", "mcp-session-id"), "session-1");
}

TEST(BridgeSessions, AClientThatDoesNotWaitIsServedInOrder) {
  PipeClient t;
  t.say(request("1", "initialize"));
  t.say(mcp::notification_text("notifications/initialized", "{}"));
  t.say(call("2", "echo"));
  EXPECT_EQ(id_of(t.hear()), "1");
  EXPECT_TRUE(has(t.hear(), R"("id":2,"result")"));
  EXPECT_EQ(t.gateway.field("notifications/initialized", "mcp-session-id"), "session-1");
}

TEST(BridgeSessions, WhatBelongsToNoRequestArrivesOnceInitialized) {
  PipeClient t;
  t.open_session();
  ASSERT_TRUE(t.until([&] { return t.gateway.upstream.getting == 1; }));
  t.gateway.upstream.say(R"({"jsonrpc":"2.0","method":"notifications/tools/list_changed"})");
  EXPECT_EQ(t.hear(), R"({"jsonrpc":"2.0","method":"notifications/tools/list_changed"})");
}

TEST(BridgeSessions, QuestionsOfTheServerAreAnsweredByTheClient) {
  PipeClient t;
  t.open_session();
  ASSERT_TRUE(t.until([&] { return t.gateway.upstream.getting == 1; }));
  for (auto tool : {"ask", "ask_aside"}) {
    EXPECT_TRUE(has(t.ask(call("5", tool)), R"("id":0,"method":"elicitation/create")"));
    EXPECT_TRUE(has(t.ask(mcp::result_response("0", R"({"action":"decline"})")), "decline"));
    EXPECT_EQ(t.gateway.requests.back().headers.find("mcp-session-id"), "session-1");
  }
}

TEST(BridgeSessions, AStreamsMessagesComeInOrder) {
  PipeClient t;
  t.open_session();
  EXPECT_TRUE(has(t.ask(request("7", "tools/call", R"({"name":"stream","_meta":{"progressToken":"p"}})")),
                  R"("progressToken":"p")"));
  EXPECT_TRUE(has(t.hear(), "quiet"));
  EXPECT_TRUE(has(t.hear(), "loud"));
  EXPECT_TRUE(has(t.hear(), R"("id":7,"result")"));
}

TEST(BridgeSessions, ABrokenStreamIsTakenUpAgain) {
  PipeClient t;
  t.open_session();
  EXPECT_TRUE(has(t.ask(call("1", "resume")), "resumed"));
  EXPECT_EQ(t.gateway.field("GET", "last-event-id"), "s/1");
}

TEST(BridgeSessions, AStreamThatCannotBeTakenUpIsAnUnknownOutcome) {
  PipeClient t;
  t.open_session();
  auto line = t.ask(call("1", "drop"));
  EXPECT_EQ(code_of(line), -32603);
  EXPECT_EQ(id_of(line), "1");
  EXPECT_TRUE(has(line, "unknown"));
  EXPECT_EQ(t.gateway.upstream.seen["call drop"], 1);
}

TEST(BridgeSessions, ALostSessionIsOpenedAnewAndTheRequestSentAgain) {
  PipeClient t;
  t.open_session();
  ASSERT_TRUE(t.until([&] { return t.gateway.upstream.seen["GET"] == 1; }));
  t.gateway.upstream.forget_sessions = true;
  EXPECT_TRUE(has(t.ask(call("1", "echo")), R"("id":1,"result")"));
  EXPECT_EQ(t.gateway.upstream.seen["call echo"], 1);
  EXPECT_EQ(t.gateway.field("tools/call", "mcp-session-id"), "session-2");
  EXPECT_EQ(t.gateway.field("notifications/initialized", "mcp-session-id"), "session-2");
  EXPECT_EQ(t.gateway.upstream.initializes.size(), 2U);
  EXPECT_EQ(t.gateway.upstream.initializes[0], t.gateway.upstream.initializes[1]) << "in the client's own words";
  EXPECT_TRUE(t.until([&] { return t.gateway.field("GET", "mcp-session-id") == "session-2"; }));
  t.gateway.upstream.forget_sessions = true;
  EXPECT_TRUE(has(t.ask(call("2", "echo")), R"("id":2,"result")")) << "as often as it is lost";
}

TEST(BridgeSessions, RequestsThatMeetALostSessionShareTheNewOne) {
  PipeClient t;
  t.open_session();
  t.gateway.upstream.forget_sessions = true;
  for (const auto* id : {"1", "2", "3"}) t.say(call(id, "echo"));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(has(t.hear(), R"("result")"));
  EXPECT_EQ(t.gateway.upstream.sessions, 2);
  EXPECT_EQ(t.gateway.upstream.seen["call echo"], 3);
}

TEST(BridgeSessions, ASessionThatCannotBeOpenedAnewIsSaidUntilItCan) {
  PipeClient t;
  t.open_session();
  t.gateway.status = 404;
  t.gateway.body = R"({"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"no such session"}})";
  EXPECT_EQ(code_of(t.ask(call("1", "echo"))), -32001);
  EXPECT_EQ(code_of(t.ask(call("2", "echo"))), -32001);
  t.gateway.status = 0;
  EXPECT_TRUE(has(t.ask(call("3", "echo")), R"("id":3,"result")"));
  EXPECT_EQ(t.gateway.field("tools/call", "mcp-session-id"), "session-2");
}

TEST(BridgeSessions, ACancelIsToldAndTheRequestEndsInSilence) {
  PipeClient t;
  t.open_session();
  t.say(call("9", "slow"));
  ASSERT_TRUE(t.until([&] { return t.gateway.upstream.seen["call slow"] == 1; }));
  t.say(cancel("9"));
  ASSERT_TRUE(t.until([&] { return t.gateway.upstream.closed_connections == 1; }));
  EXPECT_EQ(t.gateway.upstream.cancelled.size(), 1U);
  EXPECT_TRUE(has(t.ask(call("10", "echo")), R"("id":10)"));
}

TEST(BridgeSessions, WhatIsInFlightWhenTheInputEndsGetsAnError) {
  PipeClient t;
  t.open_session();
  t.say(call("9", "slow"));
  EXPECT_EQ(t.finish(), Bridge::End::input_ended);
  auto line = t.hear();
  EXPECT_EQ(id_of(line), "9");
  EXPECT_TRUE(has(line, "input"));
  EXPECT_EQ(t.gateway.upstream.seen["DELETE"], 1);
}

TEST(BridgeSessions, AnswersAreAwaitedAfterTheInputEnds) {
  PipeClient t;
  t.open_session();
  t.say(call("1", "resume"));
  EXPECT_EQ(t.finish(), Bridge::End::input_ended);
  EXPECT_TRUE(has(t.hear(), "resumed"));
}

TEST(BridgeStateless, FieldsRepeatWhatTheBodySays) {
  PipeClient t(Era::stateless);
  EXPECT_TRUE(has(t.ask(modern(R"("d")", "server/discover")), "supportedVersions"));
  EXPECT_EQ(t.gateway.field("server/discover", "mcp-protocol-version"), "2026-07-28");
  t.ask(modern("1", "tools/list"));
  EXPECT_TRUE(has(t.ask(modern_call("2", "echo", R"({"region":"Zürich"})")), R"("id":2,"result")"));
  EXPECT_EQ(t.gateway.field("tools/call", "mcp-method"), "tools/call");
  EXPECT_EQ(t.gateway.field("tools/call", "mcp-name"), "echo");
  EXPECT_EQ(t.gateway.field("tools/call", "mcp-param-region"), "=?base64?WsO8cmljaA==?=");
  EXPECT_EQ(t.gateway.field("tools/call", "mcp-session-id"), "none");
  EXPECT_EQ(t.gateway.upstream.seen["tools/list"], 1);
  EXPECT_EQ(t.finish(), Bridge::End::input_ended);
  EXPECT_EQ(t.gateway.upstream.seen["DELETE"], 0);
}

TEST(BridgeStateless, ASchemaThatWasNotSeenIsAskedForOnce) {
  PipeClient t(Era::stateless);
  EXPECT_TRUE(has(t.ask(modern_call("1", "echo", R"({"region":"eu"})")), R"("id":1,"result")"));
  EXPECT_EQ(t.gateway.field("tools/call", "mcp-param-region"), "eu");
  t.ask(modern_call("2", "echo", R"({"region":"us"})"));
  EXPECT_EQ(code_of(t.ask(modern_call("3", "nope"))), -32602);
  EXPECT_EQ(code_of(t.ask(modern_call("4", "nope"))), -32602);
  EXPECT_EQ(t.gateway.upstream.seen["tools/list"], 2);
}

TEST(BridgeStateless, AChangedSchemaIsLearntFromTheRefusal) {
  PipeClient t(Era::stateless);
  t.ask(modern("1", "tools/list"));
  t.gateway.upstream.tools =
      R"([{"name":"echo","inputSchema":{"properties":{"zone":{"type":"string","x-mcp-header":"Zone"}}}}])";
  EXPECT_TRUE(has(t.ask(modern_call("2", "echo", R"({"zone":"b"})")), R"("id":2,"result")"));
  EXPECT_EQ(t.gateway.field("tools/call", "mcp-param-zone"), "b");
  EXPECT_EQ(t.gateway.upstream.seen["call echo"], 1);
}

TEST(BridgeStateless, ACancelClosesTheConnection) {
  PipeClient t(Era::stateless);
  t.say(modern_call(R"("x")", "slow"));
  ASSERT_TRUE(t.until([&] { return t.gateway.upstream.seen["call slow"] == 1; }));
  t.say(cancel(R"("x")"));
  ASSERT_TRUE(t.until([&] { return t.gateway.upstream.closed_connections == 1; }));
  EXPECT_TRUE(t.gateway.upstream.cancelled.empty());
  EXPECT_EQ(id_of(t.ask(modern("2", "server/discover"))), "2");
}

TEST(BridgeStateless, ListeningStaysOpenBesideOtherRequests) {
  PipeClient t(Era::stateless);
  EXPECT_TRUE(
      has(t.ask(modern("1", "subscriptions/listen", R"("notifications":{"toolsListChanged":true})")), "acknowledged"));
  EXPECT_EQ(id_of(t.ask(modern("2", "server/discover"))), "2");
  t.gateway.upstream.say(R"({"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{}})");
  EXPECT_TRUE(has(t.hear(), "list_changed"));
  EXPECT_EQ(t.finish(), Bridge::End::input_ended);
  EXPECT_EQ(id_of(t.hear()), "1");
}

TEST(BridgeStateless, AProbeThatIsRefusedMayBeFollowedByASession) {
  PipeClient t(Era::sessions);
  auto line = t.ask(modern(R"("probe")", "server/discover"));
  EXPECT_EQ(id_of(line), R"("probe")");
  EXPECT_EQ(code_of(line), -32000);
  t.open_session();
  EXPECT_TRUE(has(t.ask(call("1", "echo")), "result"));
}

TEST(Bridge, WhatIsNoMessageIsAnsweredInPlace) {
  struct Case {
    const char* line;
    int code;
    const char* id;
  };
  constexpr Case kCases[] = {
      {"hello", -32700, "null"},
      {R"({"jsonrpc":"2.0","id":1)", -32700, "null"},
      {"\"\xff\"", -32700, "null"},
      {"[]", -32600, "null"},
      {"7", -32600, "null"},
      {R"({"jsonrpc":"1.0","id":4,"method":"ping"})", -32600, "4"},
      {R"({"jsonrpc":"2.0","id":"q","method":"ping","params":[]})", -32600, "\"q\""},
  };
  PipeClient t;
  for (const auto& one : kCases) {
    auto line = t.ask(one.line);
    EXPECT_EQ(code_of(line), one.code) << one.line;
    EXPECT_EQ(id_of(line), one.id) << one.line;
  }
  t.say("");
  t.say("  \r");
  t.say(R"({"jsonrpc":"2.0","id":0,"result":7})");  // an answer gone wrong is nobody's request
  EXPECT_EQ(id_of(t.open_session()), "0");
  EXPECT_EQ(t.gateway.requests.front().headers.find("authorization"), "Bearer secret");
}

TEST(Bridge, ALineMayHaveFourMebibytes) {
  auto line = [](std::size_t bytes) {
    auto text = request("1", "initialize", R"({"pad":""})");
    return text.insert(text.size() - 3, std::string(bytes - text.size(), 'x'));
  };
  PipeClient fits;
  EXPECT_TRUE(has(fits.ask(line(kLineBytesMax)), R"("id":1,"result")"));
  PipeClient exceeds;
  EXPECT_EQ(code_of(exceeds.ask(line(kLineBytesMax + 1))), -32700);
  EXPECT_EQ(exceeds.finish(), Bridge::End::input_unreadable);
}

TEST(Bridge, ItsRunIsNamedToTheGateway) {
  PipeClient t(Era::sessions, {}, "nightly");
  t.open_session();
  t.ask(call("1", "echo"));
  EXPECT_EQ(t.gateway.field("tools/call", "bailiwick-run"), "nightly");
  PipeClient nameless;
  nameless.open_session();
  EXPECT_EQ(nameless.gateway.field("initialize", "bailiwick-run"), "none");
}

TEST(Bridge, ARefusedTokenIsExplained) {
  PipeClient t;
  t.gateway.token = "another";
  auto line = t.ask(request("1", "initialize"));
  EXPECT_EQ(code_of(line), -32000);
  EXPECT_EQ(id_of(line), "1");
  EXPECT_TRUE(has(line, "the token is unknown"));
  EXPECT_TRUE(has(line, "bailiwick token issue"));
}

TEST(Bridge, RefusalsWithAMessageArePassedOnUnderTheRequestsId) {
  struct Case {
    int status;
    const char* body;
    int code;
    const char* words;
  };
  constexpr Case kCases[] = {
      {404, R"({"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"unknown method"}})", -32601, "unknown method"},
      {403, R"({"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"foreign host","data":{"a":1}}})", -32000,
       R"("data":{"a":1})"},
      {503, R"({"error":"stopping"})", -32000, "503"},
      {500, "", -32603, "unknown"},
      {302, "", -32000, "redirects"},
      {404, "<html>", -32000, "/mcp"},
      {200, "<html>", -32603, "no MCP"},
      {200, R"({"jsonrpc":"2.0","id":2,"result":{}})", -32603, "no MCP"},
      {202, "", -32603, "no MCP"},
      {200, "{\"jsonrpc\":\"2.0\",\n \"id\":1,\r\n \"result\":{\"laid\":\"out\"}}", 0, "out"},
  };
  PipeClient t;
  for (const auto& one : kCases) {
    t.gateway.status = one.status;
    t.gateway.body = one.body;
    auto line = t.ask(request("1", "ping"));
    EXPECT_EQ(code_of(line), one.code) << line;
    EXPECT_EQ(id_of(line), "1") << line;
    EXPECT_TRUE(has(line, one.words));
  }
}

TEST(Bridge, AGatewayThatIsNotThereIsSaidByName) {
  PipeClient t(Era::sessions, "http://127.0.0.1:1/mcp");
  auto line = t.ask(request("1", "initialize"));
  EXPECT_EQ(code_of(line), -32000);
  EXPECT_TRUE(has(line, "http://127.0.0.1:1/mcp"));
  EXPECT_EQ(t.finish(), Bridge::End::unreachable);
}

TEST(Bridge, MoreRequestsThanAreSentAtOnceAreAllAnswered) {
  PipeClient t;
  t.open_session();
  constexpr std::size_t kMany = kRequestsMax + 50;
  for (std::size_t i = 1; i <= kMany; ++i) t.say(call(std::to_string(i), "echo"));
  std::size_t sum = 0;
  for (std::size_t i = 1; i <= kMany; ++i) sum += std::stoul(id_of(t.hear()));
  EXPECT_EQ(sum, kMany * (kMany + 1) / 2);
}

TEST(Bridge, StoppingDoesNotWait) {
  PipeClient t;
  t.open_session();
  t.say(call("9", "slow"));
  ASSERT_TRUE(t.until([&] { return t.gateway.upstream.seen["call slow"] == 1; }));
  t.bridge->stop();
  EXPECT_TRUE(t.until([&] { return t.end.has_value(); }));
  EXPECT_EQ(t.gateway.upstream.seen["DELETE"], 1);
}

TEST(Bridge, AClientThatReadsNoMoreEndsIt) {
  PipeClient t;
  t.output.from = transport::Descriptor();
  t.say(request("1", "initialize"));
  EXPECT_TRUE(t.until([&] { return t.end.has_value(); }));
}

}  // namespace
}  // namespace bw::gateway::bridge
