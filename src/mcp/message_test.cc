// SPDX-License-Identifier: Apache-2.0
#include "mcp/message.h"

#include <gtest/gtest.h>

#include "mcp/build.h"
#include "mcp/protocol.h"

namespace bw::mcp {
namespace {

TEST(Message, ReadsEachKind) {
  auto request = parse_message(R"({"jsonrpc":"2.0","id":"a\u0062","method":"ping"})");
  ASSERT_TRUE(request);
  EXPECT_TRUE(request->is_request());
  EXPECT_EQ(request->id, R"("a\u0062")");
  EXPECT_FALSE(request->params);
  EXPECT_EQ(parse_message(R"({"jsonrpc":"2.0","method":"notifications/initialized"})")->kind,
            Message::Kind::notification);
  EXPECT_EQ(parse_message(R"({"jsonrpc":"2.0","id":0,"result":{}})")->kind, Message::Kind::result);
  auto error = parse_message(R"({"jsonrpc":"2.0","error":{"code":-1,"message":"x"}})");
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind, Message::Kind::error);
  EXPECT_EQ(error->id, "null");
}

TEST(Message, KeepsItsViewsWhenItIsMoved) {
  auto parsed = parse_message(R"({"jsonrpc":"2.0","id":1,"method":"m","params":{"a":1.0}})");
  Message moved = std::move(*parsed);
  EXPECT_EQ(moved.params.raw(), R"({"a":1.0})");
  EXPECT_EQ(moved.method, "m");
}

TEST(Message, RefusesWhatIsNoMessageAndSaysForWhichId) {
  struct Case {
    const char* text;
    int code;
    const char* id;
  };
  const Case cases[] = {
      {"{", code::parse_error, "null"},
      {R"({"jsonrpc":"2.0","id":1,"id":2,"method":"m"})", code::parse_error, "null"},
      {"[]", code::invalid_request, "null"},
      {R"([{"jsonrpc":"2.0","id":1,"method":"m"}])", code::invalid_request, "null"},
      {"7", code::invalid_request, "null"},
      {R"({"id":1,"method":"m"})", code::invalid_request, "1"},
      {R"({"jsonrpc":"1.0","id":1,"method":"m"})", code::invalid_request, "1"},
      {R"({"jsonrpc":"2.0","id":null,"method":"m"})", code::invalid_request, "null"},
      {R"({"jsonrpc":"2.0","id":{},"method":"m"})", code::invalid_request, "null"},
      {R"({"jsonrpc":"2.0","id":1,"method":7})", code::invalid_request, "1"},
      {R"({"jsonrpc":"2.0","id":1,"method":"m","params":[]})", code::invalid_request, "1"},
      {R"({"jsonrpc":"2.0","id":1,"method":"m","result":{}})", code::invalid_request, "1"},
      {R"({"jsonrpc":"2.0","id":1})", code::invalid_request, "1"},
      {R"({"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}})", code::invalid_request, "1"},
      {R"({"jsonrpc":"2.0","id":1,"result":7})", code::invalid_request, "1"},
      {R"({"jsonrpc":"2.0","id":1,"error":{"message":""}})", code::invalid_request, "1"},
  };
  for (const auto& c : cases) {
    auto message = parse_message(c.text);
    ASSERT_FALSE(message) << c.text;
    EXPECT_EQ(message.error().code, c.code) << c.text;
    EXPECT_EQ(message.error().id, c.id) << c.text;
    EXPECT_TRUE(parse_message(error_response(message.error()))) << c.text;
  }
}

TEST(Build, WritesWhatParses) {
  EXPECT_EQ(request_text("7", "tools/call", R"({"name":"x"})"),
            R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x"}})");
  EXPECT_EQ(request_text("7", "ping", ""), R"({"jsonrpc":"2.0","id":7,"method":"ping"})");
  EXPECT_EQ(notification_text("n", ""), R"({"jsonrpc":"2.0","method":"n"})");
  EXPECT_EQ(result_response("\"a\"", "{}"), R"({"jsonrpc":"2.0","id":"a","result":{}})");
  EXPECT_EQ(error_response("1", -32601, "no `x`", "{}"),
            R"({"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no `x`","data":{}}})");
}

TEST(Protocol, NegotiatesAKnownRevisionOrTheNewest) {
  EXPECT_EQ(negotiate("2025-06-18"), "2025-06-18");
  EXPECT_EQ(negotiate("2024-11-05"), "2024-11-05");
  EXPECT_EQ(negotiate("2026-07-28"), "2025-11-25");
  EXPECT_EQ(negotiate("x"), "2025-11-25");
  EXPECT_EQ(log_severity("warning"), 3);
  EXPECT_FALSE(log_severity("warn"));
}

}  // namespace
}  // namespace bw::mcp
