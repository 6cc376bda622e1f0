// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "registry/read.h"
#include "registry/validate.h"

namespace bw::registry {
namespace {

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}
bool is_pattern(std::string_view text) { return text.find('*') != std::string_view::npos; }

// The grants of one agent or workflow, with what is needed to point into them.
struct Holder {
  std::string kind;
  std::string name;
  const Grants& may;
};

Span item_of(const Review& review, const Holder& holder, std::string_view key, std::string_view text) {
  const Document* document = review.documents.find(holder.kind, holder.name);
  const Node* may = document->body.find("may");
  const Node* list = may ? may->find(key) : nullptr;
  for (std::size_t i = 0; list && i < list->items.size(); ++i) {
    if (list->items[i].text == text) return list->items[i].where;
  }
  return document->where;
}

// A pattern whose tools all do more than read grants nothing at all. One that fits some of both is the normal case.
void check_pattern(Review& review, const Holder& holder, const std::string& pattern) {
  std::vector<std::string> above;
  for (const auto& [name, upstream] : review.snapshot.upstreams()) {
    for (const auto& [tool_name, tool] : upstream.tools) {
      auto full = name + "/" + tool_name;
      if (!glob_match(pattern, full)) continue;
      if (tool.tier == domain::Tier::read) return;
      above.push_back(full);
    }
  }
  if (above.empty()) return;
  review.warn(item_of(review, holder, "tools", pattern),
              fmt::format("`{}` grants nothing: a pattern grants only what reads", pattern),
              "name each tool that is meant: " + join(above, ", "));
}

void check_exact(Review& review, const Holder& holder, const std::string& tool) {
  const Upstream* upstream = review.snapshot.upstream(std::string_view(tool).substr(0, tool.find('/')));
  if (!upstream || contains(holder.may.environments, upstream->environment)) return;
  review.warn(item_of(review, holder, "tools", tool),
              fmt::format("`{}` acts in {}, which is not granted here", tool, upstream->environment),
              fmt::format("add {} to may.environments, or remove the tool", upstream->environment));
}

bool offered(const Snapshot& snapshot, const std::vector<std::string> Upstream::* offers, std::string_view wanted,
             bool with_upstream) {
  for (const auto& [name, upstream] : snapshot.upstreams()) {
    for (const auto& pattern : upstream.*offers) {
      auto full = with_upstream ? name + "/" + pattern : pattern;
      if (glob_match(full, wanted) || glob_match(wanted, full)) return true;
    }
  }
  return false;
}

void check_offered(Review& review, const Holder& holder) {
  for (const auto& uri : holder.may.resources) {
    if (offered(review.snapshot, &Upstream::resources, uri, false)) continue;
    review.warn(item_of(review, holder, "resources", uri), fmt::format("no upstream offers `{}`", uri),
                "list it in `resources` of its upstream");
  }
  for (const auto& prompt : holder.may.prompts) {
    if (offered(review.snapshot, &Upstream::prompts, prompt, true)) continue;
    review.warn(item_of(review, holder, "prompts", prompt), fmt::format("no upstream offers `{}`", prompt),
                "list it in `prompts` of its upstream");
  }
}

void check_holder(Review& review, const Holder& holder) {
  for (const auto& tool : holder.may.tools)
    is_pattern(tool) ? check_pattern(review, holder, tool) : check_exact(review, holder, tool);
  check_offered(review, holder);
}

// Whoever a workflow lists works there, even while something else is wrong with that workflow.
void check_employment(Review& review) {
  std::vector<std::string> working;
  for (const Document& document : review.documents.all()) {
    if (document.kind->name == "Workflow")
      std::ranges::move(texts_of(document.body, "agents"), std::back_inserter(working));
  }
  for (const auto& [name, agent] : review.snapshot.agents()) {
    if (!contains(working, name))
      review.warn(agent.where, fmt::format("agent `{}` is in no workflow and can do nothing", name),
                  "list it in `agents` of a workflow");
  }
}

}  // namespace

void check_grants(Review& review) {
  for (const auto& [name, agent] : review.snapshot.agents()) check_holder(review, {"Agent", name, agent.may});
  for (const auto& [name, workflow] : review.snapshot.workflows())
    check_holder(review, {"Workflow", name, workflow.may});
  check_employment(review);
}

}  // namespace bw::registry
