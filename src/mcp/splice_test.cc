// SPDX-License-Identifier: Apache-2.0
#include "mcp/splice.h"

#include <gtest/gtest.h>

#include "mcp/result.h"
#include "mcp/tool_name.h"

namespace bw::mcp {
namespace {

TEST(Splice, SetsAMemberAndKeepsEveryOtherByte) {
  EXPECT_EQ(set_member("{}", "a", "1"), R"({"a":1})");
  EXPECT_EQ(set_member("{ }", "a", "1"), R"({"a":1 })");
  EXPECT_EQ(set_member(R"( {"b" : 1.0 , "a":{"a":"}"} } )", "a", "2"), R"( {"b" : 1.0 , "a":2 } )");
  EXPECT_EQ(set_member(R"({"x":[1,{"a":3}]})", "a", "2"), R"({"x":[1,{"a":3}],"a":2})");
  EXPECT_EQ(set_member(R"({"\u0061":3})", "a", "2"), R"({"\u0061":2})");
  EXPECT_EQ(set_member(R"({"k":"\\"})", "a", "2"), R"({"k":"\\","a":2})");
}

TEST(Splice, RemovesAMemberWithItsComma) {
  EXPECT_EQ(remove_member(R"({"a":1})", "a"), "{}");
  EXPECT_EQ(remove_member(R"({"a":1, "b":2})", "a"), R"({"b":2})");
  EXPECT_EQ(remove_member(R"({"a":1, "b":2 })", "b"), R"({"a":1 })");
  EXPECT_EQ(remove_member(R"({"a":1,"b":2,"c":3})", "b"), R"({"a":1,"c":3})");
  EXPECT_EQ(remove_member(R"({"a":1})", "z"), R"({"a":1})");
}

TEST(Splice, LeavesATextThatIsNoObjectAlone) {
  for (const char* text :
       {"", "[]", "{", R"({"a")", R"({"a":})", R"({"a":1}x)", R"({"a":1,})", R"({"a":"\)", "{]", R"({"a":[})"}) {
    EXPECT_EQ(set_member(text, "a", "1"), text);
    EXPECT_EQ(remove_member(text, "a"), text);
    EXPECT_FALSE(get_member(text, "a")) << text;
  }
}

TEST(Splice, MergesIntoMeta) {
  auto once = set_meta(R"({"name":"x"})", "progressToken", "7");
  EXPECT_EQ(once, R"({"name":"x","_meta":{"progressToken":7}})");
  EXPECT_EQ(set_meta(once, "progressToken", "8"), R"({"name":"x","_meta":{"progressToken":8}})");
  EXPECT_EQ(set_meta(once, "k", "1"), R"({"name":"x","_meta":{"progressToken":7,"k":1}})");
  EXPECT_EQ(get_meta(once, "progressToken"), "7");
  EXPECT_EQ(remove_meta(once, "progressToken"), R"({"name":"x"})");
  EXPECT_EQ(remove_meta(set_meta(once, "k", "1"), "progressToken"), R"({"name":"x","_meta":{"k":1}})");
  EXPECT_EQ(set_meta(R"({"_meta":7})", "k", "1"), R"({"_meta":{"k":1}})");
}

TEST(Result, IsDecoratedForEachEra) {
  Decoration ours{.server_info = R"({"name":"bailiwick","version":"1"})"};
  EXPECT_EQ(
      as_stateless(R"({"content":[]})", "tools/call", ours),
      R"({"content":[],"resultType":"complete","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"bailiwick","version":"1"}}})");
  auto listed = as_stateless(R"({"tools":[],"ttlMs":900,"cacheScope":"public"})", "tools/list", {});
  EXPECT_EQ(listed, R"({"tools":[],"ttlMs":0,"cacheScope":"private","resultType":"complete"})");
  EXPECT_EQ(as_session(listed), R"({"tools":[]})");
  EXPECT_EQ(as_stateless(R"({"resultType":"input_required","requestState":"s"})", "resources/read", {}),
            R"({"resultType":"input_required","requestState":"s"})");
  EXPECT_EQ(result_type(R"({"resultType":"input_required"})"), "input_required");
  EXPECT_EQ(result_type("{}"), "complete");
  EXPECT_EQ(as_session(R"({"_meta":{"io.modelcontextprotocol/serverInfo":{},"x":1},"content":[]})"),
            R"({"_meta":{"x":1},"content":[]})");
}

TEST(ToolName, IsLegalAndStable) {
  EXPECT_EQ(tool_name("create_refund"), "create_refund");
  EXPECT_TRUE(is_tool_name(std::string(64, 'a')));
  EXPECT_FALSE(is_tool_name(std::string(65, 'a')));
  EXPECT_FALSE(is_tool_name(""));
  EXPECT_FALSE(is_tool_name("a/b"));
  auto cut = tool_name(std::string(100, 'a') + "b");
  EXPECT_TRUE(is_tool_name(cut));
  EXPECT_EQ(cut, tool_name(std::string(100, 'a') + "b"));
  EXPECT_NE(cut, tool_name(std::string(100, 'a') + "c"));
  EXPECT_TRUE(is_tool_name(tool_name("")));
  EXPECT_NE(tool_name("a/b"), tool_name("a_b"));
}

}  // namespace
}  // namespace bw::mcp
