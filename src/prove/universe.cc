// SPDX-License-Identifier: Apache-2.0
#include "prove/universe.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/text.h"
#include "prove/pattern.h"

namespace bw::prove {
namespace {

using cel::Type;
using cel::TypeKind;

constexpr std::int64_t now_ms_max = 253'402'300'799'999;  // the end of year 9999
constexpr std::int64_t calls_max = 1000;

constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min(),
                       most = std::numeric_limits<std::int64_t>::max();

}  // namespace

Universe::Universe(z3::context& z3, const policy::Plan& plan, const Subject& subject)
    : z3_(z3),
      plan_(plan),
      subject_(subject),
      agent_(symbol("agent", z3.string_sort())),
      workflow_(symbol("workflow", z3.string_sort())),
      name_(symbol("name", z3.string_sort())),
      upstream_(symbol("upstream", z3.string_sort())),
      environment_(symbol("environment", z3.string_sort())),
      now_ms_(symbol("now", z3.int_sort())),
      run_id_(symbol("run.id", z3.string_sort())),
      history_known_(symbol("history is known", z3.bool_sort())),
      args_(make("args", subject.plan->arguments, false)),
      labels_(make("run.labels", Type::list(Type::string()), false)) {
  std::vector<z3::expr> workflows, environments;
  for (const auto& [name, autonomy] : plan.workflows()) workflows.push_back(workflow_ == text_constant(z3, name));
  if (!workflows.empty()) axioms_.push_back(any(z3, workflows));
  if (subject.kind == domain::ActionKind::tool) {
    axioms_.push_back(environment_ == text_constant(z3, subject.profile.environment));
  } else {
    for (const auto* known : {"production", "staging", "sandbox"})
      environments.push_back(environment_ == text_constant(z3, known));
    axioms_.push_back(any(z3, environments));
  }
  axioms_.push_back(now_ms_ >= 0 && now_ms_ <= z3.int_val(now_ms_max));
  axioms_.push_back(!args_.missing && !args_.wrong);
  if (args_.kind) axioms_.push_back(*args_.kind == static_cast<int>(object_kind));
  axioms_.push_back(!labels_.missing && !labels_.wrong);
  ordinary_.push_back(history_known_);
  ordinary_.push_back(*labels_.length == 0);
  ordinary_.push_back(now_ms_ == z3.int_val(std::int64_t{1'800'000'000'000}));
  ordinary_.push_back(agent_ == text_constant(z3, "test-agent"));
  ordinary_.push_back(run_id_ == text_constant(z3, "run_test"));
}

z3::expr Universe::symbol(const std::string& name, const z3::sort& sort) { return z3_.constant(name.c_str(), sort); }

// --- parts ---

Part Universe::make(std::string path, const Type& type, bool may_be_absent) {
  auto named = [&](std::string_view what) { return symbol(fmt::format("{} is {}", path, what), z3_.bool_sort()); };
  Part part{
      .path = path, .type = type, .may_be_absent = may_be_absent, .missing = named("missing"), .wrong = named("wrong")};
  if (!may_be_absent) ordinary_.push_back(!part.missing);
  ordinary_.push_back(!part.wrong);
  fill(part);
  return part;
}

void Universe::fill(Part& part) {
  switch (part.type.kind()) {
    case TypeKind::dyn: return fill_dynamic(part);
    case TypeKind::boolean: part.boolean = symbol(part.path, z3_.bool_sort()); break;
    case TypeKind::int64:
    case TypeKind::uint64:
      part.integer = symbol(part.path, z3_.int_sort());
      axioms_.push_back(*part.integer <= z3_.int_val(most));
      axioms_.push_back(*part.integer >= z3_.int_val(part.type.is(TypeKind::uint64) ? 0 : least));
      break;
    case TypeKind::float64: {
      part.real = symbol(part.path, z3_.real_sort());
      z3::expr bound = *real_constant(z3_, std::numeric_limits<double>::max());
      axioms_.push_back(*part.real <= bound && *part.real >= -bound);
      break;
    }
    case TypeKind::string: {
      part.text = symbol(part.path, z3_.string_sort());
      std::vector<z3::expr> members;
      for (const auto& member : part.type.members()) members.push_back(*part.text == text_constant(z3_, member));
      if (!members.empty()) ordinary_.push_back(any(z3_, members));
      break;
    }
    case TypeKind::list:
      part.length = symbol(part.path + " length", z3_.int_sort());
      axioms_.push_back(*part.length >= 0);
      ordinary_.push_back(*part.length <= static_cast<int>(elements_told_apart));
      break;
    default: break;
  }
}

void Universe::fill_dynamic(Part& part) {
  part.kind = symbol(part.path + " kind", z3_.int_sort());
  axioms_.push_back(*part.kind >= 0 && *part.kind < static_cast<int>(kinds));
  axioms_.push_back(!part.wrong);
  part.boolean = symbol(part.path + " as boolean", z3_.bool_sort());
  part.real = symbol(part.path, z3_.real_sort());
  part.text = symbol(part.path + " as text", z3_.string_sort());
  part.length = symbol(part.path + " length", z3_.int_sort());
  z3::expr bound = *real_constant(z3_, std::numeric_limits<double>::max());
  axioms_.push_back(*part.real <= bound && *part.real >= -bound);
  axioms_.push_back(*part.length >= 0);
}

Part& Universe::field_of(Part& part, const std::string& name) {
  auto& field = part.fields[name];
  if (field) return *field;
  Type type = Type::dyn();
  bool may_be_absent = true;
  if (const auto* object = part.type.object()) {
    auto at = object->index(name);
    if (at != cel::ObjectType::npos) {
      type = Type(object->fields()[at].type);
      may_be_absent = object->fields()[at].optional;
    }
  } else if (part.type.is(TypeKind::map)) {
    type = Type(part.type.parameter(1));
  }
  field = std::make_unique<Part>(make(part.path + "." + name, type, may_be_absent));
  return *field;
}

Alternative Universe::object_of(Part& part, const z3::expr& when) {
  auto object = std::make_shared<Object>();
  object->name = part.path;
  object->field = [this, &part](const std::string& name) {
    Part& field = field_of(part, name);
    return Field{field.missing, value_of(field)};
  };
  return {.sort = Sort::object, .when = when, .object = std::move(object)};
}

Alternative Universe::list_of(Part& part, const z3::expr& when) {
  auto list = std::make_shared<List>(List{.elements = {},
                                          .more = *part.length > static_cast<int>(elements_told_apart),
                                          .length = *part.length,
                                          .name = part.path});
  Type element = part.type.is(TypeKind::list) ? Type(part.type.parameter(0)) : Type::dyn();
  while (part.elements.size() < elements_told_apart) {
    auto number = part.elements.size();
    part.elements.push_back(std::make_unique<Part>(make(fmt::format("{}[{}]", part.path, number), element, false)));
    // An element of the wrong type makes the list one of the wrong type.
    axioms_.push_back(!part.elements.back()->missing && !part.elements.back()->wrong);
  }
  for (std::size_t i = 0; i < part.elements.size(); ++i)
    list->elements.push_back({*part.length > static_cast<int>(i), value_of(*part.elements[i])});
  return {.sort = Sort::list, .when = when, .list = std::move(list)};
}

Value Universe::value_of(Part& part) {
  z3::expr always = z3_.bool_val(true);
  Value out{part.wrong, {}};
  auto term = [&](Sort sort, const z3::expr& is) {
    out.alternatives.push_back({.sort = sort, .when = always, .term = is});
    return out;
  };
  switch (part.type.kind()) {
    case TypeKind::dyn: return dynamic_value(part);
    case TypeKind::boolean: return term(Sort::boolean, *part.boolean);
    case TypeKind::int64: return term(Sort::int64, *part.integer);
    case TypeKind::uint64: return term(Sort::uint64, *part.integer);
    case TypeKind::float64: return term(Sort::float64, *part.real);
    case TypeKind::string: return term(Sort::string, *part.text);
    case TypeKind::list: out.alternatives.push_back(list_of(part, always)); return out;
    case TypeKind::map:
    case TypeKind::object: out.alternatives.push_back(object_of(part, always)); return out;
    default: return anything(part.path, fmt::format("`{}` is a {}", part.path, part.type.to_string()));
  }
}

Value Universe::dynamic_value(Part& part) {
  auto is = [&](DynamicKind kind) { return *part.kind == static_cast<int>(kind); };
  return {z3_.bool_val(false),
          {{.sort = Sort::null, .when = is(null_kind)},
           {.sort = Sort::boolean, .when = is(boolean_kind), .term = part.boolean},
           {.sort = Sort::float64, .when = is(number_kind), .term = part.real},
           {.sort = Sort::string, .when = is(string_kind), .term = part.text},
           // What is in a list of anything is told apart only so deep.
           part.path.ends_with(']') ? Alternative{.sort = Sort::other, .when = is(list_kind)}
                                    : list_of(part, is(list_kind)),
           object_of(part, is(object_kind))}};
}

// --- variables ---

Value Universe::record(std::string name, std::map<std::string, Value> fields) {
  auto object = std::make_shared<Object>();
  object->field = [this, name, fields = std::move(fields)](const std::string& field) {
    auto found = fields.find(field);
    if (found != fields.end()) return Field{z3_.bool_val(false), found->second};
    return Field{z3_.bool_val(false), anything(name + "." + field, fmt::format("`{}.{}`", name, field))};
  };
  object->name = std::move(name);
  return {z3_.bool_val(false), {{.sort = Sort::object, .when = z3_.bool_val(true), .object = std::move(object)}}};
}

Value Universe::labels() {
  Value out = value_of(labels_);
  out.failed = !history_known_;
  return out;
}

Value Universe::variable(std::size_t slot) {
  auto found = bound_.find(slot);
  if (found == bound_.end()) found = bound_.emplace(slot, variable_made(slot)).first;
  return found->second;
}

Value Universe::variable_made(std::size_t slot) {
  const policy::Slots& slots = plan_.slots();
  bool tool = subject_.kind == domain::ActionKind::tool;
  if (slot == slots.args) return value_of(args_);
  if (slot == slots.agent) return record("agent", {{"name", of(Sort::string, agent_)}});
  if (slot == slots.workflow) return record("workflow", {{"name", of(Sort::string, workflow_)}});
  if (slot == slots.environment) return of(Sort::string, environment_);
  if (slot == slots.now) return of(Sort::timestamp, now_ms_ * z3_.int_val(1'000'000));
  if (slot == slots.tool) {
    return record("tool", {{"name", tool ? constant(z3_, subject_.tool) : of(Sort::string, name_)},
                           {"upstream", tool ? constant(z3_, subject_.upstream) : of(Sort::string, upstream_)},
                           {"tier", constant(z3_, domain::name(subject_.profile.tier))},
                           {"reversible", constant(z3_, subject_.profile.reversible)}});
  }
  if (slot == slots.run) return record("run", {{"id", of(Sort::string, run_id_)}, {"labels", labels()}});
  if (slot == slots.facts) {
    std::map<std::string, Value> facts;
    for (const cel::Field& field : plan_.types().facts.object()->fields()) {
      auto [part, fresh] = facts_.emplace(field.name, make("facts." + field.name, field.type, true));
      axioms_.push_back(!part->second.missing);  // unavailable is `wrong` here: a failure
      facts.emplace(field.name, value_of(part->second));
    }
    return record("facts", std::move(facts));
  }
  return anything(fmt::format("variable {}", slot), "a variable");
}

// --- what cannot be said exactly ---

// Names of values carry what their variables stand for, which nobody wrote.
void Universe::note(std::string_view text) { reasons_.insert(fmt::format("`{}`", text.substr(0, text.find(" | ")))); }

Value Universe::unclear(const std::string& cel) {
  note(cel);
  return anything(cel, "");
}

z3::expr Universe::any_boolean(const std::string& name) {
  z3::expr out = symbol(name + " holds", z3_.bool_sort());
  if (truths_.emplace(name + "\n", Truth{out, !out}).second) guesses_.push_back(out);
  return out;
}

Truth Universe::any_truth(const std::string& name, const std::string& why) {
  if (!why.empty()) reasons_.insert(why);
  auto found = truths_.find(name);
  if (found != truths_.end()) return found->second;
  z3::expr holds = any_boolean(name), fails = symbol(name + " fails", z3_.bool_sort());
  ordinary_.push_back(!fails);
  return truths_.emplace(name, Truth{!fails && holds, !fails && !holds}).first->second;
}

Value Universe::anything(const std::string& name, const std::string& why) {
  if (!why.empty()) reasons_.insert(why);
  auto found = anything_.find(name);
  if (found != anything_.end()) return found->second;
  z3::expr kind = symbol(name + " kind", z3_.int_sort()), fails = symbol(name + " fails", z3_.bool_sort());
  Value out{fails, {}};
  auto add = [&](Sort sort, std::optional<z3::expr> term) {
    auto number = static_cast<int>(out.alternatives.size());
    out.alternatives.push_back({.sort = sort, .when = kind == number, .term = std::move(term)});
  };
  z3::expr whole = symbol(name + " as int", z3_.int_sort());
  z3::expr natural = symbol(name + " as uint", z3_.int_sort());
  add(Sort::null, std::nullopt);
  add(Sort::boolean, symbol(name + " as bool", z3_.bool_sort()));
  add(Sort::int64, whole);
  add(Sort::uint64, natural);
  add(Sort::float64, symbol(name + " as double", z3_.real_sort()));
  out.alternatives.back().not_a_number = symbol(name + " is NaN", z3_.bool_sort());
  add(Sort::string, symbol(name + " as string", z3_.string_sort()));
  add(Sort::timestamp, symbol(name + " as time", z3_.int_sort()));
  add(Sort::duration, symbol(name + " as duration", z3_.int_sort()));
  add(Sort::other, std::nullopt);
  axioms_.push_back(kind >= 0 && kind < static_cast<int>(out.alternatives.size()));
  axioms_.push_back(whole >= z3_.int_val(least) && whole <= z3_.int_val(most));
  axioms_.push_back(natural >= 0 && natural <= z3_.int_val(std::numeric_limits<std::uint64_t>::max()));
  return anything_.emplace(name, std::move(out)).first->second;
}

// --- what the run did before ---

z3::expr Universe::number(const std::string& name) {
  z3::expr out = symbol(name, z3_.int_sort());
  axioms_.push_back(out >= 0 && out <= static_cast<int>(calls_max));
  ordinary_.push_back(out == 0);
  return out;
}

// Of tools each is counted; of what else a pattern may mean, one that stands for all.
Value Universe::calls(const std::string& pattern, bool succeeded) {
  std::vector<std::string> names;
  for (const auto& [tool, profile] : plan_.profiles())
    if (glob_match(pattern, tool)) names.push_back(tool);
  if (names.empty() || pattern.contains('*')) names.push_back(pattern);
  z3::expr total = z3_.int_val(0);
  for (const auto& name : names) {
    if (!sent_.contains(name)) {
      sent_.emplace(name, number("sent " + name));
      answered_.emplace(name, number("answered " + name));
      axioms_.push_back(answered_.at(name) <= sent_.at(name));
    }
    total = total + (succeeded ? answered_ : sent_).at(name);
  }
  Value out = of(Sort::int64, total);
  out.failed = !history_known_;
  return out;
}

Truth Universe::came_from(const std::string& function, const std::string& argument, const Value& value,
                          const std::string& pattern) {
  std::string name = fmt::format("{}({}, {})", function, argument, pattern);
  Truth guessed = any_truth(name, "");
  origins_.try_emplace(name, Origin{guessed.yes, value, pattern});
  ordinary_.push_back(!guessed.yes);
  return {history_known_ && !value.failed && guessed.yes, history_known_ && !value.failed && guessed.no};
}

}  // namespace bw::prove
