// SPDX-License-Identifier: Apache-2.0
#include "policy/request.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "policy/returned.h"

namespace bw::policy {
namespace {

std::string text(json::Value value, std::string_view otherwise = {}) {
  return std::string(value.string().value_or(otherwise));
}

// What a request may say. Meters are counted when an action is admitted and not judged by; a test may say how full they are.
const std::vector<std::string> keys{"tool",     "resource", "prompt",      "upstream", "args",   "agent",
                                    "workflow", "run",      "environment", "facts",    "meters", "now"};

Status check_shape(json::Value root) {
  if (!root.is(json::Kind::object)) return fail(Code::invalid_argument, "a request is a JSON object");
  for (auto [key, value] : root.members()) {
    if (std::ranges::find(keys, key) == keys.end())
      return fail(Code::invalid_argument, fmt::format("unknown key `{}`: {}", printable(key, 64), suggest(key, keys)));
    bool object = key == "args" || key == "facts" || key == "meters";
    bool good = object ? value.is(json::Kind::object) : value.is(json::Kind::string) || key == "run";
    if (!good) {
      return fail(Code::invalid_argument, fmt::format("`{}` must be {}", key, object ? "an object" : "a string"));
    }
  }
  return {};
}

// What the result of a tool says it did, it did.
Status read_counts(domain::RunHistory& history, json::Value run) {
  for (auto [name, count] : run["called"].members()) {
    auto times = count.integer();
    if (!times || *times < 0)
      return fail(Code::invalid_argument, fmt::format("`run.called` says how often, as a number: {}", name));
    history.actions[std::string(name)] = {.upstream = {}, .sent = *times, .succeeded = *times};
  }
  for (auto [name, count] : run["failed"].members()) {
    auto& counts = history.actions[std::string(name)];
    counts.succeeded -= std::min(counts.succeeded, count.integer().value_or(counts.succeeded));
  }
  return {};
}

Result<domain::RunHistory> read_history(json::Value run) {
  domain::RunHistory history;
  if (!run) return history;
  if (run.string() == "unknown") {
    history.unknown = "the test says so";
    return history;
  }
  for (auto [key, value] : run.members()) {
    static const std::vector<std::string> keys{"id", "called", "failed", "returned", "labels"};
    if (std::ranges::find(keys, key) == keys.end())
      return fail(Code::invalid_argument, fmt::format("`run` has no `{}`; {}", key, suggest(key, keys)));
  }
  BW_OK(read_counts(history, run));
  for (auto [name, result] : run["returned"].members()) {
    add_result(history.returned[std::string(name)], result);
    auto& counts = history.actions[std::string(name)];
    counts.sent = std::max<std::int64_t>(counts.sent, 1);
    counts.succeeded = std::max<std::int64_t>(counts.succeeded, 1);
  }
  for (json::Value label : run["labels"].elements()) history.labels.push_back(text(label));
  return history;
}

}  // namespace

Result<Request> Request::parse(const Plan& plan, std::string_view given) {
  BW_TRY(auto document, json::Document::parse(std::string(given)));
  auto root = document.root();
  BW_OK(check_shape(root));
  BW_TRY(auto args, json::Document::parse(root["args"] ? std::string(root["args"].raw()) : "{}"));
  Request request(std::move(args));
  domain::Action& action = request.action_;
  action.kind = root["resource"] ? domain::ActionKind::resource
                : root["prompt"] ? domain::ActionKind::prompt
                                 : domain::ActionKind::tool;
  action.name = text(root["resource"], text(root["prompt"], text(root["tool"])));
  action.upstream = text(root["upstream"], action.name.substr(0, action.name.find('/')));
  action.principal = {text(root["agent"], "test-agent"),
                      text(root["workflow"], plan.only_workflow().empty() ? "test-workflow" : plan.only_workflow()), "",
                      "test"};
  action.run = text(root["run"]["id"], "run_test");
  BW_TRY(request.history_, read_history(root["run"]));
  action.at_ms = 1'800'000'000'000;
  if (auto now = root["now"].string()) {
    BW_TRY(action.at_ms, parse_time(*now));
  }
  if (action.kind == domain::ActionKind::tool) {
    const auto* profile = plan.profile(action.name);
    if (!profile) return fail(Code::not_found, fmt::format("no tool `{}` in the registry", action.name));
    action.profile = *profile;
  } else {
    action.profile.tier = domain::Tier::read;
  }
  if (auto environment = root["environment"].string()) action.profile.environment = *environment;
  action.principal.environment = action.profile.environment;
  for (auto [name, value] : root["facts"].members()) {
    bool unavailable = value.string() == "unavailable";
    request.facts_[std::string(name)] = unavailable ? std::nullopt : std::optional(std::string(value.raw()));
  }
  for (auto [name, value] : root["meters"].members()) {
    auto count = value.integer();
    if (!count || *count < 0)
      return fail(Code::invalid_argument,
                  fmt::format("`meters` says what each counts already, as a number: {}", printable(name, 64)));
    request.meters_[std::string(name)] = *count;
  }
  return request;
}

}  // namespace bw::policy
