// SPDX-License-Identifier: Apache-2.0
// The bound of what a program costs is never below what evaluating it charges.
#include "cel/cost.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

#include "cel/compile.h"
#include "cel/form_for_test.h"
#include "cel/from_json.h"
#include "cel/function.h"
#include "cel/message.h"

namespace bw::cel {
namespace {

constexpr int text_max = 60, list_max = 7;

Type texts() { return Type::list(Type::string().at_most(text_max)).at_most(list_max); }

Environment environment() {
  Environment out;
  out.declare("s", Type::string().at_most(text_max));
  out.declare("t", Type::string());
  out.declare("kind", Type::one_of({"full", "partial"}));
  out.declare("n", Type::int64());
  out.declare("l", texts());
  out.declare("ll", Type::list(texts()).at_most(3));
  out.declare("m", Type::map(Type::string().at_most(text_max), Type::int64()).at_most(list_max));
  out.declare("any", Type::dyn());
  out.declare("o", Type::object(make_object("O", {{"s", Type::string().at_most(text_max)},
                                                  {"n", Type::int64()},
                                                  {"l", texts()},
                                                  {"gone", Type::string(), true}})));
  return out;
}

CompileOptions relaxed() {
  CompileOptions options;
  options.guards_required = false;
  options.macro_nesting_max = 10;
  options.source_bytes_max = 1U << 20U;
  return options;
}

std::int64_t bound_of(std::string_view source, const Environment& variables) {
  auto compiled = compile(source, variables, relaxed());
  EXPECT_TRUE(compiled.program) << source << "\n" << format(compiled.diagnostics.at(0), source);
  return compiled.program ? cost_bound(*compiled.program, variables) : -1;
}

// An expression, and the most that it can cost.
TEST(CostBound, IsWhatTheEvaluatorCanCharge) {
  struct {
    std::string_view source;
    std::int64_t bound;
  } cases[] = {
      {"n > 3", 3},
      {"s == 'abc'", 3 + 1},                // a unit for the part
      {"s == t", 3 + 1 + text_max / 10},    // the shorter one decides
      {"t.contains('x')", 3 + 1024 / 10},   // nobody said how long
      {"kind.contains('x')", 3 + 0},        // seven bytes
      {"s.size() > 3", 4 + text_max / 10},  // code points are counted
      {"l.size() > 3", 4},                  // elements are not
      {"s + t == 'x'", 5 + (1024 + text_max) / 10 + 1},
      {"l[0] == 'x'", 5 + 1},
      {"m['abc'] > 3", 5},
      {"s in ['a', 'b']", 3 + text_max / 10 + 3},
      {"n in [1, 2, 3]", 3 + 3},
      {"l.all(x, x == 'a')", 1 + 31 + list_max * (1 + 3 + 1)},
      {"[1, 2].map(x, x + n).size() > 1", 3 + 3 + 31 + 2 * (1 + 3) - 2},
      {"lists.range(5).all(i, i < n)", 1 + 31 + 5 * (1 + 3)},
      {"lists.range(n).all(i, i < 3)", cost_unbounded},
      {"has(o.gone) && o.gone == 'a'", 1 + 2 + 4 + 1},
      {"n > 1 ? n > 1 : l.exists(x, x == s)", 1 + 3 + 1 + 31 + list_max * (1 + 3 + 1 + text_max / 10)},
  };
  Environment variables = environment();
  for (const auto& one : cases) EXPECT_EQ(bound_of(one.source, variables), one.bound) << one.source;
}

TEST(CostBound, KnowsEveryStandardFunction) {
  for (const Function& function : standard_functions()) EXPECT_TRUE(is_cost_known(function.name)) << function.name;
}

// Programs around everything that charges by size, and values as large as their types allow.
class Author {
 public:
  explicit Author(std::uint64_t seed) : random_(seed) {}

  std::string boolean(int depth) {
    switch (depth <= 0 ? below(3) : below(16)) {
      case 0: return form("{} == {}", {text(depth - 1), text(depth - 1)});
      case 1: return form("{} < {}", {text(depth - 1), text(depth - 1)});
      case 2: return form("{} > {}", {number(depth - 1), number(depth - 1)});
      case 3: return form("{} in {}", {text(depth - 1), list(depth - 1)});
      case 4: return form("{} == {}", {list(depth - 1), list(depth - 1)});
      case 5: return form("({} && {})", {boolean(depth - 1), boolean(depth - 1)});
      case 6: return form("({} || {})", {boolean(depth - 1), boolean(depth - 1)});
      case 7:
        return form("{}.{}({})", {text(depth - 1), pick({"contains", "startsWith", "endsWith"}), text(depth - 1)});
      case 8: return form("{}.matches({})", {text(depth - 1), pick({"'a+b'", "'^[a-z]*$'"})});
      case 9: return loop(depth, pick({"all", "exists", "exists_one"}));
      case 10:
        return form("sets.{}({}, {})",
                    {pick({"contains", "equivalent", "intersects"}), list(depth - 1), list(depth - 1)});
      case 11: return form("({} ? {} : {})", {boolean(depth - 1), boolean(depth - 1), boolean(depth - 1)});
      case 12:
        return form("any == {}",
                    {pick({"any", "[any, any]", "l", "{'a': any}", "google.protobuf.ListValue{values: [any, l]}"})});
      case 13: return form("{} in m", {text(depth - 1)});
      case 14: return form("regex.extract({}, {}).orValue('') == s", {text(depth - 1), pick({"'a(b*)'", "'b$'"})});
      default: return form("m.transformMap(k, v, v + {}) == m", {number(depth - 1)});
    }
  }

 private:
  std::string text(int depth) {
    if (!locals_.empty() && below(3) == 0) return pick_local();
    switch (depth <= 0 ? below(6) : below(18)) {
      case 0: return "'abab'";
      case 1: return "s";
      case 2: return "t";
      case 3: return "o.s";
      case 4: return "(kind + '')";
      case 5: return "string(n)";
      case 6: return form("({} + {})", {text(depth - 1), text(depth - 1)});
      case 7: return form("{}.{}()", {text(depth - 1), pick({"lowerAscii", "upperAscii", "trim", "reverse"})});
      case 8: return form("{}.replace({}, {})", {text(depth - 1), pick({"''", "'a'", "'b'"}), text(depth - 2)});
      case 9: return form("{}.join({})", {list(depth - 1), text(depth - 1)});
      case 10: return form("strings.quote({})", {text(depth - 1)});
      case 11: return form("{}.substring(0, 1)", {text(depth - 1)});
      case 12: return form("'%s-%d-%s'.format([{}, {}, {}])", {text(depth - 1), number(depth - 1), list(depth - 1)});
      case 13: return form("base64.encode(bytes({}))", {text(depth - 1)});
      case 14: return form("{}[{}]", {list(depth - 1), number(depth - 1)});
      case 15: return form("regex.replace({}, '(a|b)', {})", {text(depth - 1), pick({"'xyz'", "r'\\1\\1'", "''"})});
      case 16: return form("({} ? {} : {})", {boolean(depth - 1), text(depth - 1), text(depth - 1)});
      default: return form("cel.bind(x, {}, x + x)", {text(depth - 1)});
    }
  }
  std::string number(int depth) {
    switch (depth <= 0 ? below(3) : below(9)) {
      case 0: return "n";
      case 1: return "2";
      case 2: return "o.n";
      case 3: return form("size({})", {text(depth - 1)});
      case 4: return form("size({})", {list(depth - 1)});
      case 5: return form("({} + {})", {number(depth - 1), number(depth - 1)});
      case 6: return form("{}.{}({})", {text(depth - 1), pick({"indexOf", "lastIndexOf"}), text(depth - 1)});
      case 7: return form("math.greatest({}, {})", {number(depth - 1), number(depth - 1)});
      default: return form("lists.range(size({})).size()", {text(depth - 1)});
    }
  }
  std::string list(int depth) {
    switch (depth <= 0 ? below(3) : below(13)) {
      case 0: return "l";
      case 1: return "o.l";
      case 2: return "['a', 'bb']";
      case 3: return form("[{}, {}]", {text(depth - 1), text(depth - 1)});
      case 4: return form("({} + {})", {list(depth - 1), list(depth - 1)});
      case 5: return form("{}.{}()", {list(depth - 1), pick({"distinct", "sort", "reverse"})});
      case 6: return form("{}.split({})", {text(depth - 1), pick({"''", "'a'"})});
      case 7: return "ll.flatten()";
      case 8: return form("regex.extractAll({}, 'a|b')", {text(depth - 1)});
      case 9: return loop(depth, "filter");
      case 10: return mapped(depth);
      case 11: return form("{}.sortBy(x, size(x))", {list(depth - 1)});
      default: return "m.map(k, k)";
    }
  }
  std::string loop(int depth, const std::string& macro) {
    std::string range = list(depth - 1);
    locals_.push_back(pick({"x", "y"}));
    std::string out = form("{}.{}({}, {})", {range, macro, locals_.back(), boolean(depth - 1)});
    locals_.pop_back();
    return out;
  }
  std::string mapped(int depth) {
    std::string range = list(depth - 1);
    locals_.push_back(pick({"x", "y"}));
    std::string out = form("{}.map({}, {})", {range, locals_.back(), text(depth - 1)});
    locals_.pop_back();
    return out;
  }
  std::string pick_local() { return locals_[below(locals_.size())]; }
  std::size_t below(std::size_t n) { return random_() % n; }
  std::string pick(std::initializer_list<const char*> choices) { return *(choices.begin() + below(choices.size())); }

  std::mt19937_64 random_;
  std::vector<std::string> locals_;
};

// JSON for the variables: as large as may be, or less.
class Values {
 public:
  explicit Values(std::uint64_t seed) : random_(seed) {}

  std::string text(int most) {
    std::string out(below(2) == 0 ? static_cast<std::size_t>(most) : below(static_cast<std::size_t>(most) + 1), 'a');
    for (char& c : out) c = "ab "[below(3)];
    return "\"" + out + "\"";
  }
  template <class Item>
  std::string list(int most, const Item& item) {
    std::string out = "[";
    std::size_t count = below(2) == 0 ? static_cast<std::size_t>(most) : below(static_cast<std::size_t>(most) + 1);
    for (std::size_t i = 0; i < count; ++i) out += (i > 0 ? "," : "") + item();
    return out + "]";
  }
  std::string texts() {
    return list(list_max, [&] { return text(text_max); });
  }
  std::string map() {
    std::string out = "{";
    for (std::size_t i = 0, count = below(list_max + 1); i < count; ++i)
      out += fmt::format("{}\"{}{}\":{}", i > 0 ? "," : "", std::string(text_max - 2, 'k'), i, below(9));
    return out + "}";
  }
  std::string any() {
    switch (below(4)) {
      case 0: return text(1024);
      case 1: return list(250, [&] { return text(128); });
      case 2: return list(6, [&] { return list(30, [&] { return text(128); }); });
      default: return fmt::format(R"({{"a":{},"b":[1,2,{}]}})", text(128), list(200, [&] { return text(100); }));
    }
  }
  std::string number() { return std::to_string(below(5)); }

 private:
  std::size_t below(std::size_t n) { return random_() % n; }
  std::mt19937_64 random_;
};

TEST(CostBound, HoldsForGeneratedProgramsAndValues) {
  // BW_CEL_SEED=1251 repeats one program; BW_CEL_PROGRAMS=100000 runs more of them.
  const char* given = std::getenv("BW_CEL_SEED");
  const char* programs = std::getenv("BW_CEL_PROGRAMS");
  std::uint64_t first = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  std::uint64_t count = given != nullptr ? 1 : programs != nullptr ? std::strtoull(programs, nullptr, 10) : 1500;
  Environment variables = environment();
  int bounded_ones = 0, dear = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    std::string source = Author(seed).boolean(static_cast<int>(1 + seed % 4));
    auto compiled = compile(source, variables, relaxed());
    ASSERT_TRUE(compiled.program) << "seed " << seed << ": " << source << "\n"
                                  << format(compiled.diagnostics.at(0), source);
    std::int64_t bound = cost_bound(*compiled.program, variables);
    bounded_ones += bound < cost_unbounded ? 1 : 0;
    for (std::uint64_t round = 0; round < 3; ++round) {
      Values values(seed * 7 + round);
      std::string texts[]{
          values.text(text_max),
          values.text(1024),
          R"("partial")",
          values.number(),
          values.texts(),
          values.list(3, [&] { return values.texts(); }),
          values.map(),
          values.any(),
          fmt::format(R"({{"s":{},"n":{},"l":{}}})", values.text(text_max), values.number(), values.texts())};
      std::vector<json::Document> documents;
      documents.reserve(std::size(texts));
      Arena arena;
      Activation activation(variables);
      for (std::size_t slot = 0; slot < std::size(texts); ++slot) {
        documents.push_back(json::Document::parse(texts[slot]).value());
        const auto& variable = variables.variables()[slot];
        activation.bind(slot, from_json(documents.back().root(), variable.type, variable.name, arena));
      }
      // What costs more than this is not tried to its end.
      constexpr std::int64_t tried = 3'000'000;
      std::int64_t spent = 0;
      evaluate(*compiled.program, activation, arena, {.cost_max = tried, .cost_spent = &spent});
      if (bound <= tried) ASSERT_LE(spent, bound) << "seed " << seed << ": " << source;
      dear += spent > 100 ? 1 : 0;
    }
  }
  // Programs whose cost is bounded by nothing, or by nothing but their length, would prove little.
  if (given == nullptr) {
    EXPECT_GT(bounded_ones * 10, static_cast<int>(count) * 8);
    EXPECT_GT(dear, static_cast<int>(count) / 4);
  }
}

}  // namespace
}  // namespace bw::cel
