// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "cel/compile.h"

namespace bw::cel {
namespace {

// Types of programs, or the first complaint.
class Checking : public testing::Test {
 protected:
  Checking() {
    Type inner = Type::object(make_object("Inner", {{"deep", Type::int64(), true}, {"sure", Type::int64()}}));
    Type outer = Type::object(make_object("Outer", {{"inner", inner, true},
                                                    {"kind", Type::one_of({"new", "used"})},
                                                    {"kinds", Type::list(Type::one_of({"new", "used"}))},
                                                    {"list", Type::list(inner)},
                                                    {"price", Type::float64()},
                                                    {"count", Type::int64()}}));
    environment.declare("o", outer);
    environment.declare("d", Type::dyn());
    environment.declare("m", Type::map(Type::string(), Type::int64()));
    environment.declare("a.b", Type::boolean());
  }
  std::string check(std::string_view source, CompileOptions options = {}) {
    auto compiled = compile(source, environment, options);
    return compiled.program ? compiled.program->result_type().to_string() : compiled.diagnostics[0].message;
  }
  Environment environment;
};

TEST_F(Checking, InfersTypes) {
  struct Case {
    std::string_view source, want;
  };
  for (Case c : {
           Case{"[]", "list(dyn)"},
           {"[] + [1]", "list(int)"},
           {"[1, 'a']", "list(dyn)"},
           {"{'a': [1]}", "map(string, list(int))"},
           {"true ? [] : [1u]", "list(uint)"},
           {"d.x + 1", "int"},
           {"d + d", "dyn"},
           {"m['x']", "int"},
           {"m.x", "int"},
           {"m.?x", "optional(int)"},
           {"o.?inner.?deep", "optional(int)"},
           {"o.?inner.deep.orValue(3)", "int"},
           {"o.list.map(i, i.sure)", "list(int)"},
           {"m.transformMap(k, v, k + 'x')", "map(string, string)"},
           {"type(1)", "type(int)"},
           {"math.greatest(1, 2)", "int"},
           {"math.greatest(1, 2.0)", "dyn"},
           {"a.b", "bool"},
           {"o.kind", "string"},
           {"cel.bind(x, 1u, [x])", "list(uint)"},
           {"optional.of(1).optMap(x, 'a')", "optional(string)"},
       }) {
    EXPECT_EQ(check(c.source), c.want) << c.source;
  }
}

TEST_F(Checking, FollowsGuardsThroughLogic) {
  std::string absent = "field `deep` may be absent: guard with has(o.inner.deep)";
  std::string outer = "field `inner` may be absent: guard with has(o.inner)";
  struct Case {
    std::string_view source, want;
  };
  for (Case c : {
           Case{"has(o.inner) && o.inner.sure > 1", "bool"},
           {"o.inner.sure > 1 && has(o.inner)", outer},
           {"has(o.inner.deep)", outer},
           {"has(o.inner) && has(o.inner.deep) && o.inner.deep > 1", "bool"},
           {"has(o.inner) && o.inner.deep > 1", absent},
           {"!has(o.inner) || o.inner.sure > 1", "bool"},
           {"has(o.inner) || o.inner.sure > 1", outer},
           {"has(o.inner) ? o.inner.sure : 0", "int"},
           {"has(o.inner) ? 0 : o.inner.sure", outer},
           {"!(has(o.inner) && has(o.inner.deep)) ? 0 : o.inner.deep", "int"},
           {"(has(o.inner) && true) && o.inner.sure > 1", "bool"},
           {"(has(o.inner) || has(o.inner)) && o.inner.sure > 1", "bool"},
           {"(has(o.inner) || o.count > 1) && o.inner.sure > 1", outer},
           {"o.list.all(i, has(i.deep) && i.deep > 1)", "bool"},
           {"o.list.all(i, has(i.deep)) && o.list.all(i, i.deep > 1)",
            "field `deep` may be absent: guard with has(i.deep)"},
           {"o.list.filter(i, has(i.deep)).size()", "int"},
           {"o.list.map(i, has(i.deep), i.deep)", "list(int)"},
           {"has(o.inner) && o.list.all(i, o.inner.sure == i.sure)", "bool"},
           {"has(o.count) && o.count > 1", "bool"},
       }) {
    EXPECT_EQ(check(c.source), c.want) << c.source;
  }
}

TEST_F(Checking, KnowsTheMembersOfFixedSets) {
  struct Case {
    std::string_view source, want;
  };
  for (Case c : {
           Case{"o.kind == 'new'", "bool"},
           {"o.kind == 'old'", "\"old\" is not a possible value here: one of \"new\", \"used\""},
           {"'old' != o.kind", "\"old\" is not a possible value here: one of \"new\", \"used\""},
           {"o.kind in ['new', 'nwe']", "\"nwe\" is not a possible element here: one of \"new\", \"used\""},
           {"'old' in o.kinds", "\"old\" is not a possible element here: one of \"new\", \"used\""},
           {"o.kinds.exists(k, k == 'old')", "\"old\" is not a possible value here: one of \"new\", \"used\""},
           {"o.kind + 'x' == 'oldx'", "bool"},
       }) {
    EXPECT_EQ(check(c.source), c.want) << c.source;
  }
}

TEST_F(Checking, RefusesWhatCannotWork) {
  struct Case {
    std::string_view source, want;
  };
  for (Case c : {
           Case{"1 + 1u", "`+` does not take int and uint"},
           {"o.price + 1", "`+` does not take double and int"},
           {"o.price > 1", "bool"},
           {"1 in [1.5]", "bool"},
           {"'a' > 1", "`>` does not take string and int"},
           {"[1] > [2]", "`>` does not work on list(int)"},
           {"true && 1", "an operand of `&&` must be bool, this is int"},
           {"1 ? 2 : 3", "the condition of `?:` must be bool, this is int"},
           {"true ? 1 : 'a'", "the branches of `?:` have different types: int and string"},
           {"o.price.x", "double has no fields, so no `x`"},
           {"size(1)", "`size` does not take int"},
           {"size()", "wrong number of arguments for `size`"},
           {"siz([])", "unknown function `siz`"},
           {"'a'.upper()", "unknown method `upper`"},
           {"1.all(x, x)", "`all` goes over lists and maps, this is int"},
           {"[1].all(x, x)", "the test of `all` must be bool, this is int"},
           {"{1.5: 2}", "double cannot be a map key"},
           {"X{}", "`X` cannot be constructed in an expression"},
           {"'a'.matches('b' + d.c)", "the pattern of `matches` must be a constant"},
           {"[[1]].all(x, x.all(y, [1].all(z, true)))", "macros nest deeper than 2"},
           {"o.kind == null", "`==` does not take string and null"},
       }) {
    EXPECT_EQ(check(c.source), c.want) << c.source;
  }
  EXPECT_EQ(check("o.price", {.expected = Type::boolean()}), "expected bool, this is double");
  EXPECT_EQ(check("d", {.expected = Type::boolean()}), "dyn");
}

TEST_F(Checking, NamesTheMessageThatWasMeant) {
  auto compiled = compile("google.protobuf.Strukt{} == google.protobuf.Struct{}", environment);
  ASSERT_EQ(compiled.diagnostics.size(), 1U);
  EXPECT_EQ(compiled.diagnostics[0].hint, "did you mean `google.protobuf.Struct`?");
}

TEST_F(Checking, ReportsEveryMistakeOnce) {
  auto compiled = compile("o.pric > 1 && o.cont.x.y == 2 && 1 + 'a' == 3", environment);
  ASSERT_EQ(compiled.diagnostics.size(), 3U);
  EXPECT_EQ(compiled.diagnostics[0].hint, "did you mean `price`?");
}

TEST_F(Checking, WarnsOfConstantsThatAlwaysFail) {
  auto compiled = compile("timestamp('soon') < timestamp(0) || o.count > 1", environment);
  ASSERT_TRUE(compiled.program);
  ASSERT_EQ(compiled.diagnostics.size(), 1U);
  EXPECT_EQ(compiled.diagnostics[0].severity, Severity::warning);
}

TEST_F(Checking, FindsNamesInTheContainer) {
  environment.declare("x.y.z", Type::int64());
  environment.declare("z", Type::string());
  EXPECT_EQ(check("z", {.container = "x.y"}), "int");
  EXPECT_EQ(check(".z", {.container = "x.y"}), "string");
  EXPECT_EQ(check("y.z", {.container = "x"}), "int");
  EXPECT_EQ(check("[true].all(z, z)", {.container = "x.y"}), "bool");
}

TEST_F(Checking, TakesFunctionsOfTheHost) {
  auto twice = [](CallContext&, std::span<const Value> args) { return Value::int64(args[0].int64() * 2); };
  environment.declare(make_function("twice", Form::either, {"int -> int"}, twice));
  EXPECT_EQ(check("twice(o.count) + 3.twice()"), "int");
  EXPECT_EQ(check("twice('a')"), "`twice` does not take string");
}

}  // namespace
}  // namespace bw::cel
