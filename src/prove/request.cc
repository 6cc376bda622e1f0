// SPDX-License-Identifier: Apache-2.0
// The request of a model: what the solver found, as an author's tools read it.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "analysis/values.h"
#include "base/clock.h"
#include "base/text.h"
#include "json/writer.h"
#include "prove/universe.h"

namespace bw::prove {
namespace {

using cel::TypeKind;

constexpr std::int64_t elements_written_max = 1000;

z3::expr in(const z3::model& model, const z3::expr& term) { return model.eval(term, true); }
bool holds(const z3::model& model, const z3::expr& term) { return in(model, term).is_true(); }

std::int64_t whole(const z3::model& model, const z3::expr& term) {
  std::string digits = in(model, term).get_decimal_string(0);
  std::int64_t out = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return out;
}

// The double nearest to what the solver found, which need not be one.
std::string real_json(const z3::model& model, const z3::expr& term) {
  std::string digits = in(model, term).get_decimal_string(40);
  double out = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), out);
  std::string text = fmt::format("{}", out);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string text_json(const z3::model& model, const z3::expr& term) { return json::quoted(text_of(in(model, term))); }

// Something that is no value of this type.
std::string misfit(const cel::Type& type) { return type.is(TypeKind::string) ? "0" : "\"of another type\""; }

std::string scalar_json(const z3::model& model, const Value& value) {
  for (const auto& one : value.alternatives) {
    if (!holds(model, one.when) || !one.term) continue;
    if (one.sort == Sort::string) return text_json(model, *one.term);
    if (one.sort == Sort::float64) return real_json(model, *one.term);
    if (one.sort == Sort::int64 || one.sort == Sort::uint64) return fmt::format("{}", whole(model, *one.term));
  }
  return "null";
}

}  // namespace

std::string Universe::json_of(const z3::model& model, const Part& part) const {
  if (holds(model, part.wrong)) return misfit(part.type);
  auto kind = part.kind ? whole(model, *part.kind) : -1;
  switch (part.type.kind()) {
    case TypeKind::boolean: return holds(model, *part.boolean) ? "true" : "false";
    case TypeKind::int64:
    case TypeKind::uint64: return in(model, *part.integer).get_decimal_string(0);
    case TypeKind::float64: return real_json(model, *part.real);
    case TypeKind::string: return text_json(model, *part.text);
    case TypeKind::list: return list_json(model, part);
    case TypeKind::object:
    case TypeKind::map: return object_json(model, part);
    case TypeKind::dyn: break;
    default: return analysis::plain_value(part.type);
  }
  switch (kind) {
    case boolean_kind: return holds(model, *part.boolean) ? "true" : "false";
    case number_kind: return real_json(model, *part.real);
    case string_kind: return text_json(model, *part.text);
    case list_kind: return list_json(model, part);
    case object_kind: return object_json(model, part);
    default: return "null";
  }
}

std::string Universe::list_json(const z3::model& model, const Part& part) const {
  std::string filler = analysis::plain_value(part.type.is(TypeKind::list) ? part.type.parameter(0) : cel::Type::dyn());
  auto length = std::min(whole(model, *part.length), elements_written_max);
  json::Writer w;
  w.begin_array();
  for (std::int64_t i = 0; i < length; ++i) {
    auto at = static_cast<std::size_t>(i);
    w.raw(at < part.elements.size() ? json_of(model, *part.elements[at]) : filler);
  }
  return std::move(w.end_array()).text();
}

// What was read of it, and what its type requires besides.
std::string Universe::object_json(const z3::model& model, const Part& part) const {
  std::map<std::string, std::string> members;
  if (const auto* object = part.type.object()) {
    for (const cel::Field& field : object->fields())
      if (!field.optional) members[field.name] = analysis::plain_value(field.type);
  }
  for (const auto& [name, field] : part.fields) {
    if (holds(model, field->missing)) members.erase(name);
    else members[name] = json_of(model, *field);
  }
  json::Writer w;
  w.begin_object();
  for (const auto& [name, value] : members) w.key(name).raw(value);
  return std::move(w.end_object()).text();
}

std::string Universe::run_json(const z3::model& model) const {
  if (!holds(model, history_known_)) return "\"unknown\"";
  std::map<std::string, std::int64_t> called, failed;
  std::map<std::string, std::string> returned;
  auto instance = [&](const std::string& pattern) {
    for (const auto& [tool, profile] : plan_.profiles())
      if (glob_match(pattern, tool)) return tool;
    std::string out = pattern;
    std::ranges::replace(out, '*', 'x');
    return out;
  };
  for (const auto& [name, sent] : sent_) {
    auto count = whole(model, sent), missed = count - whole(model, answered_.at(name));
    std::string called_name = name;
    std::ranges::replace(called_name, '*', 'x');
    if (count > 0) called[called_name] += count;
    if (missed > 0) failed[called_name] += missed;
  }
  for (const auto& [name, origin] : origins_)
    if (holds(model, origin.holds)) returned[instance(origin.pattern)] = scalar_json(model, origin.value);
  std::string labels = list_json(model, labels_), id = text_of(in(model, run_id_));
  json::Writer w;
  w.begin_object();
  if (id != "run_test") w.member("id", id);
  auto counts = [&](std::string_view key, const auto& all) {
    if (all.empty()) return;
    w.key(key).begin_object();
    for (const auto& [name, count] : all) w.member(name, count);
    w.end_object();
  };
  counts("called", called);
  counts("failed", failed);
  if (!returned.empty()) {
    w.key("returned").begin_object();
    for (const auto& [name, value] : returned) w.member_raw(name, value);
    w.end_object();
  }
  if (labels != "[]") w.member_raw("labels", labels);
  return std::move(w.end_object()).text();
}

std::string Universe::request(const z3::model& model) const {
  json::Writer w;
  w.begin_object();
  if (subject_.kind == domain::ActionKind::tool) {
    w.member("tool", subject_.tool);
    w.key("args").raw(object_json(model, args_));
  } else {
    w.member(domain::name(subject_.kind), text_of(in(model, name_)));
    w.member("upstream", text_of(in(model, upstream_))).member("environment", text_of(in(model, environment_)));
  }
  std::string agent = text_of(in(model, agent_)), now = format_time(whole(model, now_ms_));
  if (agent != "test-agent") w.member("agent", agent);
  if (!plan_.workflows().empty()) w.member("workflow", text_of(in(model, workflow_)));
  if (!facts_.empty()) {
    w.key("facts").begin_object();
    for (const auto& [name, fact] : facts_)
      if (!holds(model, fact.wrong)) w.key(name).raw(json_of(model, fact));
    w.end_object();
  }
  if (auto run = run_json(model); run != "{}") w.key("run").raw(run);
  if (now != "2027-01-15T08:00:00.000Z") w.member("now", now);
  return std::move(w.end_object()).text();
}

}  // namespace bw::prove
