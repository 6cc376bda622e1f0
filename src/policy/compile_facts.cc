// SPDX-License-Identifier: Apache-2.0
#include "policy/compile_facts.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "cel/compile.h"
#include "policy/history.h"

namespace bw::policy {
namespace {

using cel::TypeKind;

bool fits(const cel::Type& given, std::string_view declared) {
  if (given.is(TypeKind::dyn) || given.is(TypeKind::erroneous)) return true;
  bool number = given.is(TypeKind::int64) || given.is(TypeKind::uint64) || given.is(TypeKind::float64);
  if (declared == "bool") return given.is(TypeKind::boolean);
  if (declared == "string") return given.is(TypeKind::string);
  return number;
}

class FactCompiler {
 public:
  FactCompiler(const domain::Fact& fact, Diagnostics& diagnostics) : fact_(fact), diagnostics_(diagnostics) {}

  std::optional<cel::Program> program(const domain::Expression& text, const cel::Environment& variables) {
    auto compiled = cel::compile(text.text, variables, {.origin = text.where});
    for (auto& diagnostic : compiled.diagnostics) diagnostics_.push_back(std::move(diagnostic));
    if (!compiled.program) return std::nullopt;
    for (const std::string& path : compiled.program->paths()) {
      if (path != "facts" && !path.starts_with("facts.")) continue;
      report(text.where, fmt::format("fact `{}` reads `{}`", fact_.name, path), "a look-up waits for no other fact");
    }
    if (reads_history(compiled.program->paths()))
      report(text.where, fmt::format("fact `{}` reads what the run did before", fact_.name),
             "only rules do; of `run` a fact may read `run.id`");
    return std::move(*compiled.program);
  }

  void check_type(const cel::Program& value) {
    if (fits(value.result_type(), fact_.type)) return;
    report(fact_.value.where, fmt::format("fact `{}` is declared {}, and its value is {}", fact_.name, fact_.type,
                                          value.result_type().to_string()));
  }

  void check_arguments(const cel::Type& taken) {
    if (!taken.object()) return;
    for (const auto& [name, expression] : fact_.arguments) {
      if (taken.object()->index(name) == cel::ObjectType::npos)
        report(expression.where, fmt::format("`{}` takes no argument `{}`", fact_.tool, name),
               suggest(name, taken.object()->field_names()));
    }
    for (const cel::Field& field : taken.object()->fields()) {
      if (!field.optional && !fact_.arguments.contains(field.name))
        report(fact_.where, fmt::format("`{}` needs argument `{}`", fact_.tool, field.name),
               fmt::format("add it to the `arguments` of fact `{}`", fact_.name));
    }
  }

 private:
  void report(const Span& where, std::string message, std::string hint = {}) {
    diagnostics_.push_back({Severity::error, where, std::move(message), std::move(hint)});
  }

  const domain::Fact& fact_;
  Diagnostics& diagnostics_;
};

}  // namespace

PlannedFact compile_fact(const domain::Fact& fact, const cel::Environment& variables, const FactSource& source,
                         Diagnostics& diagnostics) {
  FactCompiler compiler(fact, diagnostics);
  PlannedFact planned{.fact = &fact, .arguments = {}, .value = {}};
  for (const auto& [name, expression] : fact.arguments) {
    if (auto compiled = compiler.program(expression, variables))
      planned.arguments.emplace_back(name, std::move(*compiled));
  }
  cel::Environment with_result = variables;
  with_result.declare("result", source.result);
  planned.value = compiler.program(fact.value, with_result);
  if (planned.value) compiler.check_type(*planned.value);
  compiler.check_arguments(source.arguments);
  return planned;
}

}  // namespace bw::policy
