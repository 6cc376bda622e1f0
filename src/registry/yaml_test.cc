// SPDX-License-Identifier: Apache-2.0
#include "registry/yaml.h"

#include <gtest/gtest.h>

#include "registry/scalar.h"

namespace bw::registry {
namespace {

Node one(std::string_view text) {
  Diagnostics diagnostics;
  auto file = read_yaml("x.yaml", text, diagnostics);
  EXPECT_TRUE(diagnostics.empty()) << text << "\n" << format(diagnostics.front(), text);
  EXPECT_EQ(file.documents.size(), 1U) << text;
  return file.documents.empty() ? Node{} : file.documents.front();
}

std::string place(const Span& span) {
  return std::to_string(span.line) + ":" + std::to_string(span.column) + "+" + std::to_string(span.length);
}

TEST(Yaml, ScalarsFollowTheCoreSchema) {
  struct Case {
    std::string_view text;
    std::string_view json;
  };
  for (Case c : {Case{"true", "true"},
                 {"false", "false"},
                 {"True", "\"True\""},
                 {"yes", "\"yes\""},
                 {"on", "\"on\""},
                 {"null", "null"},
                 {"~", "null"},
                 {"12", "12"},
                 {"-7", "-7"},
                 {"+7", "7"},
                 {"0x1F", "31"},
                 {"0o17", "15"},
                 {"1.5", "1.5"},
                 {".5", "0.5"},
                 {"1e3", "1000"},
                 {"1_000", "\"1_000\""},
                 {"12:30:00", "\"12:30:00\""},
                 {"2026-11-21", "\"2026-11-21\""},
                 {"0", "0"},
                 {"-0", "0"},
                 {"0.0", "0"},
                 {".", "\".\""},
                 {"-", "\"-\""},
                 {"e3", "\"e3\""},
                 {"1e", "\"1e\""},
                 {".inf", "\".inf\""},
                 {"0x", "\"0x\""},
                 {"9223372036854775807", "9223372036854775807"}}) {
    auto node = read_plain(c.text);
    ASSERT_TRUE(node) << c.text;
    EXPECT_EQ(to_json(*node), c.json) << c.text;
  }
  for (auto bad : {"007", "-01", "00.5", "9223372036854775808", "1e999"}) EXPECT_FALSE(read_plain(bad)) << bad;
}

TEST(Yaml, SpansPointAtContent) {
  auto root = one("plain: some text\nsingle: 'quoted'\ndouble: \"q\"\nlist: [a, bc]\n");
  EXPECT_EQ(place(root.find("plain")->where), "1:8+9");
  EXPECT_EQ(place(root.find("single")->where), "2:10+6");
  EXPECT_EQ(place(root.find("double")->where), "3:10+1");
  EXPECT_EQ(place(root.find("list")->items[1].where), "4:11+2");
  EXPECT_EQ(place(*root.find_key("list")), "4:1+4");
}

TEST(Yaml, SpansCountBytesWhereTextIsNotAscii) {
  auto root = one("reason: {größe: zu groß, danach: hier}\n");
  EXPECT_EQ(place(*root.find("reason")->find_key("danach")), "1:29+6");
  EXPECT_EQ(place(root.find("reason")->find("größe")->where), "1:19+8");
}

TEST(Yaml, BlocksPointAtTheirFirstContentLine) {
  auto root = one("when: |\n\n    a &&\n    b\nnext: >-  # folded\n  c\n  d\nlast: |2\n    e\n");
  EXPECT_EQ(root.find("when")->text, "\na &&\nb\n");
  EXPECT_EQ(place(root.find("when")->where), "3:5+4");
  EXPECT_EQ(root.find("next")->text, "c d");
  EXPECT_EQ(place(root.find("next")->where), "6:3+1");
  EXPECT_EQ(place(root.find("last")->where), "9:5+1");
}

TEST(Yaml, ReadsSeveralDocumentsAndSkipsEmptyOnes) {
  Diagnostics diagnostics;
  auto file = read_yaml("x", "# nothing\n---\na: 1\n---\n---\nb: 2\n...\n", diagnostics);
  EXPECT_EQ(file.documents.size(), 2U);
  EXPECT_TRUE(file.complete);
  EXPECT_TRUE(diagnostics.empty());
}

TEST(Yaml, KeepsTheDocumentsBeforeAnError) {
  Diagnostics diagnostics;
  auto file = read_yaml("x", "a: 1\n---\nb: [\n", diagnostics);
  EXPECT_EQ(file.documents.size(), 1U);
  EXPECT_FALSE(file.complete);
  EXPECT_EQ(diagnostics.size(), 1U);
}

TEST(Yaml, KeepsItsLimitsExactly) {
  auto complete = [](std::string_view text, YamlLimits limits) {
    Diagnostics diagnostics;
    bool ok = read_yaml("x", text, diagnostics, limits).complete;
    EXPECT_EQ(ok, diagnostics.empty());
    return ok;
  };
  EXPECT_TRUE(complete("[[[1]]]", {.depth_max = 3}));
  EXPECT_FALSE(complete("[[[1]]]", {.depth_max = 2}));
  EXPECT_TRUE(complete("[1, 2]", {.nodes_max = 3}));
  EXPECT_FALSE(complete("[1, 2]", {.nodes_max = 2}));
  EXPECT_TRUE(complete("abcd", {.bytes_max = 4}));
  EXPECT_FALSE(complete("abcd", {.bytes_max = 3}));
}

TEST(Yaml, SaysWhichByteIsNoUtf8) {
  Diagnostics diagnostics;
  EXPECT_FALSE(read_yaml("x", "a: b\nc: \xff\n", diagnostics).complete);
  ASSERT_EQ(diagnostics.size(), 1U);
  EXPECT_EQ(diagnostics[0].message, "byte 0xff is not UTF-8");
  EXPECT_EQ(place(diagnostics[0].where), "2:4+1");
}

}  // namespace
}  // namespace bw::registry
