// SPDX-License-Identifier: Apache-2.0
#include "gateway/authzen/candidates.h"

#include <algorithm>

#include "json/writer.h"

namespace bw::gateway {
namespace {

using registry::Snapshot;

bool contains(const std::vector<std::string>& all, const std::string& one) { return std::ranges::count(all, one) > 0; }

bool fits(const std::string& wanted, const std::string& name) { return wanted.empty() || wanted == name; }

// Everything that a token of the agent could be good for, as far as the evaluation leaves it open.
std::vector<Candidate> standings(const Snapshot& snapshot, const registry::Agent& agent, const Evaluation& evaluation) {
  std::vector<Candidate> out;
  for (const auto& [name, workflow] : snapshot.workflows()) {
    if (!fits(evaluation.workflow, name) || !contains(workflow.agents, agent.name)) continue;
    for (const auto& environment : workflow.may.environments) {
      if (!fits(evaluation.environment, environment) || !contains(agent.may.environments, environment)) continue;
      Candidate one{.agent = agent.name, .workflow = name, .environment = environment, .tool = evaluation.tool};
      one.key = agent.name + "\n" + name + "\n" + environment;
      out.push_back(std::move(one));
    }
  }
  return out;
}

std::string subject(const Candidate& one, bool is_one_of_several) {
  json::Writer w;
  w.begin_object().member("type", "agent").member("id", one.agent);
  if (is_one_of_several) {
    w.key("properties").begin_object();
    w.member("workflow", one.workflow).member("environment", one.environment).end_object();
  }
  return std::move(w.end_object()).text();
}

std::vector<Candidate> subjects(const Snapshot& snapshot, const Evaluation& evaluation) {
  std::vector<Candidate> out;
  for (const auto& [name, agent] : snapshot.agents()) {
    auto found = standings(snapshot, agent, evaluation);
    for (auto& one : found) {
      one.shown = subject(one, found.size() > 1);
      out.push_back(std::move(one));
    }
  }
  return out;
}

Candidate about(const Evaluation& evaluation, std::string key, std::string tool, std::string shown) {
  return {.key = std::move(key),
          .agent = evaluation.agent,
          .workflow = evaluation.workflow,
          .environment = evaluation.environment,
          .tool = std::move(tool),
          .shown = std::move(shown)};
}

std::string resource(const std::string& type, const std::string& id) {
  json::Writer w;
  w.begin_object().member("type", type).member("id", id).end_object();
  return std::move(w).text();
}

std::vector<Candidate> resources(const Snapshot& snapshot, const Search& search) {
  std::vector<Candidate> out;
  for (const auto& [name, upstream] : snapshot.upstreams()) {
    if (search.resource_type == "upstream") {
      if (upstream.tools.contains(search.action))
        out.push_back(about(search.evaluation, name, name + "/" + search.action, resource("upstream", name)));
      continue;
    }
    for (const auto& [tool, declared] : upstream.tools) {
      std::string full = name + "/" + tool;
      out.push_back(about(search.evaluation, full, full, resource("tool", full)));
    }
  }
  return out;
}

std::string action(const std::string& name) {
  json::Writer w;
  w.begin_object().member("name", name).end_object();
  return std::move(w).text();
}

std::vector<Candidate> actions(const Snapshot& snapshot, const Search& search) {
  std::vector<Candidate> out;
  if (search.resource_type == "tool") {
    out.push_back(about(search.evaluation, "call", search.resource, action("call")));
    return out;
  }
  const auto* upstream = snapshot.upstream(search.resource);
  if (!upstream) return out;
  for (const auto& [tool, declared] : upstream->tools)
    out.push_back(about(search.evaluation, tool, search.resource + "/" + tool, action(tool)));
  return out;
}

std::vector<Candidate> unordered(const Snapshot& snapshot, const Search& search) {
  switch (search.what) {
    case Search::For::subject: return subjects(snapshot, search.evaluation);
    case Search::For::resource: return resources(snapshot, search);
    case Search::For::action: return actions(snapshot, search);
  }
  return {};
}

}  // namespace

std::vector<Candidate> candidates(const Snapshot& snapshot, const Search& search) {
  if (!search.evaluation.unknown.empty()) return {};
  auto out = unordered(snapshot, search);
  std::ranges::sort(out, {}, &Candidate::key);
  return out;
}

}  // namespace bw::gateway
