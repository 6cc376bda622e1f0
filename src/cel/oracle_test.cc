// SPDX-License-Identifier: Apache-2.0
// Generated programs, run by the evaluator and by the oracle. A failure prints the seed and the program.
#include "cel/oracle.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <random>

#include "cel/compile.h"
#include "cel/form_for_test.h"
#include "cel/from_json.h"

namespace bw::cel {
namespace {

using oracle::Plain;
using Kind = Value::Kind;

// Writes well-typed programs. Every type has leaves, and every level of depth allows one operation around smaller parts.
class Author {
 public:
  explicit Author(std::uint64_t seed) : random_(seed) {}

  std::string boolean(int depth) {
    if (depth <= 0) return pick({"true", "false", "b", "u", "o.flag", "has(o.maybe)", "has(o.gone)", "has(o.later)"});
    switch (below(13)) {
      case 0: return form("({} && {})", {boolean(depth - 1), boolean(depth - 1)});
      case 1: return form("({} || {})", {boolean(depth - 1), boolean(depth - 1)});
      case 2: return form("({} && {} && {})", {boolean(depth - 1), boolean(depth - 1), boolean(depth - 1)});
      case 3: return form("!{}", {boolean(depth - 1)});
      case 4: return form("({} {} {})", {integer(depth - 1), comparison(), integer(depth - 1)});
      case 5:
        return form("({} {} {})", {number(depth - 1), comparison(), below(2) ? integer(depth - 1) : number(depth - 1)});
      case 6: return form("({} {} {})", {text(depth - 1), comparison(), text(depth - 1)});
      case 7: return form("({} in {})", {integer(depth - 1), list(depth - 1)});
      case 8: return form("{}.startsWith({})", {text(depth - 1), text(depth - 1)});
      case 9: return form("({} ? {} : {})", {boolean(depth - 1), boolean(depth - 1), boolean(depth - 1)});
      case 10: return loop(depth, pick({"all", "exists", "exists_one"}));
      case 11: return network();
      default: return form("({} == {})", {list(depth - 1), list(depth - 1)});
    }
  }

 private:
  std::string integer(int depth) {
    if (depth <= 0) {
      std::string local = local_();
      if (!local.empty() && below(2) == 0) return local;
      return pick({"0", "1", "-3", "7", "9223372036854775807", "-9223372036854775808", "i", "e", "o.count", "o.maybe",
                   "o.gone", "o.later"});
    }
    switch (below(6)) {
      case 0: return form("({} {} {})", {integer(depth - 1), pick({"+", "-", "*", "/", "%"}), integer(depth - 1)});
      case 1: return form("-({})", {integer(depth - 1)});
      case 2: return form("size({})", {below(2) ? list(depth - 1) : text(depth - 1)});
      case 3: return form("({} ? {} : {})", {boolean(depth - 1), integer(depth - 1), integer(depth - 1)});
      case 4: return form("{}[{}]", {list(depth - 1), integer(depth - 1)});
      default: return bound(depth);
    }
  }
  std::string number(int depth) {
    if (depth <= 0) return pick({"0.0", "1.5", "-2.25", "1e300", "d", "o.ratio"});
    return form("({} {} {})", {number(depth - 1), pick({"+", "-", "*", "/"}), number(depth - 1)});
  }
  std::string text(int depth) {
    if (depth <= 0) return pick({"''", "'a'", "'ab'", "s", "o.name"});
    return form("({} + {})", {text(depth - 1), text(depth - 1)});
  }
  std::string list(int depth) {
    if (depth <= 0) return pick({"l.filter(z, false)", "[1, 2, 3]", "l", "o.counts"});
    switch (below(4)) {
      case 0: return form("[{}, {}]", {integer(depth - 1), integer(depth - 1)});
      case 1: return form("({} + {})", {list(depth - 1), list(depth - 1)});
      case 2: return loop(depth, "filter");
      default: return mapped(depth);
    }
  }
  // Addresses of both versions, ranges that hold some of them, and texts that are neither.
  std::string address() {
    return form("ip({})", {pick({"'10.0.0.1'", "'10.255.0.9'", "'127.9.0.1'", "'2001:db8::1'", "'2001:db8:8000::2'",
                                 "'::1'", "'::'", "s"})});
  }
  std::string range() {
    std::string range = form("cidr({})", {pick({"'10.0.0.0/8'", "'10.128.3.4/9'", "'10.0.0.1/32'", "'0.0.0.0/0'",
                                                "'2001:db8::/32'", "'2001:db8:ffff::/33'", "'::/0'", "s"})});
    return below(2) == 0 ? range + ".masked()" : range;
  }
  std::string network() {
    switch (below(8)) {
      case 0: return form("{}.containsIP({})", {range(), below(3) == 0 ? range() + ".ip()" : address()});
      case 1: return form("{}.containsCIDR({})", {range(), range()});
      case 2: return form("({} == {})", {range(), range()});
      case 3: return form("({} == {})", {address(), below(3) == 0 ? range() + ".ip()" : address()});
      case 4: return form("{}.isLoopback()", {address()});
      case 5: return form("({}.prefixLength() > 8)", {range()});
      case 6: return form("isIP({})", {pick({"'::1'", "'1.2.3'", "s"})});
      default: return form("({}.family() == 6)", {address()});
    }
  }
  std::string comparison() { return pick({"<", "<=", ">", ">=", "==", "!="}); }

  std::string loop(int depth, const std::string& macro) {
    std::string range = list(depth - 1);
    std::string name = push();
    std::string test = boolean(depth - 1);
    locals_.pop_back();
    return form("{}.{}({}, {})", {range, macro, name, test});
  }
  std::string mapped(int depth) {
    std::string range = list(depth - 1);
    std::string name = push();
    std::string value = integer(depth - 1);
    locals_.pop_back();
    return form("{}.map({}, {})", {range, name, value});
  }
  std::string bound(int depth) {
    std::string value = integer(depth - 1);
    std::string name = push();
    std::string body = integer(depth - 1);
    locals_.pop_back();
    return form("cel.bind({}, {}, {})", {name, value, body});
  }

  // Few names, so that inner variables often hide outer ones.
  std::string push() {
    locals_.push_back(pick({"x", "y"}));
    return locals_.back();
  }
  std::string local_() { return locals_.empty() ? std::string() : locals_[below(locals_.size())]; }

  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  std::string pick(std::initializer_list<const char*> choices) { return *(choices.begin() + below(choices.size())); }

  std::mt19937_64 random_;
  std::vector<std::string> locals_;
};

class World {
 public:
  World() {
    options.guards_required = false;
    options.macro_nesting_max = 10;
    options.source_bytes_max = 1U << 20U;
    options.depth_max = 100;
    add("b", Type::boolean(), Value::boolean(true), Plain::of(true));
    add("i", Type::int64(), Value::int64(5), Plain::of(std::int64_t{5}));
    add("d", Type::float64(), Value::float64(0.5), Plain::of(0.5));
    add("s", Type::string(), Value::string("abc"), Plain::of(std::string("abc")));
    add("u", Type::boolean(), Value::unknown(arena, "u"), Plain::unknown("u"));
    add("e", Type::int64(), Value::error(arena, Fault::host, "no"), Plain::error());
    static const std::array<Value, 2> two{Value::int64(4), Value::int64(5)};
    add("l", Type::list(Type::int64()), Value::list(two),
        Plain::of({Plain::of(std::int64_t{4}), Plain::of(std::int64_t{5})}));
    add_object();
  }

  std::string run(const Program& program, Trace* trace = nullptr) {
    Activation activation(environment);
    for (std::size_t slot = 0; slot < values.size(); ++slot) activation.bind(slot, values[slot]);
    return show(evaluate(program, activation, arena, {.cost_max = 10'000'000, .trace = trace}));
  }

  static std::string show(const Value& v) {
    if (v.is(Kind::error)) return "error";
    if (v.is(Kind::float64)) return fmt::format("{:a}", v.float64());
    return render(v, 1U << 20U);
  }

  Environment environment;
  std::vector<Value> values;
  oracle::Variables plain;
  CompileOptions options;
  Arena arena;

 private:
  void add(const std::string& name, Type type, Value value, Plain other) {
    environment.declare(name, std::move(type));
    values.push_back(value);
    plain[name] = std::move(other);
  }
  // Half the world comes as JSON: `gone` is absent, `later` unknown.
  void add_object() {
    Type type = Type::object(make_object("O", {{"flag", Type::boolean()},
                                               {"count", Type::int64()},
                                               {"ratio", Type::float64()},
                                               {"name", Type::string()},
                                               {"counts", Type::list(Type::int64())},
                                               {"maybe", Type::int64(), true},
                                               {"gone", Type::int64(), true},
                                               {"later", Type::int64(), true}}));
    document_.emplace(
        json::Document::parse(R"({"flag": false, "count": 2, "ratio": 3, "name": "a", "counts": [2, 3], "maybe": 8})")
            .value());
    Value object = from_json(document_->root(), type, "o", arena);
    std::vector<Value> slots;
    for (std::size_t i = 0; i < 7; ++i) slots.push_back(object.field(i));
    slots.push_back(Value::unknown(arena, "o.later"));
    Plain other{.kind = Plain::Kind::object};
    other.fields = {{"flag", Plain::of(false)},
                    {"count", Plain::of(std::int64_t{2})},
                    {"ratio", Plain::of(3.0)},
                    {"name", Plain::of(std::string("a"))},
                    {"maybe", Plain::of(std::int64_t{8})},
                    {"later", Plain::unknown("o.later")},
                    {"counts", Plain::of({Plain::of(std::int64_t{2}), Plain::of(std::int64_t{3})})}};
    Value built = Value::object(arena, *type.object(), slots);
    add("o", std::move(type), built, std::move(other));
  }
  std::optional<json::Document> document_;
};

TEST(Oracle, AgreesOnGeneratedPrograms) {
  // BW_CEL_SEED=1251 repeats one program; BW_CEL_PROGRAMS=100000 runs more of them.
  const char* given = std::getenv("BW_CEL_SEED");
  const char* programs = std::getenv("BW_CEL_PROGRAMS");
  std::uint64_t first = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  std::uint64_t count = given != nullptr ? 1 : programs != nullptr ? std::strtoull(programs, nullptr, 10) : 1500;
  auto world = std::make_unique<World>();
  std::map<std::string, int> outcomes;  // by their first letters
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    std::string source = Author(seed).boolean(static_cast<int>(2 + seed % 4));
    auto compiled = compile(source, world->environment, world->options);
    ASSERT_TRUE(compiled.program) << "seed " << seed << ": " << source << "\n"
                                  << format(compiled.diagnostics.at(0), source);
    std::string got = world->run(*compiled.program);
    std::string want = oracle::show(oracle::evaluate(*parse(source, world->options).expr, world->plain));
    ++outcomes[got.substr(0, 5)];
    ASSERT_EQ(got, want) << "seed " << seed << ": " << source;
    Trace trace;
    ASSERT_EQ(world->run(*compiled.program, &trace), want) << "traced, seed " << seed << ": " << source;
    if (seed % 64 == 0) world = std::make_unique<World>();  // a fresh arena
  }
  // A generator that only ever fails, or never does, would prove little.
  if (given == nullptr) {
    for (auto outcome : {"true", "false", "error", "unkno"}) EXPECT_GT(outcomes[outcome], 100) << outcome;
  }
}

}  // namespace
}  // namespace bw::cel
