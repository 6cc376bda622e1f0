// SPDX-License-Identifier: Apache-2.0
// The standard functions where the conformance corpus is silent: bounds, costs, zones.
#include <gtest/gtest.h>

#include "cel/compile.h"

namespace bw::cel {
namespace {

std::string run(std::string_view source, std::int64_t cost_max = 100'000) {
  Environment environment;
  environment.declare("n", Type::int64());
  CompileOptions options;
  options.dynamic_patterns = true;
  auto compiled = compile(source, environment, options);
  if (!compiled.program) return compiled.diagnostics[0].message;
  Arena arena;
  Activation activation(environment);
  activation.bind(0, Value::int64(3));
  return render(evaluate(*compiled.program, activation, arena, {.cost_max = cost_max}));
}

TEST(Library, KnowsZonesWithTheirRules) {
  struct Case {
    std::string_view source, want;
  };
  for (Case c : {
           Case{"timestamp('2026-01-15T12:00:00Z').getHours('Europe/Berlin')", "13"},
           {"timestamp('2026-07-15T12:00:00Z').getHours('Europe/Berlin')", "14"},
           {"timestamp('2026-03-29T00:59:59Z').getHours('Europe/Berlin')", "1"},
           {"timestamp('2026-03-29T01:00:00Z').getHours('Europe/Berlin')", "3"},
           {"timestamp('2090-07-15T12:00:00Z').getHours('Europe/Berlin')", "14"},     // by the rule after the table
           {"timestamp('2090-01-15T12:00:00Z').getHours('Australia/Sydney')", "23"},  // summer in January
           {"timestamp('1900-01-15T12:00:00Z').getMinutes('Europe/Berlin')", "0"},
           {"timestamp('2026-01-15T12:00:00Z').getHours('Asia/Kolkata')", "17"},
           {"timestamp('2026-01-15T12:00:00Z').getMinutes('+05:45')", "45"},
           {"timestamp('2026-01-15T12:00:00Z').getHours('../../etc/passwd')",
            "error(no such time zone: \"../../etc/passwd\")"},
           {"timestamp('2026-01-15T12:00:00Z').getHours('Mars/Base')", "error(no such time zone: \"Mars/Base\")"},
       }) {
    EXPECT_EQ(run(c.source), c.want) << c.source;
  }
}

TEST(Library, ReadsAndWritesTimes) {
  struct Case {
    std::string_view source, want;
  };
  for (Case c : {
           Case{"timestamp('2024-02-29T23:59:59.123456789+01:30')", "timestamp(\"2024-02-29T22:29:59.123456789Z\")"},
           {"timestamp('2023-02-29T00:00:00Z')",
            "error(\"2023-02-29T00:00:00Z\" is no timestamp in range, such as \"2026-11-21T09:00:00Z\")"},
           {"duration('1h2m3.5s')", "duration(\"3723.5s\")"},
           {"duration('-1.5s')", "duration(\"-1.5s\")"},
           {"duration('90')", "error(\"90\" is no duration in range, such as \"1h30m\")"},
           {"duration('.5h')", "duration(\"1800s\")"},
           {"duration('0')", "duration(\"0s\")"},
           {"duration('s')", "error(\"s\" is no duration in range, such as \"1h30m\")"},
           {"timestamp(0) - timestamp('1970-01-01T00:00:00.5Z')", "duration(\"-0.5s\")"},
           {"duration('1.5s') + duration('-2s')", "duration(\"-0.5s\")"},
           {"duration('99999999999h')", "error(\"99999999999h\" is no duration in range, such as \"1h30m\")"},
           {"timestamp(1795000000).getDayOfYear()", "321"},
       }) {
    EXPECT_EQ(run(c.source), c.want) << c.source;
  }
}

TEST(Library, ChargesForWork) {
  EXPECT_EQ(run("lists.range(n * 3000000000).size() > 0 || true"), "error(the evaluation costs more than its ceiling)");
  EXPECT_EQ(run("lists.range(9000000000).size()"), "error(the evaluation costs more than its ceiling)");
  EXPECT_EQ(run("lists.range(n * 100000).size()"), "error(the evaluation costs more than its ceiling)");
  EXPECT_EQ(run("lists.range(n * 100).map(i, lists.range(n * 1000)).size()"),
            "error(the evaluation costs more than its ceiling)");
  EXPECT_EQ(run("lists.range(n).size()", 20), "3");
  EXPECT_EQ(run("lists.range(n).all(x, x >= 0) || true", 8), "error(the evaluation costs more than its ceiling)");
  // Each of these matches reads to the end of the text.
  EXPECT_EQ(run("regex.extractAll(lists.range(n * 500).map(i, 'aaaa').join(), 'a(?:.*z)?').size()"),
            "error(the evaluation costs more than its ceiling)");
  EXPECT_EQ(run("regex.replace(lists.range(n * 50).map(i, 'aaaa').join(), 'a*', '\\\\0\\\\0\\\\0\\\\0').size()"),
            "2400");
  EXPECT_EQ(
      run("cel.bind(a, 'xxxxxxxxxx' + string(n), a.replace('', a).replace('', a).replace('', a).replace('', a).replace('', a)).size()"),
      "error(the evaluation costs more than its ceiling)");
}

TEST(Library, WorksOnText) {
  struct Case {
    std::string_view source, want;
  };
  for (Case c : {
           Case{"'héllo'.reverse()", "\"olléh\""},
           {"'héllo'.charAt(1)", "\"é\""},
           {"'héllo'.charAt(5)", "\"\""},
           {"''.split('')", "[]"},
           {"'abc'.split('')", "[\"a\", \"b\", \"c\"]"},
           {"'abc'.split('', 2)", "[\"a\", \"bc\"]"},
           {"',a,'.split(',')", "[\"\", \"a\", \"\"]"},
           {"'ab'.replace('', '-')", "\"-a-b-\""},
           {"'a'.matches('[')", "ill-formed pattern: missing ]: ["},
           {"'a'.matches('[' + string(n))", "error(ill-formed pattern: missing ]: [3)"},
           {"'abc'.matches('b')", "true"},
           {"'%s'.format([])", "error(index 0 out of range)"},
           {"'%'.format([])", "error(format ends in the middle of a clause)"},
           {"'%.99999f'.format([1.0])", "error(ill-formed precision in format)"},
           {"'%x %X'.format([-255, 'é'])", "\"-ff C3A9\""},
           {"base64.decode('a===')", "error(ill-formed base64)"},
           {"[3, -1, 2].sortBy(x, -x)", "[3, 2, -1]"},
           {"['bb', 'a', 'cc', 'd'].sortBy(s, size(s))", "[\"a\", \"d\", \"bb\", \"cc\"]"},
           {"[[2, 1], [0]].sortBy(l, l.sortBy(x, x)[0])", "[[0], [2, 1]]"},
           {"[].sortBy(x, x)", "[]"},
           {"[1, 0].sortBy(x, 1 / x)", "error(divide by zero)"},
           {"[1, 2].sortBy(x, {x: x})", "error(sortBy needs values of one type that have an order)"},
           {"[dyn(1), 2].sortBy(x, x == 1 ? dyn('a') : dyn(1))",
            "error(sortBy needs values of one type that have an order)"},
           {"'\\u202eabc\\n'", "\"\\u202eabc\\n\""},
       }) {
    EXPECT_EQ(run(c.source), c.want) << c.source;
  }
}

TEST(Library, ComparesAcrossNumbers) {
  struct Case {
    std::string_view source, want;
  };
  for (Case c : {
           Case{"1 == 1.0 && 1u == 1.0 && 1 == 1u", "true"},
           {"-1 < 0u", "true"},
           {"{1: 'a'}[dyn(1.0)]", "\"a\""},
           {"{1: 'a'}[dyn(1.5)]", "error(no such key: 1.5)"},
           {"dyn(0.0)/0.0 == dyn(0.0)/0.0", "false"},
           {"[1, 2.0, 3u].sort()", "[1, 2.0, 3u]"},
           {"[1][dyn(0.0)]", "1"},
           {"[1][dyn(0.5)]", "error(index 0.5 is no whole number)"},
           {"{1: 1, 1u: 2}", "error(a key occurs twice in a map)"},
           {"dyn(1) in [dyn('a'), 1.0]", "true"},
           {"lists.range(20).map(i, {string(i): i})[19]['19']", "19"},
           {"lists.range(20).transformMapEntry(i, v, {v: v * v})[dyn(12u)]", "144"},
       }) {
    EXPECT_EQ(run(c.source), c.want) << c.source;
  }
}

}  // namespace
}  // namespace bw::cel
