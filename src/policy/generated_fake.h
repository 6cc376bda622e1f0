// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "domain/action.h"
#include "json/document.h"
#include "policy/compile.h"

// Policies, tools and calls made up from a seed: for the benchmark and for the properties that hold of every policy.
namespace bw::policy::generated {

// Twenty attributes: s0…s7 text out of v0…v15 (s6 and s7 optional), i0…i5 whole numbers and d0…d5 others, 0 to 999.
constexpr int strings = 8, integers = 6, doubles = 6;
constexpr int words = 16;
constexpr int numbers_max = 1000;

struct Options {
  int rules = 1000;
  int tools = 50;
  int agents = 10;
  int workflows = 5;
  int general_percent = 5;  // of the terms: functions and arithmetic, beside comparisons with constants
  int failing_percent = 0;  // of the terms: may divide by zero, or read a fact that is unavailable
  bool denies = true;       // without, a quarter of the rules holds instead
  bool only_reads = false;  // tools that no built-in rule holds, so that the rules alone decide
};

class World {
 public:
  World(std::uint64_t seed, const Options& options) : random_(seed), options_(options) {}

  Sources sources() {
    Sources out;
    for (int i = 0; i < options_.tools; ++i)
      out.tools.push_back({tool_name(i), upstream(i), profile(i), std::string(schema)});
    for (int i = 0; i < options_.workflows; ++i)
      out.workflows[fmt::format("workflow-{}", i)] = domain::Autonomy::production;
    out.facts.push_back({.name = "score", .file = "score.json", .value = {"result.score", {}}, .type = "double"});
    domain::Policy policy{.name = "generated"};
    for (int i = 0; i < options_.rules; ++i) policy.rules.push_back(rule(i));
    out.policies.push_back(std::move(policy));
    return out;
  }

  domain::Action action() {
    domain::Action out;
    int tool = below(options_.tools);
    out.id = "act_0";
    out.run = "run_0";
    out.principal = {fmt::format("agent-{}", below(options_.agents)),
                     fmt::format("workflow-{}", below(options_.workflows)), "production", "tok"};
    out.name = tool_name(tool);
    out.upstream = upstream(tool);
    out.profile = profile(tool);
    out.at_ms = 1'800'000'000'000 + below(1'000'000);
    return out;
  }

  // About a kilobyte, most of it in one text that no rule reads, as in calls that people write.
  std::string arguments(std::size_t note_bytes = 560) {
    std::string out = "{";
    for (int i = 0; i < strings; ++i) {
      if (i >= 6 && percent(50)) continue;
      out += fmt::format(R"("s{}":"v{}",)", i, below(words));
    }
    for (int i = 0; i < integers; ++i) out += fmt::format(R"("i{}":{},)", i, below(numbers_max));
    for (int i = 0; i < doubles; ++i) out += fmt::format(R"("d{}":{}.5,)", i, below(numbers_max));
    return out + fmt::format(R"("note":"{}"}})", std::string(note_bytes, 'n'));
  }

  // Arguments that do not fit the schema: a field left out, null or of another type, or no object at all.
  std::string damaged_arguments() {
    static constexpr std::string_view wrong[]{"null", "7", "2.5", "\"v1\"", "true", "[]", "{}"};
    if (percent(3)) return std::string(wrong[below(7)]);
    std::string out = "{";
    auto add = [&](char kind, int i, const std::string& value) {
      if (percent(10)) return;
      if (out.size() > 1) out += ",";
      out += fmt::format("\"{}{}\":{}", kind, i, percent(10) ? wrong[below(7)] : value);
    };
    for (int i = 0; i < strings; ++i) add('s', i, fmt::format("\"v{}\"", below(words)));
    for (int i = 0; i < integers; ++i) add('i', i, fmt::format("{}", below(numbers_max)));
    for (int i = 0; i < doubles; ++i) add('d', i, fmt::format("{}.5", below(numbers_max)));
    return out + "}";
  }

  int below(int limit) { return static_cast<int>(random_() % static_cast<std::uint64_t>(limit)); }
  bool percent(int of_hundred) { return below(100) < of_hundred; }
  std::mt19937_64& random() { return random_; }

  std::string condition() {
    if (percent(options_.failing_percent)) return failing();
    if (percent(options_.general_percent)) return general();
    if (percent(45)) return about_text();
    return about_number();
  }

 private:
  static constexpr std::string_view schema = R"({"type":"object",
    "required":["s0","s1","s2","s3","s4","s5","i0","i1","i2","i3","i4","i5","d0","d1","d2","d3","d4","d5"],
    "properties":{"s0":{"type":"string"},"s1":{"type":"string"},"s2":{"type":"string"},"s3":{"type":"string"},
    "s4":{"type":"string"},"s5":{"type":"string"},"s6":{"type":"string"},"s7":{"type":"string"},
    "i0":{"type":"integer"},"i1":{"type":"integer"},"i2":{"type":"integer"},"i3":{"type":"integer"},
    "i4":{"type":"integer"},"i5":{"type":"integer"},"d0":{"type":"number"},"d1":{"type":"number"},
    "d2":{"type":"number"},"d3":{"type":"number"},"d4":{"type":"number"},"d5":{"type":"number"},
    "note":{"type":"string"}}})";

  static std::string upstream(int tool) { return fmt::format("u{}", tool % 5); }
  static std::string tool_name(int tool) { return fmt::format("{}/tool_{}", upstream(tool), tool); }
  domain::ToolProfile profile(int tool) const {
    domain::ToolProfile out;
    out.tier = tool % 2 == 0 || options_.only_reads ? domain::Tier::read : domain::Tier::execute;
    out.reversible = true;
    out.environment = tool % 3 == 0 ? "staging" : "production";
    return out;
  }

  std::string about_text() {
    int field = below(strings);
    std::string guard = field >= 6 ? fmt::format("has(args.s{}) && ", field) : "";
    switch (below(4)) {
      case 0: return fmt::format("{}args.s{} != \"v{}\"", guard, field, below(words));
      case 1: return fmt::format("{}args.s{} in [\"v{}\", \"v{}\"]", guard, field, below(words), below(words));
      default: return fmt::format("{}args.s{} == \"v{}\"", guard, field, below(words));
    }
  }
  std::string about_number() {
    static constexpr std::string_view relations[]{"<", "<=", ">", ">=", "=="};
    std::string_view relation = relations[below(5)];
    if (percent(50)) return fmt::format("args.i{} {} {}", below(integers), relation, below(numbers_max));
    return fmt::format("args.d{} {} {}.5", below(doubles), relation, below(numbers_max));
  }
  std::string general() {
    switch (below(5)) {
      case 0: return fmt::format("args.s{}.startsWith(\"v1\")", below(6));
      case 1: return fmt::format("args.s{}.matches(\"^v[0-{}]$\")", below(6), below(10));
      case 2: return fmt::format("args.d{} * 2.0 > args.d{}", below(doubles), below(doubles));
      case 3: return fmt::format("(args.i{} > {} || args.s0 == \"v1\")", below(integers), below(numbers_max));
      default: return fmt::format("!(args.i{} % 7 == {})", below(integers), below(7));
    }
  }
  std::string failing() {
    switch (below(6)) {
      case 0: return fmt::format("100 / (args.i{} % 3) > 20", below(integers));
      case 1: return "facts.score >= 0.7";
      case 2: return fmt::format("args.i{} + 9223372036854775000 > 0", below(integers));
      case 3: return fmt::format("100 / (args.s{}.size() - 2) > {}", below(6), below(200));
      case 4: return fmt::format("has(args.s7) && int(args.s7.substring(1)) > {}", below(words));
      default: return fmt::format("facts.score < 0.3 && args.i{} < {}", below(integers), below(numbers_max));
    }
  }

  domain::Rule rule(int number) {
    domain::Rule out{.id = fmt::format("rule-{}", number), .policy = "generated"};
    int kind = below(20);
    out.effect = kind < 10                       ? domain::Verdict::allow
                 : kind < 15 || !options_.denies ? domain::Verdict::hold
                                                 : domain::Verdict::deny;
    out.match.tool = {percent(2) ? fmt::format("{}/*", upstream(below(options_.tools)))
                                 : tool_name(number % options_.tools)};
    if (percent(25)) out.match.agent = {fmt::format("agent-{}", below(options_.agents))};
    if (percent(15)) out.match.workflow = {fmt::format("workflow-{}", below(options_.workflows))};
    if (percent(5)) out.match.agent = {"agent-*", "agent-1*"};
    if (percent(2)) out.match.agent = {"*nt-1", "agent-2*", "agent-3"};
    if (out.effect == domain::Verdict::allow && percent(50)) out.unattended = "made up";
    out.tightens = out.effect == domain::Verdict::hold && number % 3 == 0;
    int line = number + 1;
    for (int i = 1 + below(3); i > 0; --i) out.all.push_back({condition(), {"p.yaml", line, 1, 1}});
    if (percent(20))
      for (int i = 2 + below(2); i > 0; --i) out.any.push_back({condition(), {"p.yaml", line, 1, 1}});
    if (percent(20)) out.unless.push_back({condition(), {"p.yaml", line, 1, 1}});
    out.where = {"p.yaml", line, 1, 1};
    return out;
  }

  std::mt19937_64 random_;
  Options options_;
};

// A call, ready to be judged.
struct Call {
  domain::Action action;
  std::string text;
  json::Document arguments;
};

inline Call call(World& world, std::size_t note_bytes = 560) {
  domain::Action action = world.action();
  std::string text = world.arguments(note_bytes);
  auto document = json::Document::parse(text);
  return {std::move(action), std::move(text), std::move(*document)};
}

}  // namespace bw::policy::generated
