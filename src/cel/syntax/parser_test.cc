// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "cel/compile.h"

namespace bw::cel {
namespace {

std::string read(std::string_view source, CompileOptions options = {}) {
  auto parsed = parse(source, options);
  if (has_errors(parsed.diagnostics)) return parsed.diagnostics[0].message;
  return to_string(*parsed.expr);
}

TEST(Parser, BindsOperatorsAsTheGrammarSays) {
  struct Case {
    std::string_view source, want;
  };
  for (Case c : {
           Case{"1 + 2 * 3 - 4", "((1 + (2 * 3)) - 4)"},
           {"a || b && c || d", "(a || (b && c) || d)"},
           {"a && (b && c)", "(a && (b && c))"},
           {"!a.b[0] == -x", "(!(a.b[0]) == -(x))"},
           {"-1 - -2", "(-1 - -2)"},
           {"- 1", "-1"},
           {"(-a).b + (!c)[0] + -(d.e)", "(((-(a)).b + (!(c))[0]) + -(d.e))"},
           {"a ? b : c ? d : e", "(a ? b : (c ? d : e))"},
           {"a < b == c in d", "(((a < b) == c) in d)"},
           {"a.?b[?0].c(1)", "a.?b[?0].c(1)"},
           {"a.`x-y`.in_", "a.`x-y`.in_"},
           {".a.b(c)", ".a.b(c)"},
           {"[?a, b,]", "[?a, b]"},
           {"{?a: b, 'c': 1u}", "{?a: b, \"c\": 1u}"},
           {"a.B{c: 1, ?d: 2}", "a.B{c: 1, ?d: 2}"},
           {"a // and more\n  && b", "(a && b)"},
       }) {
    EXPECT_EQ(read(c.source), c.want) << c.source;
  }
}

TEST(Parser, ReadsLiterals) {
  struct Case {
    std::string_view source, want;
  };
  for (Case c : {
           Case{"-9223372036854775808", "-9223372036854775808"},
           {"0xfFu", "255u"},
           {"1e3", "1000.0"},
           {".5", "0.5"},
           {"1e-400", "0.0"},
           {R"('a\x41\101\u00e9\U0001F600\'')", "\"aAAé😀'\""},
           {R"(r'\d')", R"("\\d")"},
           {"b'\\xff\\377é'", "b\"\\xff\\xff\\xc3\\xa9\""},
           {"'''a'\n'b'''", "\"a'\\n'b\""},
           {"rb'\\x'", "b\"\\x5cx\""},
           {"null", "null"},
           {"9223372036854775808", "number is out of the range of int"},
           {"1e400", "number is out of the range of double"},
           {"'\\q'", "ill-formed escape in a literal"},
           {"'\\ud800'", "ill-formed escape in a literal"},
           {"b'\\u00e9'", "ill-formed escape in a literal"},
           {"'a", "this string is never closed"},
           {"1x", "ill-formed number `1x`"},
       }) {
    EXPECT_EQ(read(c.source), c.want) << c.source;
  }
}

TEST(Parser, ExpandsMacrosBySpelling) {
  struct Case {
    std::string_view source, want;
  };
  for (Case c : {
           Case{"has(a.b)", "has(a.b)"},
           {"has(a)", "`has` takes one field selection"},
           {"a.all(x, x > 1)", "a.all(x, (x > 1))"},
           {"a.all(x, y, z)", "a.all(x, y, z)"},
           {"a.all(x.y, true)", "`all` needs a plain variable name here"},
           {"a.exists(x, x, true)", "`exists` needs two different variable names"},
           {"a.map(x)", "a.map(x)"},  // a plain call, which the checker will not find
           {"cel.bind(x, 1, x)", "cel.bind(x, 1, x)"},
           {"a.optMap(x, x)", "a.optMap(x, x)"},
       }) {
    EXPECT_EQ(read(c.source), c.want) << c.source;
  }
}

TEST(Parser, RefusesWithTheReason) {
  struct Case {
    std::string_view source, want;
  };
  for (Case c : {
           Case{"", "expected an expression, found the end"},
           {"a b", "expected an operator or the end, found `b`"},
           {"(a", "expected `)`, found the end"},
           {"[1, 2", "expected `]`, found the end"},
           {"a ? b", "expected `:`, found the end"},
           {"while", "`while` is a reserved word"},
           {"a.true", "expected a field name, found `true`"},
           {"a & b", "unexpected character `&`"},
           {"\xff", "the expression is not UTF-8"},
           {"“a”", "unexpected character `“`"},
       }) {
    EXPECT_EQ(read(c.source), c.want) << c.source;
  }
}

TEST(Parser, BoundsDepthAndLength) {
  auto nested = [](std::size_t n) { return std::string(n, '(') + "1" + std::string(n, ')'); };
  EXPECT_EQ(read(nested(63)), "1");
  EXPECT_EQ(read(nested(64)), "the expression nests deeper than 64 levels");
  EXPECT_EQ(read(std::string(5000, '(')), "the expression nests deeper than 64 levels");
  EXPECT_EQ(read(std::string(5000, '!')), "the expression nests deeper than 64 levels");
  std::string selections = "a";
  for (int i = 0; i < 64; ++i) selections += ".b";
  EXPECT_EQ(read(selections), "the expression nests deeper than 64 levels");
  std::string conjunction = "a";
  for (int i = 0; i < 1000; ++i) conjunction += "&& a";  // long is not deep
  EXPECT_TRUE(read(conjunction).starts_with("(a && a"));
  EXPECT_EQ(read(std::string(8193, ' ')), "the expression is longer than 8192 bytes");
}

TEST(Parser, PlacesNodesInTheAuthorsFile) {
  CompileOptions options;
  options.origin = {"rules.yaml", 10, 7, 1};
  auto parsed = parse("a &&\n  b..c", options);
  ASSERT_EQ(parsed.diagnostics.size(), 1U);
  EXPECT_EQ(parsed.diagnostics[0].where.line, 11);
  EXPECT_EQ(parsed.diagnostics[0].where.column, 11);
  auto good = parse("(a + b) * c");
  EXPECT_EQ(good.expr->place.offset, 0U);
  EXPECT_EQ(good.expr->place.length, 11U);
  EXPECT_EQ(good.expr->children[0]->place.in("(a + b) * c"), "a + b");
}

}  // namespace
}  // namespace bw::cel
