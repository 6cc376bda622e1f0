// SPDX-License-Identifier: Apache-2.0
// The engine as its users meet it: text and bindings in, a value or diagnostics out.
#include <gtest/gtest.h>

#include <string>

#include "cel/compile.h"
#include "cel/from_json.h"
#include "cel/to_json.h"

namespace bw::cel {
namespace {

// A refund tool's arguments, and facts from a customer system.
class Desk {
 public:
  Desk() {
    args_slot_ = environment.declare("args", args);
    facts_slot_ = environment.declare("facts", facts);
    environment.declare("vip", Type::boolean());
    environment.declare("labels", Type::map(Type::string(), Type::string()));
    environment.declare("raw", Type::dyn());
    environment.declare("now", Type::timestamp());
  }

  Compiled compile(std::string_view source, std::optional<Type> expected = {}) const {
    CompileOptions options;
    options.origin.file = "policy.yaml";
    options.expected = std::move(expected);
    return cel::compile(source, environment, options);
  }

  Value run(const Program& program, std::string json = refund, Trace* trace = nullptr) {
    document_.emplace(json::Document::parse(std::move(json)).value());
    Activation activation(environment);
    activation.bind(args_slot_, from_json(document_->root(), args, "args", arena));
    activation.bind(facts_slot_, facts_value(Value::float64(0.4)));
    activation.bind(environment.slot("vip").value(), Value::boolean(true));
    activation.bind(environment.slot("raw").value(), from_json(document_->root(), Type::dyn(), "raw", arena));
    activation.bind(environment.slot("now").value(), Value::timestamp(1'795'000'000));
    return evaluate(program, activation, arena, {.trace = trace});
  }
  Value facts_value(Value score) {
    Value fraud = Value::object(arena, *fraud_type.object(), std::array{score});
    return Value::object(arena, *facts.object(), std::array{fraud, Value::unknown(arena, "facts.crm")});
  }

  std::string show(std::string_view source, std::string json = refund) {
    auto compiled = compile(source);
    if (!compiled.program) return format(compiled.diagnostics[0], source);
    return render(run(*compiled.program, std::move(json)));
  }

  static constexpr const char* refund =
      R"({"amount_usd": 940, "quantity": 3, "reason": "damaged", "items": [{"sku": "a"}, {"sku": "b"}]})";
  Type item = Type::object(make_object("Item", {{"sku", Type::string()}, {"note", Type::string(), true}}));
  Type args = Type::object(make_object("Args", {{"amount_usd", Type::float64()},
                                                {"quantity", Type::int64()},
                                                {"reason", Type::one_of({"damaged", "late", "other"}), true},
                                                {"comment", Type::string(), true},
                                                {"items", Type::list(item)}}));
  Type fraud_type = Type::object(make_object("Fraud", {{"score", Type::float64()}}));
  Type facts = Type::object(make_object("Facts", {{"fraud", fraud_type}, {"crm", Type::dyn()}}));
  Environment environment;
  Arena arena;

 private:
  std::optional<json::Document> document_;
  std::size_t args_slot_ = 0;
  std::size_t facts_slot_ = 0;
};

TEST(Cel, EvaluatesConditionsOverJsonArguments) {
  Desk desk;
  struct Case {
    std::string_view source, want;
  };
  for (Case c : {
           Case{"args.amount_usd > 0.0 && args.amount_usd <= 200 && facts.fraud.score < 0.7", "false"},
           {"args.amount_usd", "940.0"},
           {"args.quantity * 2", "6"},
           {"args.quantity > 2.5", "true"},
           {"has(args.reason) && args.reason == 'damaged'", "true"},
           {"has(args.comment)", "false"},
           {"args.?comment.orValue('none')", "\"none\""},
           {"args.items.all(i, i.sku in ['a', 'b'])", "true"},
           {"args.items.map(i, i.sku).join('+')", "\"a+b\""},
           {"args.items.filter(i, !has(i.note)).size()", "2"},
           {"args.items[1].sku", "\"b\""},
           {"size(args.items) == 2 ? 'two' : 'many'", "\"two\""},
           {"raw.quantity", "3.0"},
           {"raw.missing", "error(no such key: `missing`)"},
           {"now < timestamp('2030-01-01T00:00:00Z')", "true"},
           {"cel.bind(x, args.quantity, x * x)", "9"},
           {"vip && facts.crm.score > 3", "unknown(facts.crm)"},
           {"!vip && facts.crm.score > 3", "false"},
           {"vip || facts.crm.score > 3", "true"},
           {"args.quantity / 0 == 1 || vip", "true"},
           {"labels.team", "error(variable `labels` has no value)"},
       }) {
    EXPECT_EQ(desk.show(c.source), c.want) << c.source;
  }
}

TEST(Cel, SaysWhatIsWrongAndWhere) {
  Desk desk;
  struct Case {
    std::string_view source, want;
  };
  for (Case c : {
           Case{"args.reason == 'late'",
                "policy.yaml:1:6: error: field `reason` may be absent: guard with has(args.reason)\n"
                "  args.reason == 'late'\n       ^^^^^^\n"
                "  has(args.reason) && … or args.?reason.orValue(…)\n"},
           {"has(args.reason) && args.reason == 'broken'",
            "policy.yaml:1:36: error: \"broken\" is not a possible value here: one of \"damaged\", \"late\", \"other\"\n"
            "  has(args.reason) && args.reason == 'broken'\n                                     ^^^^^^^^\n"},
           {"args.amont_usd > 3",
            "policy.yaml:1:6: error: `args` has no field `amont_usd`\n  args.amont_usd > 3\n       ^^^^^^^^^\n"
            "  did you mean `amount_usd`?\n"},
           {"arg.amount_usd > 3",
            "policy.yaml:1:1: error: unknown name `arg`\n  arg.amount_usd > 3\n  ^^^\n  did you mean `args`?\n"},
           {"args.quantity + args.amount_usd",
            "policy.yaml:1:15: error: `+` does not take int and double\n  args.quantity + args.amount_usd\n                ^\n"
            "  both sides need one type: convert with double(…), int(…) or uint(…)\n"},
           {"args.comment.",
            "policy.yaml:1:14: error: expected a field name, found the end\n  args.comment.\n               ^\n"},
           {"vip = true",
            "policy.yaml:1:5: error: unexpected character `=`\n  vip = true\n      ^\n  comparison is `==`\n"},
           {"'a'.matches('(')",
            "policy.yaml:1:13: error: ill-formed pattern: missing ): (\n  'a'.matches('(')\n              ^^^\n"},
       }) {
    EXPECT_EQ(desk.show(c.source), c.want) << c.source;
  }
}

TEST(Cel, NamesTheJsonValueThatDoesNotFit) {
  Desk desk;
  EXPECT_EQ(desk.show("args.amount_usd > 1.0", R"({"amount_usd": "lots"})"),
            "error(args.amount_usd: expected double, found a string)");
  EXPECT_EQ(desk.show("args.quantity > 1", R"({"quantity": 1.5})"), "error(args.quantity: expected int, found 1.5)");
  EXPECT_EQ(desk.show("args.quantity > 1", "{}"), "error(args.quantity is missing)");
  EXPECT_EQ(desk.show("args.items[0].sku == 'a'", R"({"items": [{"sku": 7}]})"),
            "error(args.items[0].sku: expected string, found a number)");
}

TEST(Cel, ExplainsWithTheDecisiveTerms) {
  Desk desk;
  auto compiled =
      desk.compile("vip && (args.amount_usd <= 200 || args.quantity + 1 > 9) && size(args.items) > 0", Type::boolean());
  ASSERT_TRUE(compiled.program);
  Trace trace;
  EXPECT_TRUE(desk.run(*compiled.program, Desk::refund, &trace).is_false());
  std::vector<std::string> said;
  for (const auto& term : trace.terms) {
    if (term.decisive) said.push_back(describe(term));
  }
  EXPECT_EQ(said,
            (std::vector<std::string>{"args.amount_usd <= 200 was false: args.amount_usd = 940.0",
                                      "args.quantity + 1 > 9 was false: args.quantity = 3, args.quantity + 1 = 4"}));
}

TEST(Cel, ListsWhatAProgramReads) {
  Desk desk;
  auto compiled = desk.compile(
      "has(args.reason) && facts.fraud.score < 0.5 && labels['x'] == raw.y.z && args.items.exists(i, i.sku == 'x')");
  ASSERT_TRUE(compiled.program);
  std::vector<std::string> paths(compiled.program->paths().begin(), compiled.program->paths().end());
  EXPECT_EQ(paths, (std::vector<std::string>{"args.items", "args.reason", "facts.fraud.score", "labels", "raw"}));
}

TEST(Cel, StopsAtTheCostCeiling) {
  Desk desk;
  auto compiled = desk.compile("lists.range(args.quantity * 1000).all(i, lists.range(1000).all(j, i + j >= 0)) || vip");
  ASSERT_TRUE(compiled.program) << format(compiled.diagnostics[0]);
  Value value = desk.run(*compiled.program);
  ASSERT_TRUE(value.is(Value::Kind::error));
  EXPECT_EQ(value.failure().fault, Fault::cost_exceeded);
}

TEST(ToJson, WritesWhatJsonHasAndRefusesTheRest) {
  Environment environment;
  Activation activation(environment);
  Arena arena;
  auto json_of = [&](std::string_view text) {
    auto compiled = compile(text, environment, {.check = false});
    auto json = to_json(evaluate(*compiled.program, activation, arena));
    return json ? *json : "error: " + json.error().message;
  };
  EXPECT_EQ(
      json_of(
          R"({"a": [1, 2u, 2.5, true, null, "x\n"], "b": timestamp("2026-01-02T03:04:05Z"), "c": duration("90s")})"),
      R"({"a":[1,2,2.5,true,null,"x\n"],"b":"2026-01-02T03:04:05Z","c":"90s"})");
  EXPECT_EQ(json_of("optional.none()"), "null");
  EXPECT_EQ(json_of("{1: 2}"), "error: a map whose keys are no strings has no JSON form");
  EXPECT_EQ(json_of("b\"x\""), "error: bytes has no JSON form");
  EXPECT_EQ(json_of("[1, 1 / 0]"), "error: divide by zero");
  EXPECT_EQ(json_of("1.0 / 0.0"), "error: a number that is not finite has no JSON form");
}

}  // namespace
}  // namespace bw::cel
