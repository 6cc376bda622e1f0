// SPDX-License-Identifier: Apache-2.0
#include "mcp/envelope.h"

#include <gtest/gtest.h>

#include "mcp/param_headers.h"

namespace bw::mcp {
namespace {

const std::string kEnvelope =
    R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"sampling":{}},"progressToken":7})";
const std::string kCall =
    R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo",)" + kEnvelope + "}}";

std::expected<Classified, Refusal> classify_text(std::string text, std::vector<Field> fields) {
  auto message = parse_message(std::move(text));
  auto classified = classify(*message, fields);
  if (!classified) return std::unexpected(classified.error());
  return Classified{classified->era, {}};
}

int code_of(std::string text, std::vector<Field> fields) {
  auto classified = classify_text(std::move(text), std::move(fields));
  return classified ? 0 : classified.error().code;
}

TEST(Classify, TakesAWholeStatelessRequest) {
  auto message = parse_message(kCall);
  std::vector<Field> fields{
      {"mcp-protocol-version", "2026-07-28"}, {"MCP-METHOD", " tools/call\t"}, {"Mcp-Name", "=?base64?ZWNobw==?="}};
  auto classified = classify(*message, fields);
  ASSERT_TRUE(classified);
  EXPECT_EQ(classified->era, Era::stateless);
  EXPECT_EQ(classified->envelope.client_capabilities, R"({"sampling":{}})");
  EXPECT_EQ(classified->envelope.progress_token, "7");
  EXPECT_EQ(classified->envelope.log_level, "");
}

TEST(Classify, RefusesFieldsThatDisagreeWithTheBody) {
  const Field version{"MCP-Protocol-Version", "2026-07-28"}, method{"Mcp-Method", "tools/call"},
      name{"Mcp-Name", "echo"};
  EXPECT_EQ(code_of(kCall, {version, method, name}), 0);
  EXPECT_EQ(code_of(kCall, {version, method, name, {"mcp-name", " echo "}}), 0);
  EXPECT_EQ(code_of(kCall, {method, name}), code::header_mismatch);
  EXPECT_EQ(code_of(kCall, {version, name}), code::header_mismatch);
  EXPECT_EQ(code_of(kCall, {version, method}), code::header_mismatch);
  EXPECT_EQ(code_of(kCall, {{"MCP-Protocol-Version", "2025-11-25"}, method, name}), code::header_mismatch);
  for (const char* other : {"Tools/Call", "tools/list", ""}) {
    EXPECT_EQ(code_of(kCall, {version, {"Mcp-Method", other}, name}), code::header_mismatch) << other;
  }
  for (const char* other :
       {"Echo", "echo2", "", "=?base64?ZWNobw?=", "=?base64?ZWNobw=?=", "=?base64?!!!!?=", "=?base64?ZWNobx==?="}) {
    EXPECT_EQ(code_of(kCall, {version, method, {"Mcp-Name", other}}), code::header_mismatch) << other;
  }
  EXPECT_EQ(code_of(kCall, {version, method, name, {"Mcp-Name", "other"}}), code::header_mismatch);
}

TEST(Classify, RefusesABrokenEnvelopeAndAnUnknownVersion) {
  const Field version{"MCP-Protocol-Version", "2026-07-28"}, method{"Mcp-Method", "ping"};
  auto with = [](const std::string& meta) {
    return R"({"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":)" + meta + "}}";
  };
  EXPECT_EQ(code_of(R"({"jsonrpc":"2.0","id":1,"method":"ping"})", {version, method}), code::invalid_params);
  EXPECT_EQ(code_of(with("{}"), {version, method}), code::invalid_params);
  EXPECT_EQ(code_of(with(R"({"io.modelcontextprotocol/protocolVersion":"2026-07-28"})"), {version, method}),
            code::invalid_params);
  EXPECT_EQ(code_of(with(R"({"io.modelcontextprotocol/protocolVersion":7})"), {}), code::invalid_params);
  auto v9 = with(R"({"io.modelcontextprotocol/protocolVersion":"v9","io.modelcontextprotocol/clientCapabilities":{}})");
  auto refused = classify_text(v9, {{"MCP-Protocol-Version", "v9"}, method});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, code::unsupported_version);
  EXPECT_EQ(refused.error().data, R"({"supported":["2026-07-28"],"requested":"v9"})");
  EXPECT_EQ(refused.error().status, 400);
}

TEST(Classify, LeavesTheRestToSessions) {
  const Field modern{"MCP-Protocol-Version", "2026-07-28"}, old{"MCP-Protocol-Version", "2025-11-25"};
  const std::string initialize =
      R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25"}})";
  EXPECT_EQ(classify_text(initialize, {})->era, Era::sessions);
  EXPECT_EQ(code_of(initialize, {modern}), code::header_mismatch);
  EXPECT_EQ(classify_text(R"({"jsonrpc":"2.0","id":1,"method":"ping"})", {old})->era, Era::sessions);
  EXPECT_EQ(classify_text(R"({"jsonrpc":"2.0","id":1,"result":{}})", {modern})->era, Era::sessions);
  EXPECT_EQ(classify_text(R"({"jsonrpc":"2.0","method":"n"})", {})->era, Era::sessions);
  EXPECT_EQ(classify_text(R"({"jsonrpc":"2.0","method":"n"})", {modern})->era, Era::stateless);
}

TEST(Classify, OverStdioTheBodyAloneDecides) {
  EXPECT_EQ(classify(*parse_message(kCall))->era, Era::stateless);
  EXPECT_EQ(classify(*parse_message(R"({"jsonrpc":"2.0","id":1,"method":"ping"})"))->era, Era::sessions);
  EXPECT_FALSE(classify(*parse_message(
      R"({"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}})")));
}

TEST(HeaderValue, RoundTripsAnyText) {
  EXPECT_EQ(encode_header_value("eu west"), "eu west");
  EXPECT_EQ(encode_header_value(""),
            "=?base64?"
            "?=");
  EXPECT_EQ(encode_header_value(" a"), "=?base64?IGE=?=");
  EXPECT_EQ(encode_header_value("\xC3\xB6"), "=?base64?w7Y=?=");
  EXPECT_EQ(decode_header_value("=?base64?w7Y=?="), "\xC3\xB6");
  EXPECT_EQ(decode_header_value("=?base64?"), "=?base64?");
  EXPECT_EQ(decode_header_value("x?="), "x?=");
  EXPECT_FALSE(decode_header_value("=?base64?_w==?="));
  EXPECT_FALSE(decode_header_value("=?base64?/w==?="));  // not UTF-8
  for (const char* text : {"a\nb", "=?base64?x?=", "\t", "caf\xC3\xA9 "})
    EXPECT_EQ(decode_header_value(encode_header_value(text)), text);
}

TEST(ParamHeaders, FollowTheSchema) {
  auto schema = json::Document::parse(R"({"type":"object","properties":{
      "region":{"type":"string","x-mcp-header":"Region"},
      "deep":{"type":"object","properties":{"n":{"type":"integer","x-mcp-header":"N"}}},
      "twin":{"type":"string","x-mcp-header":"region"},
      "bad":{"type":"string","x-mcp-header":"a b"},
      "list":{"type":"array","items":{"type":"string","x-mcp-header":"No"}}}})");
  auto declared = param_headers(schema->root());
  ASSERT_EQ(declared.size(), 2U);
  auto arguments = json::Document::parse(R"({"region":"caf\u00e9","deep":{"n":42.0}})");
  auto fields = param_fields(declared, arguments->root());
  ASSERT_EQ(fields.size(), 2U);
  EXPECT_EQ(fields[0], (std::pair<std::string, std::string>{"Mcp-Param-Region", "=?base64?Y2Fmw6k=?="}));
  EXPECT_EQ(fields[1], (std::pair<std::string, std::string>{"Mcp-Param-N", "42"}));
  std::vector<Field> right{{"mcp-param-region", "=?base64?Y2Fmw6k=?="}, {"mcp-param-n", " 42.0 "}};
  EXPECT_TRUE(check_param_fields(declared, arguments->root(), right));
  std::vector<Field> missing{{"mcp-param-n", "42"}};
  EXPECT_EQ(check_param_fields(declared, arguments->root(), missing).error().code, code::header_mismatch);
  std::vector<Field> wrong{{"mcp-param-region", "cafe"}, {"mcp-param-n", "42"}};
  EXPECT_FALSE(check_param_fields(declared, arguments->root(), wrong));
  auto none = json::Document::parse(R"({"region":null})");
  EXPECT_TRUE(check_param_fields(declared, none->root(), wrong));
  EXPECT_TRUE(param_fields(declared, none->root()).empty());
}

}  // namespace
}  // namespace bw::mcp
