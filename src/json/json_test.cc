// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "json/canonical.h"
#include "json/document.h"
#include "json/embed.h"
#include "json/writer.h"

namespace bw::json {
namespace {

Document parsed(std::string text) {
  auto document = Document::parse(text);
  EXPECT_TRUE(document) << text << ": " << (document ? "" : document.error().message);
  return document ? std::move(*document) : *Document::parse("null");
}

TEST(Document, GivesTheSendersBytesOfEveryValue) {
  auto d = parsed(R"( {"a": [1.50, {"b" : "x\n"}], "c":12345678901234567890} )");
  EXPECT_EQ(d.root()["a"].raw(), R"([1.50, {"b" : "x\n"}])");
  EXPECT_EQ(d.root()["a"].at(0).raw(), "1.50");
  EXPECT_EQ(d.root()["a"].at(1)["b"].string(), "x\n");
  EXPECT_EQ(d.root()["c"].raw(), "12345678901234567890");
  EXPECT_FALSE(d.root()["c"].integer());
  EXPECT_FALSE(d.root()["missing"]["deeper"].exists());
}

TEST(Document, AccessorsAreEmptyForOtherKinds) {
  auto d = parsed(R"({"s":"1","n":1.0,"i":-7,"t":true,"z":null})");
  EXPECT_FALSE(d.root()["s"].integer());
  EXPECT_FALSE(d.root()["n"].integer());
  EXPECT_EQ(d.root()["n"].number(), 1.0);
  EXPECT_EQ(d.root()["i"].integer(), -7);
  EXPECT_EQ(d.root()["t"].boolean(), true);
  EXPECT_TRUE(d.root()["z"].exists());
  EXPECT_EQ(d.root().size(), 5U);
}

TEST(Document, RefusesWhatIsNotStrictJson) {
  for (std::string text : {"",
                           " ",
                           "{",
                           "[1,]",
                           "{\"a\":1,}",
                           "{a:1}",
                           "01",
                           "1.",
                           ".5",
                           "+1",
                           "1e",
                           "nul",
                           "True",
                           "'a'",
                           "\"\t\"",
                           "\"\\x\"",
                           "\"\\ud800\"",
                           "\"\\udc00\"",
                           "\"\\ud800\\u0041\"",
                           "\"\xff\"",
                           "1 2",
                           "[1 2]",
                           "{\"a\" 1}",
                           "\xEF\xBB\xBF{}",
                           "NaN",
                           "Infinity",
                           "// c\n1",
                           "\"a",
                           "[\"a\"",
                           "}"}) {
    EXPECT_FALSE(Document::parse(text)) << text;
  }
}

TEST(Document, RefusesDuplicateKeysHoweverSpelled) {
  EXPECT_FALSE(Document::parse(R"({"a":1,"a":2})"));
  EXPECT_FALSE(Document::parse(R"({"a":1,"\u0061":2})"));
  EXPECT_FALSE(Document::parse(R"({"x":{"k":1,"b":2,"k":3}})"));
  EXPECT_TRUE(Document::parse(R"({"a":{"a":1},"b":{"a":1}})"));
}

TEST(Document, KeepsItsLimits) {
  Limits limits{.bytes_max = 20, .depth_max = 3, .values_max = 5};
  EXPECT_TRUE(Document::parse("[[[1]]]", limits));
  EXPECT_EQ(Document::parse("[[[[1]]]]", limits).error().code, Code::resource_exhausted);
  EXPECT_TRUE(Document::parse("[1,2,3,4]", limits));
  EXPECT_EQ(Document::parse("[1,2,3,4,5]", limits).error().code, Code::resource_exhausted);
  EXPECT_TRUE(Document::parse("\"" + std::string(18, 'x') + "\"", limits));
  EXPECT_EQ(Document::parse("\"" + std::string(19, 'x') + "\"", limits).error().code, Code::resource_exhausted);
  EXPECT_FALSE(Document::parse(std::string(100'000, '[')));
}

TEST(Canonical, FollowsRfc8785) {
  struct Case {
    std::string input, want;
  };
  for (const Case& c : {Case{R"({"b":1,"a":[true, null]})", R"({"a":[true,null],"b":1})"},
                        {"1.0", "1"},
                        {"1e2", "100"},
                        {"-0", "0"},
                        {"1E21", "1e+21"},
                        {"100000000000000000000.0", "100000000000000000000"},
                        {"0.000001", "0.000001"},
                        {"1e-7", "1e-7"},
                        {"333333333.33333329", "333333333.3333333"},
                        {"9007199254740993", "9007199254740993"},
                        {"12345678901234567890123", "12345678901234567890123"},
                        {R"("\u20ac\u000f\u000aA'\u0042\u0022\u005c\/")", "\"€\\u000f\\nA'B\\\"\\\\/\""},
                        {"{\"\\ud83d\\ude00\":1,\"\\ufb33\":2}", "{\"😀\":1,\"\xEF\xAC\xB3\":2}"},
                        {"[]", "[]"},
                        {"{}", "{}"}}) {
    EXPECT_EQ(canonical(parsed(c.input).root()).value(), c.want) << c.input;
  }
  EXPECT_FALSE(canonical(parsed("1e999").root()));
}

TEST(Writer, EmbedsWhatIsJsonAndQuotesWhatIsNot) {
  auto embedded = [](const std::string& text) {
    Writer w;
    w.begin_object().member("a", 1);
    embed(w, "b", text);
    return std::move(w.end_object()).text();
  };
  EXPECT_EQ(embedded(R"({"c":[1.50, null]})"), R"({"a":1,"b":{"c":[1.50, null]}})");
  EXPECT_EQ(embedded("7"), R"({"a":1,"b":7})");
  EXPECT_EQ(embedded("no\" JSON"), R"({"a":1,"b":"no\" JSON"})");
  EXPECT_EQ(embedded(R"({"c":1,"c":2})"), R"({"a":1,"b":"{\"c\":1,\"c\":2}"})");  // refused as a document
  EXPECT_EQ(embedded("{} {}"), R"({"a":1,"b":"{} {}"})");
  EXPECT_EQ(embedded(""), R"({"a":1})");
}

TEST(Writer, SetsCommasAndEscapes) {
  Writer w;
  w.begin_object().member("a", "x\"\n\x01").key("b").begin_array().integer(1).boolean(true).null().end_array();
  w.member("c", 2).member_raw("d", "{}").number(0.5);
  EXPECT_EQ(w.text(), "{\"a\":\"x\\\"\\n\\u0001\",\"b\":[1,true,null],\"c\":2,\"d\":{},0.5");
  EXPECT_EQ(quoted("\xff\xc3\xa9"), "\"\xEF\xBF\xBDé\"");
}

}  // namespace
}  // namespace bw::json
