// SPDX-License-Identifier: Apache-2.0
// Any text compiles to a program or to diagnostics; a program evaluates to a value within its ceiling, twice to the same
// one and traced to the same one; and what was read prints as text that reads the same again.
#include <cstddef>
#include <cstdint>
#include <string>

#include "cel/compile.h"
#include "cel/from_json.h"

namespace {

using namespace bw;
using namespace bw::cel;

const Type& arguments_type() {
  static const Type type = Type::object(make_object("Args", {{"amount_usd", Type::float64()},
                                                             {"count", Type::int64()},
                                                             {"reason", Type::one_of({"late", "lost"}), true},
                                                             {"tags", Type::list(Type::string())},
                                                             {"extra", Type::dyn(), true}}));
  return type;
}

const Environment& environment() {
  static const Environment made = [] {
    Environment e;
    e.declare("args", arguments_type());
    e.declare("any", Type::dyn());
    e.declare("now", Type::timestamp());
    e.declare("later", Type::boolean());
    return e;
  }();
  return made;
}

std::string run(const Program& program, Trace* trace) {
  static const json::Document document =
      json::Document::parse(
          R"({"amount_usd": 12.5, "count": 3, "reason": "late", "tags": ["a", "bc"], "extra": {"k": [1, null, "x"]}})")
          .value();
  Arena arena;
  Activation activation(environment());
  activation.bind(0, from_json(document.root(), arguments_type(), "args", arena));
  activation.bind(1, from_json(document.root(), Type::dyn(), "any", arena));
  activation.bind(2, Value::timestamp(1'795'000'000));
  activation.bind(3, Value::unknown(arena, "later"));
  std::int64_t spent = 0;
  Value value = evaluate(program, activation, arena, {.cost_max = 20'000, .trace = trace, .cost_spent = &spent});
  BW_ASSERT(!value.is(Value::Kind::absent));
  BW_ASSERT(spent <= 20'001 || value.is(Value::Kind::error));
  if (trace != nullptr) {
    for (const auto& term : trace->terms) (void)describe(term);
  }
  return render(value, 1000);
}

void check_printing(std::string_view source) {
  CompileOptions roomy{.source_bytes_max = 1U << 20U, .depth_max = 250};
  auto parsed = parse(source);
  if (!parsed.expr || has_errors(parsed.diagnostics)) return;
  std::string once = to_string(*parsed.expr);
  if (once.find('@') != std::string::npos) return;  // cel.block's own names cannot be written
  auto again = parse(once, roomy);
  BW_ASSERT(again.expr && !has_errors(again.diagnostics));
  BW_ASSERT(to_string(*again.expr) == once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view source(reinterpret_cast<const char*>(data), size);
  check_printing(source);
  for (bool strict : {true, false}) {
    CompileOptions options{.check = strict, .dynamic_patterns = !strict};
    auto compiled = compile(source, environment(), options);
    BW_ASSERT(compiled.program.has_value() != has_errors(compiled.diagnostics));
    for (const auto& diagnostic : compiled.diagnostics) (void)format(diagnostic, source);
    if (!compiled.program) continue;
    Trace trace;
    std::string first = run(*compiled.program, nullptr);
    BW_ASSERT(run(*compiled.program, nullptr) == first);
    BW_ASSERT(run(*compiled.program, &trace) == first);
  }
  return 0;
}
