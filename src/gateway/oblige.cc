// SPDX-License-Identifier: Apache-2.0
#include "gateway/oblige.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "gateway/carry_out.h"

namespace bw::gateway {
namespace {

using domain::Verdict;

void deny(domain::Decision& decision, const std::string& why) {
  std::string reason = fmt::format("what policy obliges to cannot be carried out: {}", why);
  decision.verdict = Verdict::deny;
  decision.charges.clear();
  decision.determining = {{.rule = "builtin/obligation", .effect = Verdict::deny, .satisfied = true, .reason = reason}};
  decision.reason = std::move(reason);
}

// What was said of the action as it was asked for counts too, where it is stricter.
void add_asked(domain::Decision& decision, policy::Obligations& joined, domain::Decision asked) {
  if (decision.verdict == Verdict::deny) return;
  auto& obligations = decision.obligations;
  obligations.insert(obligations.end(), asked.obligations.begin(), asked.obligations.end());
  if (asked.verdict > decision.verdict) {
    decision.verdict = asked.verdict;
    decision.determining = std::move(asked.determining);
    decision.unmet = std::move(asked.unmet);
    decision.unmet_left_out = asked.unmet_left_out;
    decision.reason = std::move(asked.reason);
  }
  auto all = policy::join_obligations(obligations);
  if (!all) return deny(decision, all.error().message);
  joined = std::move(*all);
}

}  // namespace

std::vector<domain::ArgumentChange> oblige(domain::Decision& decision, policy::Obligations& obligations,
                                           domain::Action& action, CarriedOutBy by) {
  auto cannot = [&](const std::string& why) {
    deny(decision, why);
    return std::vector<domain::ArgumentChange>();
  };
  auto joined = policy::join_obligations(decision.obligations);
  obligations = joined ? std::move(*joined) : policy::Obligations();
  if (!joined) return cannot(joined.error().message);
  if (decision.verdict == Verdict::deny) return {};
  if (obligations.undo && action.profile.undo.empty())
    return cannot(fmt::format("`{}` cannot be taken back", action.name));
  if (by == CarriedOutBy::agent && !obligations.redact.empty())
    return cannot("what an agent gets without Bailiwick cannot be redacted");
  if (obligations.changes_arguments() && action.kind != domain::ActionKind::tool)
    return cannot("only arguments of tools can be set or capped");
  auto changed = change_arguments(obligations, action.arguments);
  if (!changed) return cannot(changed.error().message);
  if (changed->changes.empty()) return {};
  action.arguments = std::move(changed->arguments);
  return std::move(changed->changes);
}

void conclude(domain::Decision& decision, policy::Obligations& obligations, domain::Action& action, CarriedOutBy by,
              domain::Decision asked, std::vector<domain::ArgumentChange> changes) {
  if (decision.verdict != Verdict::deny && !oblige(decision, obligations, action, by).empty())
    deny(decision, "what its rules set contradicts what they set then");
  add_asked(decision, obligations, std::move(asked));
  decision.changes = std::move(changes);
}

}  // namespace bw::gateway
