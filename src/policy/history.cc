// SPDX-License-Identifier: Apache-2.0
#include "policy/history.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "cel/compile.h"
#include "policy/binding.h"
#include "policy/returned.h"

namespace bw::policy {
namespace {

using cel::CallContext;
using cel::Type;
using cel::Value;
using Arguments = std::span<const Value>;
using Kind = Value::Kind;

enum Slot : std::size_t { id, labels, sent, succeeded, values, words, complete };

// The sum of a map's numbers under keys that fit; or the error that stands in the map's place.
Value sum(CallContext& context, Arguments arguments, Slot slot) {
  Value counts = arguments[0].field(slot);
  if (!counts.is(Kind::map)) return counts;
  std::int64_t total = 0;
  for (const auto& entry : counts.entries()) {
    if (!context.charge_text(entry.key.text().size())) return context.cost_exceeded();
    if (glob_match(arguments[1].text(), entry.key.text())) total += entry.value.int64();
  }
  return Value::int64(total);
}

Value calls(CallContext& context, Arguments arguments) { return sum(context, arguments, sent); }

Value any(const Value& count) { return count.is(Kind::int64) ? Value::boolean(count.int64() > 0) : count; }
Value called(CallContext& context, Arguments arguments) { return any(sum(context, arguments, sent)); }
Value did_succeed(CallContext& context, Arguments arguments) { return any(sum(context, arguments, succeeded)); }

std::optional<std::string> scalar_text(const Value& value) {
  if (value.is(Kind::string)) return std::string(value.text());
  if (value.is(Kind::int64)) return text_of_number(static_cast<double>(value.int64()));
  if (value.is(Kind::uint64)) return text_of_number(static_cast<double>(value.uint64()));
  if (value.is(Kind::float64)) return text_of_number(value.float64());
  return std::nullopt;
}

using Holds = bool (*)(std::string_view hashes, std::string_view text);

// What is not found where something is missing may have been there: that is an error.
Value came_from(CallContext& context, Arguments arguments, Slot slot, Holds holds) {
  Value hashes = arguments[0].field(slot);
  if (!hashes.is(Kind::map)) return hashes;
  auto text = scalar_text(arguments[1]);
  if (!text) return cel::no_such_overload(context, slot == values ? "returned" : "mentioned", arguments);
  if (!context.charge_text(20 * text->size() + 100)) return context.cost_exceeded();
  std::string_view pattern = arguments[2].text();
  bool all = true;
  for (const auto& entry : hashes.entries()) {
    if (!glob_match(pattern, entry.key.text())) continue;
    if (holds(entry.value.text(), *text)) return Value::boolean(true);
    all = all && arguments[0].field(complete).find(entry.key).is_true();
  }
  if (all) return Value::boolean(false);
  return context.fail(cel::Fault::host, fmt::format("not all that `{}` returned in this run is remembered", pattern));
}

Value returned(CallContext& context, Arguments arguments) { return came_from(context, arguments, values, holds_value); }
Value mentioned(CallContext& context, Arguments arguments) { return came_from(context, arguments, words, holds_word); }

// What these charge at the most: of a run that asked for as many tools as a list has elements.
cel::Work work_of_sum(std::span<const cel::Size>) {
  constexpr std::int64_t name_bytes = 200;
  return {.units = cel::assumed_elements * name_bytes / 10};
}
cel::Work work_of_search(std::span<const cel::Size> arguments) {
  constexpr std::int64_t number_bytes = 40;
  return {.units = cel::plus(2 * std::max(arguments[1].bytes, number_bytes), 10)};
}

template <class Map, class Make>
Value map_of(cel::Arena& arena, const Map& map, Make make) {
  auto entries = arena.array<Value::Entry>(map.size());
  std::size_t i = 0;
  for (const auto& [name, value] : map) entries[i++] = {Value::string(name), make(value)};
  return Value::map(arena, entries);
}

void find_patterns(const cel::Expr& expr, const Span& origin, std::vector<std::string>& found,
                   Diagnostics& diagnostics) {
  bool asks = expr.kind == cel::ExprKind::call && expr.receiver && expr.children.size() == 3 &&
              (expr.name == "returned" || expr.name == "mentioned");
  if (asks) {
    const auto* pattern = std::get_if<std::string>(&expr.children[2]->literal);
    if (expr.children[2]->kind == cel::ExprKind::literal && pattern) {
      found.push_back(*pattern);
    } else {
      diagnostics.push_back({Severity::error, cel::to_span(expr.children[2]->place, origin),
                             fmt::format("{}() needs the name of its tool written out", expr.name),
                             "for example \"crm/lookup\", or \"crm/*\""});
    }
  }
  for (const auto& child : expr.children) find_patterns(*child, origin, found, diagnostics);
}

}  // namespace

Type run_type() {
  Type counts = Type::map(Type::string(), Type::int64()), hashes = Type::map(Type::string(), Type::bytes());
  return Type::object(cel::make_object("run", {{"id", Type::string()},
                                               {"labels", Type::list(Type::string())},
                                               {"sent", counts},
                                               {"answered", counts},
                                               {"values", hashes},
                                               {"words", hashes},
                                               {"complete", Type::map(Type::string(), Type::boolean())}}));
}

void declare_run_functions(cel::Environment& environment, const Type& run) {
  auto method = [&](std::string name, std::vector<Type> parameters, const Type& result, cel::Implementation does,
                    auto work) {
    parameters.insert(parameters.begin(), run);
    environment.declare(cel::Function{.name = std::move(name),
                                      .form = cel::Form::method,
                                      .overloads = {{.parameters = std::move(parameters), .result = result}},
                                      .implementation = does,
                                      .work = work});
  };
  method("called", {Type::string()}, Type::boolean(), called, work_of_sum);
  method("calls", {Type::string()}, Type::int64(), calls, work_of_sum);
  method("succeeded", {Type::string()}, Type::boolean(), did_succeed, work_of_sum);
  method("returned", {Type::dyn(), Type::string()}, Type::boolean(), returned, work_of_search);
  method("mentioned", {Type::dyn(), Type::string()}, Type::boolean(), mentioned, work_of_search);
}

Value bind_run(const Type& run, const domain::Action& action, const domain::RunHistory* history, cel::Arena& arena) {
  auto slots = arena.array<Value>(run.object()->fields().size());
  slots[id] = Value::string(action.run);
  if (!history || !history->unknown.empty()) {
    Value unknown = Value::error(
        arena, cel::Fault::host,
        fmt::format("what this run did before is not known{}{}", history ? ": " : "", history ? history->unknown : ""));
    std::fill(slots.begin() + labels, slots.end(), unknown);
    return Value::object(arena, *run.object(), slots);
  }
  auto names = arena.array<Value>(history->labels.size());
  std::ranges::transform(history->labels, names.begin(), [](const auto& label) { return Value::string(label); });
  slots[labels] = Value::list(names);
  slots[sent] = map_of(arena, history->actions, [](const auto& count) { return Value::int64(count.sent); });
  slots[succeeded] = map_of(arena, history->actions, [](const auto& count) { return Value::int64(count.succeeded); });
  slots[values] = map_of(arena, history->returned, [](const auto& of) { return Value::bytes(of.values); });
  slots[words] = map_of(arena, history->returned, [](const auto& of) { return Value::bytes(of.words); });
  slots[complete] = map_of(arena, history->returned, [](const auto& of) { return Value::boolean(of.complete); });
  return Value::object(arena, *run.object(), slots);
}

Value bind_run_id(const Type& run, const domain::Action& action, cel::Arena& arena) {
  auto slots = arena.array<Value>(run.object()->fields().size());
  std::ranges::fill(slots, Value::absent());
  slots[id] = Value::string(action.run);
  return Value::object(arena, *run.object(), slots);
}

bool reads_history(std::span<const std::string> paths) {
  return std::ranges::any_of(
      paths, [](const std::string& path) { return path == "run" || (path.starts_with("run.") && path != "run.id"); });
}

bool reads_history(const Plan& plan, const domain::Action& action) {
  const ToolPlan* tool = plan_for(plan, action);
  return tool && tool->reads_history;
}

std::vector<std::string> result_patterns(const domain::Expression& expression, Diagnostics& diagnostics) {
  std::vector<std::string> found;
  auto parsed = cel::parse(expression.text, {.origin = expression.where});
  if (parsed.expr) find_patterns(*parsed.expr, expression.where, found, diagnostics);
  return found;
}

}  // namespace bw::policy
