// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <array>

#include "cel/compile.h"
#include "cel/from_json.h"

namespace bw::cel {
namespace {

constexpr std::string_view condition = "args.amount_usd > 0.0 && args.amount_usd <= 200 && facts.fraud.score < 0.7";

// The arguments of a refund as JSON, and a fact as a value.
struct Refund {
  Type args = Type::object(make_object("Args", {{"amount_usd", Type::float64()},
                                                {"order_id", Type::string()},
                                                {"reason", Type::one_of({"damaged", "late"}), true},
                                                {"tags", Type::list(Type::string())}}));
  Type fraud = Type::object(make_object("Fraud", {{"score", Type::float64()}}));
  Type facts = Type::object(make_object("Facts", {{"fraud", fraud}}));
  json::Document document =
      json::Document::parse(R"({"order_id": "o-1881", "amount_usd": 120.5, "reason": "late", "tags": ["a", "b", "c"]})")
          .value();
  Environment environment;
  std::size_t args_slot = environment.declare("args", args);
  std::size_t facts_slot = environment.declare("facts", facts);

  void bind(Activation& activation, Arena& arena) const {
    activation.bind(args_slot, from_json(document.root(), args, "args", arena));
    Value score = Value::object(arena, *fraud.object(), std::array{Value::float64(0.2)});
    activation.bind(facts_slot, Value::object(arena, *facts.object(), std::array{score}));
  }
};

// One more condition about a request whose values are bound already: what each further rule costs.
void evaluate_bound(benchmark::State& state, std::string_view source) {
  Refund refund;
  auto compiled = compile(source, refund.environment);
  if (!compiled.program) return state.SkipWithError(format(compiled.diagnostics[0], source).c_str());
  Arena bound;
  Arena scratch;
  Activation activation(refund.environment);
  refund.bind(activation, bound);
  for (auto _ : state) {
    scratch.reset();
    benchmark::DoNotOptimize(evaluate(*compiled.program, activation, scratch));
  }
}

// The first condition about a request: binding and reading JSON included.
void evaluate_fresh(benchmark::State& state) {
  Refund refund;
  auto compiled = compile(condition, refund.environment);
  Arena arena;
  Activation activation(refund.environment);
  for (auto _ : state) {
    arena.reset();
    refund.bind(activation, arena);
    benchmark::DoNotOptimize(evaluate(*compiled.program, activation, arena));
  }
}

void compile_condition(benchmark::State& state) {
  Refund refund;
  for (auto _ : state) benchmark::DoNotOptimize(compile(condition, refund.environment, {.expected = Type::boolean()}));
}

BENCHMARK_CAPTURE(evaluate_bound, condition, condition);
BENCHMARK_CAPTURE(evaluate_bound, one_comparison, "args.amount_usd <= 200");
BENCHMARK_CAPTURE(evaluate_bound, text, "has(args.reason) && args.reason == 'late' && args.order_id.startsWith('o-')");
BENCHMARK_CAPTURE(evaluate_bound, in_list, "args.order_id in ['a', 'b', 'o-1881', 'c']");
BENCHMARK_CAPTURE(evaluate_bound, pattern, "args.order_id.matches('^o-[0-9]+$')");
BENCHMARK_CAPTURE(evaluate_bound, loop, "args.tags.all(t, t != '' && t.size() < 10)");
BENCHMARK(evaluate_fresh);
BENCHMARK(compile_condition);

}  // namespace
}  // namespace bw::cel

BENCHMARK_MAIN();
