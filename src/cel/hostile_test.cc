// SPDX-License-Identifier: Apache-2.0
// Expressions and values made to cost more than they look. None may run on, take memory or overflow the stack: each ends in
// a diagnostic or at its ceiling. What is not bounded hangs this test or kills it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "cel/compile.h"
#include "cel/from_json.h"
#include "cel/to_json.h"

namespace bw::cel {
namespace {

std::string repeated(std::string_view part, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += part;
  return out;
}

// Binds z to a value of 2^40 parts, each level holding the one below twice, and asks `use` of it.
std::string doubled(std::string_view first, std::string_view pair, std::string_view use) {
  constexpr int levels = 40;
  std::string out = fmt::format("cel.bind(z, {}, ", first);
  for (int i = 1; i < levels; ++i) out += fmt::format("cel.bind(z, {}, ", pair);
  return out.append(use) + std::string(levels, ')');
}

class Hostile : public ::testing::Test {
 protected:
  Hostile() : long_text(256U << 10U, 'a'), long_list(20'000, Value::string("")) {
    environment.declare("text", Type::string());
    environment.declare("list", Type::list(Type::string()));
  }
  Value run(std::string_view source, bool check = true) {
    CompileOptions options;
    options.check = check;
    options.dynamic_patterns = true;
    auto compiled = compile(source, environment, options);
    if (!compiled.program) return Value::error(arena, Fault::host, compiled.diagnostics.at(0).message);
    Activation activation(environment);
    activation.bind(0, Value::string(long_text));
    activation.bind(1, Value::list(long_list));
    return evaluate(*compiled.program, activation, arena);
  }
  std::string fault(std::string_view source, bool check = true) {
    Value value = run(source, check);
    return value.is(Value::Kind::error) ? std::string(name(value.failure().fault)) : "none";
  }

  std::string long_text;
  std::vector<Value> long_list;
  Environment environment;
  Arena arena;
};

TEST_F(Hostile, StopsAtTheCeiling) {
  auto lists = [](std::string_view use) { return doubled("[1]", "[z, z]", use); };
  for (const std::string& source : {
           lists("z == z"),
           lists("z != z"),
           lists("z in [z]"),
           lists("[z, z].distinct()"),
           lists("sets.contains([z], [z])"),
           lists("sets.equivalent([z], [z])"),
           lists("sets.intersects([z], [z])"),
           lists("optional.of(z) == optional.of(z)"),
           lists("'%s'.format([z])"),
           lists("z.flatten(60)"),
           lists("google.protobuf.ListValue{values: z}"),
           lists("google.protobuf.Value{list_value: z}"),
           doubled("{'a': 1}", "{'a': z, 'b': z}", "z == z"),
           doubled("{'a': 1}", "{'a': z, 'b': z}", "'%s'.format([z])"),
           doubled("{'a': 1}", "{'a': z, 'b': z}", "google.protobuf.Struct{fields: z}"),
           doubled("'a'", "z + z", "z"),
           doubled("[1]", "z + z", "z"),
           doubled("'aa'", "z.replace('a', z)", "z"),
           doubled("'aa'", "[z, z].join(z)", "z"),
           std::string("lists.range(1000000000000)"),
           std::string("lists.range(60000).map(x, x)"),
           std::string("list.join(text)"),
           std::string("list.all(x, text == text)"),
           std::string("list.all(x, text <= text)"),
           std::string("list.all(x, text in {text: 1})"),
           std::string("list.all(x, {text: 1}[text] == 1)"),
           std::string("list.all(x, string(bytes(text)) != '')"),
           std::string("list.map(x, text).sort()"),
           std::string("list.exists(x, text.contains(text + 'b'))"),
           std::string("text.lastIndexOf(text.substring(100000) + 'b')"),
           std::string("text.replace('', text)"),
           std::string("text.split('')"),
           std::string("list.all(x, !text.matches('^(a+)+$b'))"),
           "'" + repeated("%.999f", 1000) + "'.format(lists.range(1000))",
       }) {
    EXPECT_EQ(fault(source, false), "cost_exceeded")
        << source.substr(0, 40) << " … " << source.substr(source.size() / 2);
  }
}

TEST_F(Hostile, RefusesWhatIsTooDeepOrTooLong) {
  std::size_t most = CompileOptions().source_bytes_max;
  for (const std::string& source : {
           repeated("(", most),
           repeated("[", most),
           repeated("{1:", most / 3),
           repeated("-", most - 1) + "1",
           repeated("!", most - 4) + "true",
           "text" + repeated(".a", most / 2 - 4),
           "list" + repeated("[0]", most / 3 - 4),
           repeated("true?", most / 5),
           "1" + repeated("+1", most / 2 - 1),
           "1" + repeated("<1", most / 2 - 1),
           repeated("size(", most / 5),
           repeated("list.map(x,", most / 11),
           repeated("cel.bind(x,1,", most / 13),
           std::string(most + 1, ' '),
           std::string("'a'.matches('(((a{1000}){1000}){1000})')"),
           repeated("\"\\u00e9", most / 7),
           repeated("r'''", most / 4),
       }) {
    Value value = run(source);
    EXPECT_TRUE(value.is(Value::Kind::error)) << source.substr(0, 60);
  }
}

TEST_F(Hostile, WritesNoEndlessJson) {
  Value value = run(doubled("'abc'", "[z, z]", "z"), false);
  ASSERT_TRUE(value.is(Value::Kind::list));
  EXPECT_FALSE(to_json(value).has_value());
  EXPECT_LT(render(value).size(), 300U);
}

TEST_F(Hostile, FindsTextWithoutGoingBack) {
  // Going back would compare the end of the part at each place: some 10^11 steps.
  long_text = std::string(4U << 20U, 'a');
  std::string part = std::string(1U << 20U, 'a') + "b" + std::string(1U << 20U, 'a');
  environment.declare("part", Type::string());
  auto compiled = compile("text.contains(part)", environment);
  Activation activation(environment);
  activation.bind(0, Value::string(long_text));
  activation.bind(1, Value::list(long_list));
  activation.bind(2, Value::string(part));
  EXPECT_TRUE(evaluate(*compiled.program, activation, arena, {.cost_max = 1'000'000}).is_false());
}

}  // namespace
}  // namespace bw::cel
