// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "json/document.h"
#include "registry/validate.h"

namespace bw::registry {
namespace {

std::vector<std::string> strings(json::Value list) {
  std::vector<std::string> out;
  for (auto element : list.elements()) out.emplace_back(element.string().value_or(""));
  return out;
}

// An approval that nobody could give would hold for ever.
void check_approval(Review& review, const domain::Obligation& obligation) {
  auto document = json::Document::parse(obligation.arguments);
  BW_ASSERT(document);
  auto from = document->root()["from"];
  if (!from) return;
  auto named = strings(from);
  if (!review.snapshot.humans(named).empty()) return;
  review.error(obligation.where, fmt::format("nobody of {} is an active human who could decide", join(named, ", ")),
               "name a person, or a team with active members");
}

// What a denied action cannot do, and what its keys alone do not say.
void check_obligation(Review& review, const domain::Rule& rule, const domain::Obligation& obligation) {
  bool tells = obligation.type == "notify" || obligation.type == "log";
  if (rule.effect == domain::Verdict::deny && !tells) {
    review.error(obligation.where, fmt::format("rule `{}` denies, so there is nothing to {}", rule.id, obligation.type),
                 "a deny can `notify` and `log`");
  }
  if (obligation.type == "sample" && rule.effect == domain::Verdict::hold)
    review.error(obligation.where, "a hold is looked at anyway", "`sample` belongs to an allow");
  auto document = json::Document::parse(obligation.arguments);
  BW_ASSERT(document);
  if (obligation.type == "cap" && !document->root()["at"].number())
    review.error(obligation.where, "`at` is no number", "give the largest number that may be sent");
}

void check_rule(Review& review, const domain::Rule& rule) {
  if (rule.id.starts_with("builtin/"))
    review.error(rule.where, "ids that start with `builtin/` are Bailiwick's own", "choose another");
  if (!rule.unattended.empty() && rule.effect != domain::Verdict::allow) {
    review.error(rule.where,
                 fmt::format("`unattended` says why an allow needs no human; rule `{}` is a {}", rule.id,
                             domain::name(rule.effect)),
                 "remove it");
  }
  if (rule.tightens && rule.effect != domain::Verdict::hold) {
    review.error(rule.where,
                 fmt::format("`tightens` is for a hold that opens nothing by itself; rule `{}` is {} {}", rule.id,
                             rule.effect == domain::Verdict::allow ? "an" : "a", domain::name(rule.effect)),
                 "remove it");
  }
  if (rule.reason.empty() && rule.effect != domain::Verdict::allow) {
    review.warn(rule.where, fmt::format("rule `{}` gives no `reason`", rule.id),
                "say what the agent or its developer can do instead");
  }
  for (const auto& obligation : rule.obligations) {
    if (obligation.type != "approve") {
      check_obligation(review, rule, obligation);
      continue;
    }
    if (rule.effect != domain::Verdict::hold) {
      review.error(obligation.where,
                   fmt::format("`approve` belongs to a hold; rule `{}` is {} {}", rule.id,
                               rule.effect == domain::Verdict::allow ? "an" : "a", domain::name(rule.effect)),
                   "write `effect: hold`");
    }
    check_approval(review, obligation);
  }
}

// Values that a test imagines are of facts and meters that exist; otherwise the test proves nothing.
template <class Thing>
void check_given(Review& review, const domain::PolicyTest& test, json::Value given, const std::vector<Thing>& declared,
                 std::string_view noun) {
  std::vector<std::string> names;
  for (const auto& thing : declared) names.push_back(thing.name);
  for (auto [key, value] : given.members()) {
    if (std::ranges::find(names, key) != names.end()) continue;
    review.error(test.where, fmt::format("the test gives {} `{}`, which is not declared", noun, key),
                 suggest(key, names));
  }
}

void check_test(Review& review, const domain::PolicyTest& test) {
  auto given = json::Document::parse(test.given);
  BW_ASSERT(given);
  check_given(review, test, given->root()["facts"], review.snapshot.facts(), "fact");
  check_given(review, test, given->root()["meters"], review.snapshot.meters(), "meter");
  std::vector<std::string> meters;
  for (const auto& meter : review.snapshot.meters()) meters.push_back(meter.name);
  if (!test.expect_meter.empty() && std::ranges::find(meters, test.expect_meter) == meters.end())
    review.error(test.where,
                 fmt::format("the test expects meter `{}`, which is not declared", printable(test.expect_meter, 80)),
                 suggest(test.expect_meter, meters));
  if (!test.expect_meter.empty() && test.expect != domain::Verdict::deny)
    review.error(test.where, "a meter without room denies", "write `expect: deny`");
  int kinds = 0;
  for (auto kind : {"tool", "resource", "prompt"}) kinds += given->root()[kind].exists() ? 1 : 0;
  if (kinds == 1) return;
  review.error(test.where,
               fmt::format("the test gives {} of tool, resource, prompt", kinds == 0 ? "none" : "more than one"),
               "give exactly one: the action that it imagines");
}

}  // namespace

void check_rules(Review& review) {
  std::map<std::string, Span> ids;
  for (const auto& policy : review.snapshot.policies()) {
    for (const auto& rule : policy.rules) {
      auto [first, fresh] = ids.emplace(rule.id, rule.where);
      if (!fresh) {
        review.error(rule.where, fmt::format("rule `{}` is declared twice", rule.id),
                     fmt::format("first in {}:{}", first->second.file, first->second.line));
      }
      check_rule(review, rule);
    }
    for (const auto& test : policy.tests) check_test(review, test);
  }
}

}  // namespace bw::registry
