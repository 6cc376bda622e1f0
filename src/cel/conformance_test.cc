// SPDX-License-Identifier: Apache-2.0
// Runs the CEL project's own conformance corpus when BW_CEL_SPEC names a dump of it (tests/cases/cel/dump.mjs makes one),
// with the switches of the strict profile turned to plain CEL. What is left out, and why, is in tests/cases/cel/skips.txt.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "base/text.h"
#include "cel/compile.h"
#include "json/document.h"

namespace bw::cel {
namespace {

using Kind = Value::Kind;

std::string text_of(const json::Value& v) { return std::string(v.string().value_or("")); }

// What cannot be expressed here throws, and the case counts as failed; tests may.
struct Unsupported {};

std::string decode_base64(std::string text) {
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  while (text.ends_with('=')) text.pop_back();
  return from_base64url(text).value();
}

double double_of(const json::Value& v) {
  if (auto number = v.number()) return *number;
  std::string text = text_of(v);
  if (text == "NaN") return NAN;
  return text == "-Infinity" ? -INFINITY : INFINITY;
}

// cel.expr.Value and cel.expr.Type in their JSON form.
Value value_of(const json::Value& v, Arena& arena) {
  if (v["nullValue"].exists()) return Value::null();
  if (auto b = v["boolValue"]) return Value::boolean(b.boolean().value());
  if (auto i = v["int64Value"]) return Value::int64(std::stoll(text_of(i)));
  if (auto u = v["uint64Value"]) return Value::uint64(std::stoull(text_of(u)));
  if (auto d = v["doubleValue"]) return Value::float64(double_of(d));
  if (auto s = v["stringValue"]) return Value::string(arena.copy(text_of(s)));
  if (auto b = v["bytesValue"]) return Value::bytes(arena.copy(decode_base64(text_of(b))));
  if (auto t = v["typeValue"]) return Value::type(arena.copy(text_of(t)));
  if (auto list = v["listValue"]) {
    auto elements = arena.array<Value>(list["values"].size());
    std::size_t i = 0;
    for (json::Value element : list["values"].elements()) elements[i++] = value_of(element, arena);
    return Value::list(elements);
  }
  if (auto map = v["mapValue"]) {
    auto entries = arena.array<Value::Entry>(map["entries"].size());
    std::size_t i = 0;
    for (json::Value e : map["entries"].elements())
      entries[i++] = {value_of(e["key"], arena), value_of(e["value"], arena)};
    return Value::map(arena, entries);
  }
  if (auto object = v["objectValue"]) {
    std::string type = text_of(object["@type"]);
    if (type.ends_with("google.protobuf.Duration")) {
      std::string text = text_of(object["value"]);
      double seconds = std::stod(text);
      auto whole = static_cast<std::int64_t>(seconds);
      return Value::duration(whole,
                             static_cast<std::int32_t>(std::lround((seconds - static_cast<double>(whole)) * 1e9)));
    }
  }
  throw Unsupported{};
}

Type type_of(const json::Value& v) {
  static const std::map<std::string, Type> primitives{{"BOOL", Type::boolean()},  {"INT64", Type::int64()},
                                                      {"UINT64", Type::uint64()}, {"DOUBLE", Type::float64()},
                                                      {"STRING", Type::string()}, {"BYTES", Type::bytes()}};
  if (v["dyn"].exists()) return Type::dyn();
  if (v["null"].exists()) return Type::null();
  if (auto p = v["primitive"]) return primitives.at(text_of(p));
  if (auto w = v["wellKnown"]) {
    if (text_of(w) == "TIMESTAMP") return Type::timestamp();
    if (text_of(w) == "DURATION") return Type::duration();
  }
  if (text_of(v["messageType"]) == "google.protobuf.Duration") return Type::duration();
  if (auto l = v["listType"]) return Type::list(l["elemType"].exists() ? type_of(l["elemType"]) : Type::dyn());
  if (auto m = v["mapType"]) return Type::map(type_of(m["keyType"]), type_of(m["valueType"]));
  if (auto t = v["type"]) return Type::type(t.size() == 0 ? Type::dyn() : type_of(t));
  if (auto a = v["abstractType"]; text_of(a["name"]) == "optional_type")
    return Type::optional(type_of(a["parameterTypes"].at(0)));
  throw Unsupported{};
}

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
  explicit Runner(const json::Value& test) : test_(test), original_(test["original"]) {}

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
    std::string type = compiled.program->result_type().to_string();
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
      if (type_of(wanted) != compiled.program->result_type())
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
    for (json::Value declaration : original_["typeEnv"].elements()) {
      if (!declaration["ident"].exists()) {
        declare_function(declaration);
        continue;
      }
      environment_.declare(text_of(declaration["name"]), type_of(declaration["ident"]["type"]));
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
      Overload one{{}, type_of(overload["resultType"])};
      for (json::Value parameter : overload["params"].elements()) one.parameters.push_back(type_of(parameter));
      function.overloads.push_back(std::move(one));
    }
    environment_.declare(std::move(function));
  }
  Value evaluate() {
    auto compiled = compile(text_of(original_["expr"]), environment_, options_);
    program_.emplace(std::move(*compiled.program));
    Activation activation(environment_);
    for (auto [name, binding] : original_["bindings"].members()) {
      activation.bind(environment_.slot(name).value(), value_of(binding["value"], arena_));
    }
    return cel::evaluate(*program_, activation, arena_);
  }
  std::string compare(const Value& value) {
    json::Value wanted = original_["value"].exists() ? original_["value"] : original_["typedResult"]["result"];
    Value want = wanted.exists() ? value_of(wanted, arena_) : Value::boolean(true);
    return identical(value, want) ? "" : "got " + render(value) + ", want " + render(want);
  }

  json::Value test_;
  json::Value original_;
  CompileOptions options_;
  Environment environment_;
  Arena arena_;
  std::optional<Program> program_;
};

// Lines "pattern  # reason"; `*` in a pattern stands for anything.
struct Skips {
  Skips() {
    std::ifstream in(BW_SOURCE_DIR "/tests/cases/cel/skips.txt");
    for (std::string line; std::getline(in, line);) {
      auto pattern = trim(std::string_view(line).substr(0, line.find('#')));
      if (!pattern.empty()) patterns.emplace_back(pattern);
    }
  }
  bool has(std::string_view name) {
    for (const auto& pattern : patterns) {
      if (!glob_match(pattern, name)) continue;
      used.insert(pattern);
      return true;
    }
    return false;
  }
  std::vector<std::string> patterns;
  std::set<std::string> used;
};

struct Count {
  int passed = 0, failed = 0, skipped = 0;
};

std::optional<json::Document> load_corpus() {
  const char* path = std::getenv("BW_CEL_SPEC");
  if (path == nullptr) return {};
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return json::Document::parse(text.str(), {.bytes_max = 64U << 20U, .depth_max = 200, .values_max = 4'000'000}).value();
}

std::string attempt(const json::Value& test) {
  try {
    return Runner(test).run();
  } catch (const Unsupported&) {
    return "needs a type that is not supported";
  }
}

TEST(Conformance, EvaluatesTheCorpus) {
  auto corpus = load_corpus();
  if (!corpus) GTEST_SKIP() << "BW_CEL_SPEC is not set";
  Skips skips;
  std::map<std::string, Count> counts;
  for (json::Value test : corpus->root()["cases"].elements()) {
    std::string name = text_of(test["name"]);
    if (!name.starts_with("conformance/")) continue;
    name = name.substr(12);
    Count& count = counts[name.substr(0, name.find('/'))];
    if (skips.has(name)) {
      ++count.skipped;
      continue;
    }
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
  for (const auto& pattern : skips.patterns) EXPECT_TRUE(skips.used.contains(pattern)) << "skips nothing: " << pattern;
}

bool contains_any(std::string_view text, const std::vector<std::string_view>& parts) {
  return std::ranges::any_of(parts, [&](std::string_view part) { return text.find(part) != std::string_view::npos; });
}

// The corpus "parsing": what is read, and what is refused. It was recorded without the optional syntax, with other limits
// on depth, and with macros that use names of their own.
TEST(Conformance, ReadsAndRefusesTheParsingCorpus) {
  auto corpus = load_corpus();
  if (!corpus) GTEST_SKIP() << "BW_CEL_SPEC is not set";
  Count count;
  for (json::Value test : corpus->root()["cases"].elements()) {
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

// Messages; cel.block, whose parts the reference leaves dyn; functions only its own tests declare; `type`, which it calls
// type(type); and two where it deduces something else than the corpus itself does or than follows from the parts.
const std::vector<std::string_view> not_typed_alike{"TestAllTypes",
                                                    "TestRequired",
                                                    "google.protobuf.",
                                                    "GlobalEnum",
                                                    "Value{",
                                                    "expr",
                                                    "cel.block",
                                                    "fg_s",
                                                    "fi_s_s",
                                                    "myfun",
                                                    "[optional.of(1), null][0]",
                                                    "or(optional.none()[0])"};

// The types a reference checker gave the cases it could check.
TEST(Conformance, GivesTheTypesOfTheReference) {
  auto corpus = load_corpus();
  if (!corpus) GTEST_SKIP() << "BW_CEL_SPEC is not set";
  std::map<std::string, Count> counts;
  for (json::Value test : corpus->root()["cases"].elements()) {
    std::string name = text_of(test["name"]);
    std::string file = name.substr(0, name.find('/'));
    if (!test["type"].exists() || file == "parsing" || test["original"]["disableCheck"].exists()) continue;
    if (contains_any(text_of(test["original"]["expr"]), not_typed_alike) ||
        name.find("/conversions/type/type_") != std::string::npos)
      continue;
    std::string wrong;
    try {
      wrong = Runner(test).check_type(text_of(test["type"]));
    } catch (const Unsupported&) {
      ++counts[file].skipped;
      continue;
    }
    ++(wrong.empty() ? counts[file].passed : counts[file].failed);
    EXPECT_EQ(wrong, "") << name << "\n  " << text_of(test["original"]["expr"]);
  }
  for (const auto& [file, count] : counts) {
    printf("types %-12s %4d passed %4d failed %4d skipped\n", file.c_str(), count.passed, count.failed, count.skipped);
  }
}

}  // namespace
}  // namespace bw::cel
