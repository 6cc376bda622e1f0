// SPDX-License-Identifier: Apache-2.0
#include "cel/shape.h"

#include <gtest/gtest.h>

#include "cel/compile.h"
#include "cel/from_json.h"

namespace bw::cel {
namespace {

struct World {
  Type inner = Type::object(make_object("Inner", {{"n", Type::int64(), true}}));
  Type args = Type::object(make_object("Args", {{"n", Type::int64()},
                                                {"d", Type::float64()},
                                                {"s", Type::string(), true},
                                                {"b", Type::boolean()},
                                                {"inner", inner, true},
                                                {"any", Type::dyn()}}));
  Environment environment;
  std::size_t slot = environment.declare("args", args);
  std::size_t word = environment.declare("word", Type::string());

  Program program(std::string_view source) const {
    auto compiled = compile(source, environment, {.expected = Type::boolean(), .guards_required = false});
    EXPECT_TRUE(compiled.program) << source;
    return *compiled.program;
  }
};

std::vector<std::string> texts(const std::vector<Program>& parts) {
  std::vector<std::string> out;
  for (const auto& part : parts) out.emplace_back(part.text());
  return out;
}

TEST(Shape, TakesConditionsApart) {
  World w;
  using Texts = std::vector<std::string>;
  EXPECT_EQ(texts(conjuncts(w.program("args.n > 1 && (args.b && args.d < 2.0 || args.b) && args.n < 9"))),
            (Texts{"args.n > 1", "args.b && args.d < 2.0 || args.b", "args.n < 9"}));
  EXPECT_EQ(texts(disjuncts(w.program("args.b || (args.n == 1 || word == 'x')"))),
            (Texts{"args.b", "args.n == 1", "word == 'x'"}));
  EXPECT_EQ(texts(conjuncts(w.program("args.b"))), Texts{"args.b"});
}

TEST(Shape, KnowsTestsOfOneValue) {
  World w;
  for (auto source :
       {"args.n > 1", "1 < args.n", "args.d >= 2", "args.s == 'x'", "!(args.s in ['x', 'y'])", "args.b", "has(args.s)",
        "!has(args.s)", "args.inner.n == 1", "word != 'x'", "word in []", "has(args.s) && args.s != 'x'",
        "has(args.s) && !(args.s == 'x')", "args.s.startsWith('x')", "has(args.s) && !args.s.startsWith('x')"}) {
    EXPECT_TRUE(as_test(w.program(source), w.environment)) << source;
  }
  for (auto source : {"args.n > args.n", "args.any == 1", "'x'.startsWith(args.s)", "args.s.startsWith(args.s)",
                      "args.n + 1 > 2", "args.any.b", "args.n in [args.n]", "args.?s == optional.of('x')", "true",
                      "has(args.s) && args.b", "!(has(args.s) && args.s == 'x')", "!has(args.s) && args.s == 'x'"}) {
    EXPECT_FALSE(as_test(w.program(source), w.environment)) << source;
  }
  auto turned = as_test(w.program("1 < args.n"), w.environment);
  EXPECT_EQ(turned->relation, Relation::greater);
  EXPECT_TRUE(constant(w.program("1 + 1 == 2"))->is_true());
  EXPECT_FALSE(constant(w.program("args.b")));
}

TEST(Shape, KnowsWhatDependsOnOneTextAlone) {
  World w;
  for (auto source : {"args.s.contains('x')", "args.s.size() > 2", "word.matches('^x+$') || word == 'y'",
                      "has(args.s) && args.s.endsWith('x')", "[1, 2].exists(i, args.s.size() == i)"}) {
    EXPECT_TRUE(sole_text(w.program(source), w.environment)) << source;
  }
  for (auto source : {"args.s.contains(word)", "args.n > 1", "true", "args.any == args.s", "args.b || args.s == 'x'",
                      "args.?s.orValue('x').contains('x')", "has(args.inner) && args.s.contains('x')"}) {
    EXPECT_FALSE(sole_text(w.program(source), w.environment)) << source;
  }
  Arena arena;
  auto program = w.program("100 / (args.s.size() - 2) > 20");
  auto sole = sole_text(program, w.environment);
  ASSERT_TRUE(sole);
  EXPECT_TRUE(evaluate_for(program, w.environment, *sole, "abc", arena).is_true());
  EXPECT_TRUE(evaluate_for(program, w.environment, *sole, "abcdefghijkl", arena).is_false());
  EXPECT_TRUE(evaluate_for(program, w.environment, *sole, "ab", arena).is(Value::Kind::error));
}

// Whatever a host does with a test, it comes to what evaluating gives.
TEST(Shape, AppliedTestsAgreeWithTheEvaluator) {
  World w;
  const std::vector<std::string_view> sources{"args.n > 1",
                                              "args.n <= 1.5",
                                              "2 != args.n",
                                              "args.d >= 2",
                                              "args.d == 2.5",
                                              "args.d in [1.0, 2.5]",
                                              "args.s == 'x'",
                                              "args.s != 'x'",
                                              "args.s < 'm'",
                                              "args.s in ['x', 'y']",
                                              "args.s.startsWith('')",
                                              "args.s.startsWith('x')",
                                              "!args.s.startsWith('xy')",
                                              "has(args.s) && args.s.startsWith('a')",
                                              "!(args.s in ['x'])",
                                              "args.b",
                                              "!args.b",
                                              "has(args.s)",
                                              "!has(args.s)",
                                              "has(args.n)",
                                              "has(args.inner.n)",
                                              "args.inner.n > 0",
                                              "word == 'x'",
                                              "!(word < 'x')",
                                              "has(args.s) && args.s != 'x'",
                                              "has(args.s) && !(args.s == 'x')",
                                              "has(args.n) && args.n > 1",
                                              "has(args.inner.n) && args.inner.n > 0"};
  const std::vector<std::string_view> documents{R"({"n":1,"d":2.5,"s":"x","b":true,"inner":{"n":1}})",
                                                R"({"n":2,"d":2,"s":"a","b":false,"inner":{}})",
                                                R"({"n":1.5,"d":"2","s":7,"b":"true","inner":{"n":"1"}})",
                                                R"({"inner":null,"s":null})",
                                                R"({"inner":7})",
                                                "[1]"};
  for (auto text : documents) {
    auto document = json::Document::parse(std::string(text)).value();
    Arena arena;
    Activation activation(w.environment);
    activation.bind(w.slot, from_json(document.root(), w.args, "args", arena));
    activation.bind(w.word, Value::string("x"));
    for (auto source : sources) {
      auto program = w.program(source);
      auto test = as_test(program, w.environment);
      ASSERT_TRUE(test) << source;
      auto value = read(test->reading, activation);
      Value applied = value ? apply(*test, *value) : Value::absent();
      Value evaluated = evaluate(program, activation, arena);
      ASSERT_EQ(applied.is(Value::Kind::boolean), evaluated.is(Value::Kind::boolean)) << source << " " << text;
      if (applied.is(Value::Kind::boolean)) EXPECT_EQ(applied.boolean(), evaluated.boolean()) << source << " " << text;
    }
  }
}

}  // namespace
}  // namespace bw::cel
