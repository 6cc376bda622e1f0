// SPDX-License-Identifier: Apache-2.0
#include "gateway/mcp/door.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gateway/mcp/door_fake.h"

namespace bw::gateway {
namespace {

using testing::at;
using testing::World;
using Fields = std::vector<std::pair<std::string, std::string>>;

const std::string kEnvelope =
    R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}})";
const std::string kCall =
    R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"find","arguments":{},)" + kEnvelope + "}}";
const Fields kCallFields = {{"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", "tools/call"}, {"Mcp-Name", "find"}};

TEST(Door, ServesOnlyItsOwnHosts) {
  struct Case {
    const char* host;
    const char* origin;
    int status;
  };
  const std::vector<Case> cases = {
      {"127.0.0.1:7070", "", 200},
      {"localhost", "", 200},
      {"LOCALHOST:1", "http://localhost:5173", 200},
      {"[::1]:7070", "https://[::1]", 200},
      {"agents.example.com", "https://agents.example.com", 200},
      {"evil.example.com", "", 403},
      {"evil.example.com", "http://evil.example.com", 403},
      {"localhost", "http://evil.example.com", 403},
      {"localhost", "null", 403},
      {"localhost", "file://", 403},
      {"localhost.evil.example.com", "", 403},
      {"localhost", "http://localhost.evil.example.com", 403},
      {"localhost", "http://localhost@evil.example.com", 403},
      {"localhost", "http://evil.example.com/localhost", 403},
      {"localhost:80x", "", 403},
      {"[::1", "", 403},
      {"[::1]x", "", 403},
      {"127.0.0.1.nip.io", "", 403},
      {"", "", 403},
  };
  World world;
  for (const auto& c : cases) {
    auto fields = kCallFields;
    fields.emplace_back("Host", c.host);
    fields.emplace_back("Origin", c.origin);
    EXPECT_EQ(world.send("POST", kCall, fields)->status(), c.status) << c.host << " from " << c.origin;
  }
  auto two = kCallFields;
  two.insert(two.end(), {{"Host", "localhost"}, {"Host", "evil.example.com"}});
  EXPECT_EQ(world.send("POST", kCall, two)->status(), 403);
}

TEST(Door, AsksForATokenBeforeItReadsAnything) {
  World world;
  struct Case {
    const char* authorization;
    int status;
  };
  for (const auto& c : std::vector<Case>{{"Bearer bot", 200},
                                         {"bearer bot", 200},
                                         {"Bearer  bot", 200},
                                         {"", 401},
                                         {"bot", 401},
                                         {"Basic bot", 401},
                                         {"Bearer", 401},
                                         {"Bearer bot bot", 401},
                                         {"Bearer banned", 403}}) {
    auto fields = kCallFields;
    fields.emplace_back("Authorization", c.authorization);
    EXPECT_EQ(world.send("POST", kCall, fields)->status(), c.status) << c.authorization;
    if (c.status == 200) continue;
    EXPECT_EQ(world.send("POST", "not JSON", fields)->status(), c.status);
    EXPECT_EQ(world.send("GET", "", fields)->status(), c.status);
    EXPECT_EQ(world.send("DELETE", "", fields)->status(), c.status);
  }
  auto refused = world.send("POST", kCall, {{"Authorization", "Bearer stolen"}});
  EXPECT_EQ(refused->writer.response->headers.find("www-authenticate"),
            R"(Bearer realm="bailiwick", error="invalid_token")");
  auto without = world.send("POST", kCall, {{"Authorization", ""}});
  EXPECT_EQ(without->writer.response->headers.find("www-authenticate"), R"(Bearer realm="bailiwick")")
      << "nothing is wrong with a token that is not there";
  auto banned = world.send("POST", kCall, {{"Authorization", "Bearer banned"}});
  EXPECT_EQ(banned->writer.response->headers.find("www-authenticate"), std::nullopt) << "another token would not help";
  EXPECT_EQ(at(banned->body(), "error", "message"), "this agent is switched off");
  auto twice = kCallFields;
  twice.insert(twice.end(), {{"Authorization", "Bearer bot"}, {"Authorization", "Bearer guest"}});
  EXPECT_EQ(world.send("POST", kCall, twice)->status(), 401);
}

TEST(Door, TakesNoOtherMethod) {
  World world;
  for (const auto* method : {"PUT", "OPTIONS", "HEAD", "PATCH"}) {
    auto got = world.send(method, "", {});
    EXPECT_EQ(got->status(), 405) << method;
    EXPECT_EQ(got->writer.response->headers.find("allow"), "POST, GET, DELETE");
  }
}

// Whatever is no message gets the protocol's own error, and reaches nothing.
TEST(Door, RefusesWhatIsNoMessage) {
  struct Case {
    std::string body;
    int status;
    const char* code;
  };
  const std::vector<Case> cases = {
      {"", 400, "-32700"},
      {"{", 400, "-32700"},
      {"nonsense", 400, "-32700"},
      {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}x", 400, "-32700"},
      {"{\"id\":1,\"id\":2,\"jsonrpc\":\"2.0\",\"method\":\"ping\"}", 400, "-32700"},
      {R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","\u006eame":"b"}})", 400, "-32700"},
      {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}", 400, "-32700"},
      {R"({"jsonrpc":"2.0","id":1,"method":"\ud800"})", 400, "-32700"},
      {"\xef\xbb\xbf{}", 400, "-32700"},
      {std::string(10'000, '['), 400, "-32700"},
      {"7", 400, "-32600"},
      {"null", 400, "-32600"},
      {"[]", 400, "-32600"},
      {R"([{"jsonrpc":"2.0","id":1,"method":"ping"}])", 400, "-32600"},
      {"{}", 400, "-32600"},
      {R"({"jsonrpc":"1.0","id":1,"method":"ping"})", 400, "-32600"},
      {R"({"jsonrpc":2.0,"id":1,"method":"ping"})", 400, "-32600"},
      {R"({"id":1,"method":"ping"})", 400, "-32600"},
      {R"({"jsonrpc":"2.0","id":null,"method":"ping"})", 400, "-32600"},
      {R"({"jsonrpc":"2.0","id":{},"method":"ping"})", 400, "-32600"},
      {R"({"jsonrpc":"2.0","id":true,"method":"ping"})", 400, "-32600"},
      {R"({"jsonrpc":"2.0","id":1,"method":7})", 400, "-32600"},
      {R"({"jsonrpc":"2.0","id":1,"method":"ping","params":[]})", 400, "-32600"},
      {R"({"jsonrpc":"2.0","id":1,"method":"ping","params":7})", 400, "-32600"},
      {R"({"jsonrpc":"2.0","id":1,"method":"ping","result":{}})", 400, "-32600"},
      {R"({"jsonrpc":"2.0","id":1,"result":{},"error":{}})", 400, "-32600"},
      {R"({"jsonrpc":"2.0","result":{}})", 400, "-32600"},
      {R"({"jsonrpc":"2.0","id":1,"error":{"code":"x","message":"y"}})", 400, "-32600"},
      {R"({"jsonrpc":"2.0","id":1,"error":7})", 400, "-32600"},
      // a claim that is not whole is never read as the older generation
      {R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":7}}})",
       400, "-32602"},
      {R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}})",
       400, "-32602"},
      {R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":[]}}})",
       400, "-32602"},
      // older generation without its session
      {R"({"jsonrpc":"2.0","id":1,"method":"ping"})", 400, "-32000"},
      {R"({"jsonrpc":"2.0","id":1,"result":{}})", 400, "-32000"},
  };
  World world;
  for (const auto& c : cases) {
    auto got = world.send("POST", c.body, {});
    EXPECT_EQ(got->status(), c.status) << c.body.substr(0, 100);
    EXPECT_EQ(at(got->body(), "error", "code"), c.code) << c.body.substr(0, 100);
    EXPECT_EQ(at(got->body(), "jsonrpc"), "2.0");
  }
  EXPECT_TRUE(world.path.requests.empty());
}

TEST(Door, EchoesTheIdOfWhatItRefuses) {
  World world;
  auto got = world.send("POST", R"({"jsonrpc":"2.0","id":"a\u00e9","method":7})", {});
  EXPECT_EQ(got->body().find(R"("id":"a\u00e9")") != std::string::npos, true) << got->body();
}

TEST(Door, WantsJson) {
  World world;
  for (const auto* type :
       {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp", ""}) {
    auto fields = kCallFields;
    fields.emplace_back("Content-Type", type);
    EXPECT_EQ(world.send("POST", kCall, fields)->status(), 415) << type;
  }
  auto fields = kCallFields;
  fields.emplace_back("Content-Type", "Application/JSON; charset=utf-8");
  EXPECT_EQ(world.send("POST", kCall, fields)->status(), 200);
}

// The body decides what is done, so whatever stands in the fields has to say the same: a hop before us may have decided by
// them. https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
TEST(Door, RefusesFieldsThatDoNotSayWhatTheBodySays) {
  struct Case {
    const char* what;
    Fields fields;
    int code;  // 0: it is let through
  };
  const std::string version = "MCP-Protocol-Version", method = "Mcp-Method", name = "Mcp-Name", now = "2026-07-28";
  const std::vector<Case> cases = {
      {"all the same", kCallFields, 0},
      {"any case of field names",
       {{"mcp-protocol-version", now}, {"MCP-METHOD", "tools/call"}, {"mcp-name", "find"}},
       0},
      {"space around values", {{version, " " + now}, {method, "tools/call "}, {name, "  find  "}}, 0},
      {"an encoded name", {{version, now}, {method, "tools/call"}, {name, "=?base64?ZmluZA==?="}}, 0},
      {"the same name twice", {{version, now}, {method, "tools/call"}, {name, "find"}, {name, "find"}}, 0},
      {"no version", {{method, "tools/call"}, {name, "find"}}, -32020},
      {"no method", {{version, now}, {name, "find"}}, -32020},
      {"no name", {{version, now}, {method, "tools/call"}}, -32020},
      {"nothing", {}, -32020},
      {"another version", {{version, "2025-11-25"}, {method, "tools/call"}, {name, "find"}}, -32020},
      {"a version never heard of", {{version, "v9"}, {method, "tools/call"}, {name, "find"}}, -32020},
      {"two versions", {{version, now}, {version, "2025-11-25"}, {method, "tools/call"}, {name, "find"}}, -32020},
      {"another method", {{version, now}, {method, "tools/list"}, {name, "find"}}, -32020},
      {"a method in capitals", {{version, now}, {method, "Tools/Call"}, {name, "find"}}, -32020},
      {"an encoded method", {{version, now}, {method, "=?base64?dG9vbHMvY2FsbA==?="}, {name, "find"}}, -32020},
      {"two methods", {{version, now}, {method, "tools/call"}, {method, "tools/list"}, {name, "find"}}, -32020},
      {"another name", {{version, now}, {method, "tools/call"}, {name, "desk_look"}}, -32020},
      {"a name in capitals", {{version, now}, {method, "tools/call"}, {name, "Find"}}, -32020},
      {"two names", {{version, now}, {method, "tools/call"}, {name, "find"}, {name, "desk_refund"}}, -32020},
      {"two names in one", {{version, now}, {method, "tools/call"}, {name, "find, find"}}, -32020},
      {"another encoded name", {{version, now}, {method, "tools/call"}, {name, "=?base64?bG9vaw==?="}}, -32020},
      {"base64 without padding", {{version, now}, {method, "tools/call"}, {name, "=?base64?ZmluZA?="}}, -32020},
      {"base64 of another alphabet", {{version, now}, {method, "tools/call"}, {name, "=?base64?Zmlu-_==?="}}, -32020},
      {"base64 with spare bits", {{version, now}, {method, "tools/call"}, {name, "=?base64?ZmluZB==?="}}, -32020},
      {"only the prefix of an encoding", {{version, now}, {method, "tools/call"}, {name, "=?base64?ZmluZA=="}}, -32020},
      {"only its suffix", {{version, now}, {method, "tools/call"}, {name, "ZmluZA==?="}}, -32020},
      {"another character set", {{version, now}, {method, "tools/call"}, {name, "=?utf-8?B?ZmluZA==?="}}, -32020},
      {"a name with a combining mark", {{version, now}, {method, "tools/call"}, {name, "=?base64?ZmnMgW5k?="}}, -32020},
      {"a quoted name", {{version, now}, {method, "tools/call"}, {name, "\"find\""}}, -32020},
      {"a percent-encoded name", {{version, now}, {method, "tools/call"}, {name, "%66ind"}}, -32020},
  };
  World world;
  std::size_t let_through = 0;
  for (const auto& c : cases) {
    auto got = world.send("POST", kCall, c.fields);
    if (c.code == 0) ++let_through;
    EXPECT_EQ(got->status(), c.code == 0 ? 200 : 400) << c.what;
    EXPECT_EQ(at(got->body(), "error", "code"), c.code == 0 ? "" : std::to_string(c.code)) << c.what;
    EXPECT_EQ(at(got->body(), "id"), "1") << c.what;
    EXPECT_EQ(world.path.requests.size(), let_through) << c.what;
  }
}

TEST(Door, TheTwoGenerationsDoNotMix) {
  World world;
  auto status = [&](const std::string& body, const Fields& fields) {
    return world.send("POST", body, fields)->status();
  };
  const Fields now = {{"MCP-Protocol-Version", "2026-07-28"}};
  EXPECT_EQ(status(R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})", now), 400) << "no envelope";
  EXPECT_EQ(
      status(
          R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}})",
          now),
      400);
  auto envelope = kCall;
  envelope.replace(envelope.find("2026-07-28"), 10, "2027-01-01");
  auto unknown = world.send(
      "POST", envelope, {{"MCP-Protocol-Version", "2027-01-01"}, {"Mcp-Method", "tools/call"}, {"Mcp-Name", "find"}});
  EXPECT_EQ(at(unknown->body(), "error", "code"), "-32022");
  EXPECT_EQ(at(unknown->body(), "error", "data"), R"({"supported":["2026-07-28"],"requested":"2027-01-01"})");
  EXPECT_TRUE(world.path.requests.empty());
}

}  // namespace
}  // namespace bw::gateway
