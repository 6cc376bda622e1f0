// SPDX-License-Identifier: Apache-2.0
#include "gateway/subjects.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "admission/subjects.h"
#include "base/text.h"

namespace bw::gateway {
namespace {

using json::Kind;

std::vector<std::string_view> steps_of(std::string_view path) {
  auto steps = split(path, '.');
  steps.erase(steps.begin());  // `args`
  return steps;
}

void add(std::vector<json::Value>& to, json::Value value) {
  if (!value.is(Kind::array)) return to.push_back(value);
  for (json::Value element : value.elements()) to.push_back(element);
}

// What stands at the end of a path.
std::vector<json::Value> values_at(std::string_view path, json::Value arguments) {
  std::vector<json::Value> at{arguments};
  for (auto step : steps_of(path)) {
    std::vector<json::Value> next;
    for (json::Value value : at) add(next, value[step]);
    at = std::move(next);
  }
  return at;
}

Result<std::string> subject_of(json::Value value) {
  if (auto text = value.string()) return std::string(*text);
  if (auto number = value.integer()) return fmt::format("{}", *number);
  return fail(Code::invalid_argument, "is neither a text nor a whole number");
}

Status add_subject(json::Value value, std::vector<std::string>& found) {
  BW_TRY(auto subject, subject_of(value));
  BW_OK(admission::check_subject(subject));
  if (found.size() == admission::subjects_max)
    return fail(Code::invalid_argument, fmt::format("there are more than {}", admission::subjects_max));
  found.push_back(std::move(subject));
  return {};
}

bool says_nobody(json::Value value) {
  auto text = value.string();
  return !value.exists() || value.is(Kind::null) || (text && text->empty());
}

// Whether a schema of an object names all the members that there can be, as far as one can tell.
bool is_closed(json::Value schema) {
  for (auto key : {"$ref", "allOf", "anyOf", "oneOf", "if", "dependentSchemas", "patternProperties"}) {
    if (schema[key]) return false;
  }
  auto more = schema["additionalProperties"];
  bool open = more.is(Kind::object) || more.boolean().value_or(false);
  return schema["properties"].is(Kind::object) && !open;
}

}  // namespace

Status find_subjects(const std::vector<std::string>& paths, json::Value arguments, std::vector<std::string>& found) {
  Status first;
  for (const auto& path : paths) {
    for (json::Value value : values_at(path, arguments)) {
      if (says_nobody(value)) continue;
      auto added = add_subject(value, found);
      if (!added && first) first = fail(std::move(added).error().with(path));
    }
  }
  return first;
}

void name_subjects(domain::Decision& decision, domain::Action& action, const registry::Snapshot& snapshot,
                   json::Value arguments) {
  using domain::Verdict;
  action.subjects.clear();
  if (action.kind != domain::ActionKind::tool) return;
  auto own_name = std::string_view(action.name).substr(std::min(action.name.size(), action.upstream.size() + 1));
  const auto* tool = snapshot.tool(action.upstream, own_name);
  if (!tool || tool->subjects.empty()) return;
  auto named = find_subjects(tool->subjects, arguments, action.subjects);
  if (named || decision.verdict == Verdict::deny) return;
  std::string reason = "whom the arguments speak of cannot be recorded: " + named.error().message;
  decision.verdict = Verdict::deny;
  decision.charges.clear();
  decision.determining = {{.rule = "builtin/subject", .effect = Verdict::deny, .satisfied = true, .reason = reason}};
  decision.reason = std::move(reason);
}

std::optional<std::string> misfit_of(std::string_view path, json::Value schema) {
  for (auto step : steps_of(path)) {
    if (auto items = schema["items"]; items && !schema["properties"]) schema = items;
    if (!is_closed(schema)) return std::nullopt;
    schema = schema["properties"][step];
    if (!schema) return fmt::format("`{}`: there is no `{}` in the schema of its arguments", path, printable(step, 64));
  }
  return std::nullopt;
}

}  // namespace bw::gateway
