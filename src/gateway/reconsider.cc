// SPDX-License-Identifier: Apache-2.0
#include "gateway/reconsider.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "gateway/action_digest.h"
#include "gateway/oblige.h"
#include "gateway/subjects.h"
#include "json/document.h"

namespace bw::gateway {

Standing standing(const Live& live, const domain::Action& action) {
  const auto& snapshot = *live.snapshot;
  const auto& who = action.principal;
  bool tool = action.kind == domain::ActionKind::tool;
  auto own_name = std::string_view(action.name).substr(std::min(action.name.size(), action.upstream.size() + 1));
  auto profile = tool ? snapshot.profile(action.upstream, own_name, who.workflow)
                      : snapshot.read_profile(action.upstream, action.kind, action.name, who.workflow);
  if (!profile) return {.refused = "builtin/unknown"};
  bool granted = profile->environment == who.environment && snapshot
                                                                .granted({.agent = who.agent,
                                                                          .workflow = who.workflow,
                                                                          .kind = action.kind,
                                                                          .upstream = action.upstream,
                                                                          .name = action.name,
                                                                          .tier = profile->tier})
                                                                .has_value();
  if (!granted) return {.refused = "builtin/not_granted"};
  if (live.misfits->contains(action.name)) return {.refused = "builtin/misfit"};
  const auto* upstream = snapshot.upstream(action.upstream);
  return {.profile = std::move(profile),
          .plan = tool ? live.plan->tool(action.name) : &live.plan->of_kind(action.kind),
          .external = upstream && upstream->external};
}

domain::Decision reconsider(policy::Judge& judge, const Live& live, const Standing& standing, domain::Action action,
                            const policy::Facts& facts, const domain::RunHistory* history) {
  auto decide = [&] {
    auto arguments = json::Document::parse(action.arguments);
    if (!arguments) return domain::Decision{.reason = "its arguments cannot be read"};
    judge.decide(*live.plan, {.action = action, .args = arguments->root(), .facts = &facts, .history = history});
    auto decided = judge.decision();
    name_subjects(decided, action, *live.snapshot, arguments->root());
    return decided;
  };
  auto by = standing.external ? CarriedOutBy::agent : CarriedOutBy::bailiwick;
  domain::Decision decision = decide();
  policy::Obligations obligations;
  auto changes = oblige(decision, obligations, action, by);
  if (changes.empty()) return decision;
  domain::Decision asked = std::move(decision);
  if (auto arguments = json::Document::parse(action.arguments)) {
    if (auto digest = action_digest(action, arguments->root(), "")) action.digest = std::move(*digest);
  }
  decision = decide();
  conclude(decision, obligations, action, by, std::move(asked), std::move(changes));
  return decision;
}

}  // namespace bw::gateway
