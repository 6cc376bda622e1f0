// SPDX-License-Identifier: Apache-2.0
// What a decision costs: 20 attributes, 50 tools, 1,000 and 10,000 rules. Every decision is timed by itself, the clock's own
// cost included. "decide" starts from a parsed call, of which a quarter of the rules deny some: one that is denied needs no other
// rule. "decide, no denies" is the same with holds in their place: every rule is looked at.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include "base/allocations_for_test.h"
#include "cel/compile.h"
#include "json/writer.h"
#include "policy/generated_fake.h"
#include "policy/judge.h"

namespace bw::policy {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int calls_made = 512;
constexpr int rounds = 100;

struct Measured {
  double p50 = 0, p99 = 0, mean = 0, allocations = 0;
};

// Times every call by itself, after one round to warm up.
template <class Decide>
Measured measure(const std::string& name, std::string_view wanted, const std::vector<generated::Call>& calls,
                 const Decide& decide) {
  if (!name.contains(wanted)) return {};
  for (const auto& call : calls) decide(call);
  std::vector<double> times;
  times.reserve(calls.size() * rounds);
  std::size_t before = allocations;
  for (int round = 0; round < rounds; ++round) {
    for (const auto& call : calls) {
      auto start = Clock::now();
      decide(call);
      times.push_back(std::chrono::duration<double, std::nano>(Clock::now() - start).count());
    }
  }
  Measured out;
  out.allocations = static_cast<double>(allocations - before) / static_cast<double>(times.size());
  for (double t : times) out.mean += t / static_cast<double>(times.size());
  std::ranges::sort(times);
  out.p50 = times[times.size() / 2];
  out.p99 = times[times.size() * 99 / 100];
  fmt::print("{:<36} p50 {:>7.0f} ns  p99 {:>7.0f} ns  mean {:>7.0f} ns  {:>6.1f} allocations\n", name, out.p50,
             out.p99, out.mean, out.allocations);
  return out;
}

struct Calls {
  explicit Calls(const generated::Options& options) : world(1, options), plan(compile(world.sources()).plan) {
    for (int i = 0; i < calls_made; ++i) all.push_back(generated::call(world));
    bound = std::vector<Judge>(all.size());
    for (std::size_t i = 0; i < all.size(); ++i)
      bound[i].bind(*plan, {.action = all[i].action, .args = all[i].arguments.root()});
  }
  Measured decide(const std::string& name, std::string_view wanted) {
    return measure(name, wanted, all,
                   [&](const generated::Call& call) { bound[static_cast<std::size_t>(&call - all.data())].decide(); });
  }
  generated::World world;
  std::shared_ptr<const Plan> plan;
  std::vector<generated::Call> all;
  std::vector<Judge> bound;  // one for each call
};

struct Both {
  Measured denied, whole;
};

// Measures those whose name contains `wanted`.
Both run(int rules, std::string_view wanted) {
  Calls calls({.rules = rules}), whole({.rules = rules, .denies = false});
  Judge judge;
  Both out;
  out.denied = calls.decide(fmt::format("{} rules: decide", rules), wanted);
  out.whole = whole.decide(fmt::format("{} rules: decide, no denies", rules), wanted);
  measure(fmt::format("{} rules: parse {} bytes, decide", rules, calls.all.front().text.size()), wanted, calls.all,
          [&](const generated::Call& call) {
            auto document = json::Document::parse(call.text);
            judge.decide(*calls.plan, {.action = call.action, .args = document->root()});
          });
  measure(fmt::format("{} rules: decide, explain", rules), wanted, calls.all, [&](const generated::Call& call) {
    judge.decide(*calls.plan, {.action = call.action, .args = call.arguments.root()});
    judge.decision();
  });
  return out;
}

void compare(std::string_view name, const Measured& thousand, const Measured& ten_thousand) {
  if (thousand.p50 > 0)
    fmt::print("10,000 rules against 1,000{}: {:.2f} times the median, {:.2f} times the mean\n", name,
               ten_thousand.p50 / thousand.p50, ten_thousand.mean / thousand.mean);
}

void write_texts(json::Writer& w, std::string_view key, const std::vector<std::string>& texts) {
  w.key(key).begin_array();
  for (const auto& text : texts) w.string(text);
  w.end_array();
}

void write_texts(json::Writer& w, std::string_view key, const std::vector<domain::Expression>& texts) {
  std::vector<std::string> all;
  for (const auto& text : texts) all.push_back(text.text);
  write_texts(w, key, all);
}

// A policy of comparisons alone, with calls, what is decided of them and what that costs: for another engine to read and to
// decide the same (tests/bench/judge.mjs).
void dump(int rules) {
  generated::World world(2, {.rules = rules, .general_percent = 0, .only_reads = true});
  auto sources = world.sources();
  auto plan = compile(sources).plan;
  std::vector<generated::Call> calls;
  for (int i = 0; i < 500; ++i) calls.push_back(generated::call(world));
  json::Writer w;
  w.begin_object().key("rules").begin_array();
  for (const auto& rule : sources.policies.front().rules) {
    w.begin_object().member("effect", name(rule.effect));
    write_texts(w, "tool", rule.match.tool);
    write_texts(w, "agent", rule.match.agent);
    write_texts(w, "workflow", rule.match.workflow);
    write_texts(w, "all", rule.all);
    write_texts(w, "any", rule.any);
    write_texts(w, "unless", rule.unless);
    w.end_object();
  }
  w.end_array().key("calls").begin_array();
  Judge judge;
  for (const auto& call : calls) {
    auto verdict = judge.decide(*plan, {.action = call.action, .args = call.arguments.root()});
    w.begin_object().member("tool", call.action.name).member("agent", call.action.principal.agent);
    w.member("workflow", call.action.principal.workflow).member_raw("args", call.text);
    w.member("allowed", verdict == domain::Verdict::allow).end_object();
  }
  std::vector<double> times;
  for (int round = 0; round < rounds; ++round) {
    auto start = Clock::now();
    for (const auto& call : calls) {
      auto document = json::Document::parse(call.text);
      judge.decide(*plan, {.action = call.action, .args = document->root()});
    }
    times.push_back(std::chrono::duration<double, std::nano>(Clock::now() - start).count());
  }
  std::ranges::sort(times);
  w.end_array().member("nanoseconds", static_cast<std::int64_t>(times[times.size() / 2] / 500)).end_object();
  fmt::print("{}\n", w.text());
}

// One condition over values that are bound: what CEL libraries measure.
void measure_predicate(std::string_view source) {
  cel::Type args = cel::Type::object(cel::make_object("args", {{"amount_usd", cel::Type::float64()}}));
  cel::Type facts = cel::Type::object(cel::make_object("facts", {{"tenure_months", cel::Type::float64()},
                                                                 {"fraud_score", cel::Type::float64()},
                                                                 {"lifetime_refunds_usd", cel::Type::float64()}}));
  cel::Environment environment;
  auto args_slot = environment.declare("args", args), facts_slot = environment.declare("facts", facts);
  auto program = cel::compile(source, environment).program;
  cel::Arena bound, scratch;
  cel::Activation activation(environment);
  activation.bind(args_slot, cel::Value::object(bound, *args.object(), std::array{cel::Value::float64(120.5)}));
  activation.bind(facts_slot, cel::Value::object(bound, *facts.object(),
                                                 std::array{cel::Value::float64(24), cel::Value::float64(0.2),
                                                            cel::Value::float64(80)}));
  constexpr int evaluations = 100'000;
  std::vector<double> times;
  for (int round = 0; round < rounds; ++round) {
    auto start = Clock::now();
    for (int i = 0; i < evaluations; ++i) {
      scratch.reset();
      if (!cel::evaluate(*program, activation, scratch).is_true()) std::exit(1);
    }
    times.push_back(std::chrono::duration<double, std::nano>(Clock::now() - start).count() / evaluations);
  }
  std::ranges::sort(times);
  fmt::print("predicate {:.0f}\n", times[times.size() / 2]);
}

}  // namespace
}  // namespace bw::policy

int main(int argc, char** argv) {
  std::string_view wanted = argc > 1 ? argv[1] : "";
  if (wanted == "--dump") {
    bw::policy::dump(argc > 2 ? std::atoi(argv[2]) : 1'000);
    return 0;
  }
  if (wanted == "--predicate" && argc > 2) {
    bw::policy::measure_predicate(argv[2]);
    return 0;
  }
  auto thousand = bw::policy::run(1'000, wanted);
  auto ten_thousand = bw::policy::run(10'000, wanted);
  bw::policy::compare("", thousand.denied, ten_thousand.denied);
  bw::policy::compare(", no denies", thousand.whole, ten_thousand.whole);
}
