// SPDX-License-Identifier: Apache-2.0
// Runs the CEL project's own conformance corpus when BW_CEL_SPEC names a dump of it (dump.mjs makes one; `./dev test cel-spec`
// does all of it), with the switches of the strict profile turned to plain CEL. Each evaluation of the corpus must come out.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "cel/compile.h"
#include "corpus.h"

namespace bw::cel {
namespace {

using Kind = Value::Kind;

// As the language compares them, but keeping number types apart and NaN like NaN.
bool identical(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  if (a.is(Kind::float64) && std::isnan(a.float64())) return std::isnan(b.float64());
  if (a.is(Kind::list)) {
    return std::ranges::equal(a.elements(), b.elements(), identical);
  }
  if (a.is(Kind::map)) {
    if (a.entries().size() != b.entries().size()) return false;
    return std::ranges::all_of(a.entries(),
                               [&](const auto& entry) { return identical(entry.value, b.find(entry.key)); });
  }
  return equal(a, b).is_true();
}

class Runner {
 public:
  explicit Runner(const json::Value& test)
      : original_(test["original"]),
        messages_(Corpus::given()->messages(text_of(test["name"]).find("/strong_") != std::string::npos)) {}

  // Empty when the checker deduces that type.
  std::string check_type(const std::string& wanted) {
    prepare();
    // What the corpus "checking" takes for granted.
    for (auto [name, type] : {std::pair{"is", Type::string()},
                              {"ii", Type::int64()},
                              {"iu", Type::uint64()},
                              {"iz", Type::boolean()},
                              {"id", Type::float64()},
                              {"ix", Type::null()},
                              {"ib", Type::bytes()}}) {
      if (!environment_.slot(name)) environment_.declare(name, type);
    }
    auto compiled = compile(text_of(original_["expr"]), environment_, options_);
    if (!compiled.program) return format(compiled.diagnostics.at(0));
    // What the reference calls any is dyn here: both say nothing.
    std::string type = compiled.program->result_type().to_string();
    if (type == "dyn" && wanted == "any") return "";
    if (auto at = type.find("optional("); at != std::string::npos) type.insert(at + 8, "_type");
    return type == wanted ? "" : "got " + type + ", want " + wanted;
  }

  // Empty when the case passes, else what happened.
  std::string run() {
    prepare();
    auto compiled = compile(text_of(original_["expr"]), environment_, options_);
    bool error_wanted = original_["evalError"].exists();
    if (!compiled.program) return error_wanted ? "" : "does not compile: " + format(compiled.diagnostics.at(0));
    if (auto wanted = original_["typedResult"]["deducedType"]) {
      if (type_of(wanted, messages_) != compiled.program->result_type())
        return "deduced " + compiled.program->result_type().to_string();
    }
    if (original_["checkOnly"].exists()) return "";
    Value value = evaluate();
    if (error_wanted) return value.is(Kind::error) ? "" : "no error but " + render(value);
    return compare(value);
  }

 private:
  void prepare() {
    options_.check = !original_["disableCheck"].exists();
    options_.cross_type_numbers = false;
    options_.guards_required = false;
    options_.dynamic_patterns = true;
    options_.depth_max = 250;
    options_.macro_nesting_max = 100;
    options_.source_bytes_max = 1 << 16;
    options_.container = text_of(original_["container"]);
    declare();
  }
  void declare() {
    messages_.declare(environment_);
    for (json::Value declaration : original_["typeEnv"].elements()) {
      if (!declaration["ident"].exists()) {
        declare_function(declaration);
        continue;
      }
      environment_.declare(text_of(declaration["name"]), type_of(declaration["ident"]["type"], messages_));
    }
    for (auto [name, binding] : original_["bindings"].members()) {
      if (!environment_.slot(name)) environment_.declare(std::string(name), Type::dyn());
    }
  }
  // Only for cases that check and do not evaluate.
  void declare_function(const json::Value& declaration) {
    auto never = [](CallContext& context, std::span<const Value>) {
      return context.fail(Fault::host, "not to be called");
    };
    Function function{text_of(declaration["name"]), Form::global, {}, never};
    for (json::Value overload : declaration["function"]["overloads"].elements()) {
      Overload one{{}, type_of(overload["resultType"], messages_, true)};
      for (json::Value parameter : overload["params"].elements())
        one.parameters.push_back(type_of(parameter, messages_, true));
      function.overloads.push_back(std::move(one));
    }
    environment_.declare(std::move(function));
  }
  Value evaluate() {
    auto compiled = compile(text_of(original_["expr"]), environment_, options_);
    program_.emplace(std::move(*compiled.program));
    Activation activation(environment_);
    for (const auto& [name, value] : messages_.constants()) activation.bind(environment_.slot(name).value(), value);
    for (auto [name, binding] : original_["bindings"].members()) {
      activation.bind(environment_.slot(name).value(), value_of(binding["value"], messages_, arena_));
    }
    return cel::evaluate(*program_, activation, arena_);
  }
  std::string compare(const Value& value) {
    json::Value wanted = original_["value"].exists() ? original_["value"] : original_["typedResult"]["result"];
    Value want = wanted.exists() ? value_of(wanted, messages_, arena_) : Value::boolean(true);
    return identical(value, want) ? "" : "got " + render(value) + ", want " + render(want);
  }

  json::Value original_;
  const Messages& messages_;
  CompileOptions options_;
  Environment environment_;
  Arena arena_;
  std::optional<Program> program_;
};

struct Count {
  int passed = 0, failed = 0, skipped = 0;
};

std::string attempt(const json::Value& test) {
  try {
    return Runner(test).run();
  } catch (const Unsupported&) {
    return "needs a type that is not supported";
  }
}

TEST(Conformance, EvaluatesTheCorpus) {
  const Corpus* corpus = Corpus::given();
  if (corpus == nullptr) GTEST_SKIP() << "BW_CEL_SPEC is not set";
  std::map<std::string, Count> counts;
  for (json::Value test : corpus->cases().elements()) {
    std::string name = text_of(test["name"]);
    if (!name.starts_with("conformance/")) continue;
    name = name.substr(12);
    Count& count = counts[name.substr(0, name.find('/'))];
    std::string wrong = attempt(test);
    ++(wrong.empty() ? count.passed : count.failed);
    EXPECT_EQ(wrong, "") << name << "\n  " << text_of(test["original"]["expr"]);
  }
  Count total;
  for (const auto& [file, count] : counts) {
    printf("%-18s %4d passed %4d failed %4d skipped\n", file.c_str(), count.passed, count.failed, count.skipped);
    total = {total.passed + count.passed, total.failed + count.failed, total.skipped + count.skipped};
  }
  printf("%-18s %4d passed %4d failed %4d skipped\n", "total", total.passed, total.failed, total.skipped);
}

bool contains_any(std::string_view text, const std::vector<std::string_view>& parts) {
  return std::ranges::any_of(parts, [&](std::string_view part) { return text.find(part) != std::string_view::npos; });
}

// The corpus "parsing": what is read, and what is refused. It was recorded without the optional syntax, with other limits
// on depth, and with macros that use names of their own.
TEST(Conformance, ReadsAndRefusesTheParsingCorpus) {
  const Corpus* corpus = Corpus::given();
  if (corpus == nullptr) GTEST_SKIP() << "BW_CEL_SPEC is not set";
  Count count;
  for (json::Value test : corpus->cases().elements()) {
    std::string name = text_of(test["name"]);
    if (!name.starts_with("parsing/")) continue;
    std::string error = text_of(test["error"]);
    std::string source = text_of(test["original"]["expr"]);
    if (contains_any(error, {"unsupported syntax", "recursion", "accumulator variable"})) {
      ++count.skipped;
      continue;
    }
    auto parsed = parse(source, {.source_bytes_max = 1U << 20U, .depth_max = 250});
    bool same = has_errors(parsed.diagnostics) != test["ast"].exists();
    ++(same ? count.passed : count.failed);
    EXPECT_TRUE(same) << source << "\n  " << error << (parsed.diagnostics.empty() ? "" : format(parsed.diagnostics[0]));
  }
  printf("%-18s %4d passed %4d failed %4d skipped\n", "parsing", count.passed, count.failed, count.skipped);
}

// Where the reference says something else, by parts of names and of expressions.
struct Exception {
  std::string_view part;
  std::string_view reason;
};
constexpr std::array typed_otherwise{
    Exception{"/block_ext/", "it leaves the parts of cel.block dyn"},
    Exception{"/strong_", "its enumerations are ints"},
    Exception{"/conversions/type/type_", "it gives `type` the type type(type)"},
    Exception{"/wrapper_promotion_2", "the corpus itself expects what is deduced here"},
    Exception{"/legacy_nullable_types/", "the corpus itself expects what is deduced here"},
    Exception{"or(optional.none()[0])", "an element of an optional of anything is an optional of anything"},
    Exception{"google.expr.proto", "the corpus does not hold these messages"},
    Exception{"fg_s", "a function that only the reference's own test declares"},
    Exception{"myfun", "a function that only the reference's own test declares"},
    Exception{"fi_s_s", "a function that only the reference's own test declares"},
};

// The number of the exception that speaks of the test, if one does.
std::optional<std::size_t> typed_otherwise_by(const json::Value& test) {
  for (std::size_t i = 0; i < typed_otherwise.size(); ++i) {
    if (test.raw().find(typed_otherwise.at(i).part) != std::string_view::npos) return i;
  }
  return {};
}

// The types a reference checker gave the cases it could check.
TEST(Conformance, GivesTheTypesOfTheReference) {
  std::set<std::size_t> used;
  const Corpus* corpus = Corpus::given();
  if (corpus == nullptr) GTEST_SKIP() << "BW_CEL_SPEC is not set";
  std::map<std::string, Count> counts;
  for (json::Value test : corpus->cases().elements()) {
    std::string name = text_of(test["name"]);
    std::string file = name.substr(0, name.find('/'));
    if (!test["type"].exists() || file == "parsing" || test["original"]["disableCheck"].exists()) continue;
    std::string wrong;
    try {
      wrong = Runner(test).check_type(text_of(test["type"]));
    } catch (const Unsupported&) {
      ++counts[file].skipped;
      continue;
    }
    if (auto exception = typed_otherwise_by(test); exception && !wrong.empty()) {
      used.insert(*exception);
      ++counts[file].skipped;
      continue;
    }
    ++(wrong.empty() ? counts[file].passed : counts[file].failed);
    EXPECT_EQ(wrong, "") << name << "\n  " << text_of(test["original"]["expr"]);
  }
  for (std::size_t i = 0; i < typed_otherwise.size(); ++i) {
    EXPECT_TRUE(used.contains(i)) << "excepts nothing: " << typed_otherwise.at(i).part;
  }
  for (const auto& [file, count] : counts) {
    printf("types %-12s %4d passed %4d failed %4d skipped\n", file.c_str(), count.passed, count.failed, count.skipped);
  }
}

}  // namespace
}  // namespace bw::cel
