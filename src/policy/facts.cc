// SPDX-License-Identifier: Apache-2.0
#include "policy/facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cel/from_json.h"
#include "cel/program.h"
#include "cel/to_json.h"
#include "json/writer.h"
#include "policy/binding.h"

namespace bw::policy {
namespace {

constexpr std::size_t value_bytes_max = 4U << 10;
constexpr double exact_max = 9007199254740992.0;  // the integers up to here are doubles of their own

std::unexpected<Error> not_of_type(const domain::Fact& fact, const cel::Value& value) {
  if (value.is(cel::Value::Kind::error)) return fail(Code::invalid_argument, std::string(value.failure().message));
  return fail(Code::invalid_argument, fmt::format("expected {}, found {}", fact.type, cel::render(value, 80)));
}

// A value of JSON without a schema is a double, so whole ones count as int.
Result<std::string> whole_number(const domain::Fact& fact, const cel::Value& value) {
  using Kind = cel::Value::Kind;
  if (value.is(Kind::int64)) return fmt::format("{}", value.int64());
  if (value.is(Kind::uint64) && value.uint64() <= static_cast<std::uint64_t>(INT64_MAX))
    return fmt::format("{}", value.uint64());
  bool whole = value.is(Kind::float64) && std::abs(value.float64()) <= exact_max &&
               std::trunc(value.float64()) == value.float64();
  if (!whole) return not_of_type(fact, value);
  return fmt::format("{}", static_cast<std::int64_t>(value.float64()));
}

Result<std::string> typed(const domain::Fact& fact, const cel::Value& value) {
  using Kind = cel::Value::Kind;
  if (fact.type == "int") return whole_number(fact, value);
  bool fits = fact.type == "bool"     ? value.is(Kind::boolean)
              : fact.type == "double" ? value.is_number()
                                      : value.is(Kind::string);
  if (!fits) return not_of_type(fact, value);
  if (value.is(Kind::string) && value.text().size() > value_bytes_max)
    return fail(Code::invalid_argument, fmt::format("longer than {} bytes", value_bytes_max));
  return cel::to_json(value);
}

bool reads(const std::vector<Condition>& conditions, const std::string& path) {
  return std::ranges::any_of(conditions, [&](const Condition& condition) {
    return std::ranges::any_of(condition.program.paths(),
                               [&](const std::string& read) { return read == path || read == "facts"; });
  });
}

}  // namespace

// Walks what a plan says of facts, for one action.
class FactFinder {
 public:
  FactFinder(const Plan& plan, const domain::Action& action)
      : plan_(plan), action_(action), tool_(plan_for(plan, action)), activation_(*plan.fact_environment_) {}

  bool any() const { return tool_ && !tool_->look_ups.empty(); }

  std::vector<LookUp> look_ups(json::Value args) {
    std::vector<LookUp> out;
    if (!any()) return out;
    Binding::bind(plan_, *tool_, action_, args, nullptr, activation_, arena_);
    for (const PlannedFact& planned : tool_->look_ups) {
      if (is_read(planned.fact->name)) out.push_back(ask(planned));
    }
    return out;
  }

  Result<std::string> value(const LookUp& asked, json::Value args, json::Value result) {
    Binding::bind(plan_, *tool_, action_, args, nullptr, activation_, arena_);
    activation_.bind(plan_.slots_.result, cel::from_json(result, cel::Type::dyn(), "result", arena_));
    return typed(asked.fact(), cel::evaluate(*asked.planned->value, activation_, arena_));
  }

 private:
  // Other agents' rules may read facts that this action needs not.
  bool is_read(const std::string& fact) const {
    std::string path = "facts." + fact;
    auto by_rule = [&](const PlannedRule& rule) {
      return concerns(rule.rule->match, action_) &&
             (reads(rule.all, path) || reads(rule.any, path) || reads(rule.unless, path));
    };
    auto by_meter = [&](const PlannedMeter& meter) {
      if (!concerns(meter.meter->match, action_)) return false;
      auto reads = [&](const std::optional<cel::Program>& program) {
        return program &&
               std::ranges::any_of(program->paths(), [&](const auto& read) { return read == path || read == "facts"; });
      };
      return reads(meter.sum) || reads(meter.by);
    };
    return std::ranges::any_of(tool_->rules, by_rule) || std::ranges::any_of(tool_->meters, by_meter);
  }

  LookUp ask(const PlannedFact& planned) {
    LookUp out{.planned = &planned, .arguments = {}, .problem = {}};
    json::Writer w;
    w.begin_object();
    for (const auto& [name, program] : planned.arguments) {
      auto json = cel::to_json(cel::evaluate(program, activation_, arena_));
      if (!json) {
        out.problem = fmt::format("argument `{}`: {}", name, json.error().message);
        return out;
      }
      w.member_raw(name, *json);
    }
    out.arguments = std::move(w.end_object()).text();
    return out;
  }

  const Plan& plan_;
  const domain::Action& action_;
  const ToolPlan* tool_;
  cel::Arena arena_;
  cel::Activation activation_;
};

bool reads_facts(const Plan& plan, const domain::Action& action) { return FactFinder(plan, action).any(); }

std::vector<LookUp> look_ups(const Plan& plan, const domain::Action& action, json::Value args) {
  return FactFinder(plan, action).look_ups(args);
}

Result<std::string> fact_value(const Plan& plan, const LookUp& asked, const domain::Action& action, json::Value args,
                               json::Value result) {
  return FactFinder(plan, action).value(asked, args, result);
}

}  // namespace bw::policy
