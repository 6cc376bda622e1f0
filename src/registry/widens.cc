// SPDX-License-Identifier: Apache-2.0
#include "registry/widens.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>

#include "domain/words.h"
#include "registry/read.h"

namespace bw::registry {
namespace {

// One question a kind asks: the step at some depth, and what came and went there.
struct View {
  const Difference& difference;

  const std::string& step(std::size_t depth) const {
    static const std::string none;
    return depth < difference.steps.size() ? difference.steps[depth] : none;
  }
  std::size_t depth() const { return difference.steps.size(); }
  bool added() const { return !difference.before; }
  bool removed() const { return !difference.after; }
  std::string before() const { return difference.before ? difference.before->text : std::string(); }
  std::string after() const { return difference.after ? difference.after->text : std::string(); }
  bool any_step(std::size_t depth, std::initializer_list<std::string_view> names) const {
    return std::ranges::find(names, step(depth)) != names.end();
  }
};

// -1, 0, 1 as `after` is a weaker, equal or stronger word; a word that is not known is as strong as any.
template <class Parse>
int compare(Parse parse, const std::string& before, const std::string& after) {
  auto old = parse(before), now = parse(after);
  if (!old || !now) return before == after ? 0 : -1;
  return *now < *old ? -1 : *now > *old ? 1 : 0;
}

bool raised(const Difference& difference) {
  return difference.before && difference.after && difference.after->integer > difference.before->integer;
}

std::string person(const View& view) {
  if (view.step(0) == "left" && view.removed()) return "they can own, review and be told again";
  if (view.step(0) == "kind_of" && view.after() == "human") return "they can own, review and be told";
  return {};
}

std::string team(const View& view) {
  return view.step(0) == "members" && view.added() ? fmt::format("`{}` may decide what the team decides", view.after())
                                                   : "";
}

std::string grant(const View& view) {
  if (view.step(0) != "may" || view.removed()) return {};
  return view.depth() == 1 ? "new grants" : fmt::format("a new grant: `{}`", view.step(2));
}

std::string workflow(const View& view) {
  if (auto reason = grant(view); !reason.empty()) return reason;
  if (view.step(0) == "agents" && view.added()) return fmt::format("agent `{}` may work in it", view.after());
  if (view.step(0) == "reviewers" && view.added()) return fmt::format("`{}` may decide its held actions", view.after());
  if (view.step(0) == "autonomy" && compare(domain::parse_autonomy, view.before(), view.after()) > 0)
    return "more is done without a human";
  return {};
}

std::string tool(const View& view) {
  if (view.depth() == 2)
    return view.added() ? fmt::format("tool `{}` can be called where it is granted", view.step(1)) : "";
  auto key = view.step(2);
  if (key == "tier" && compare(domain::parse_tier, view.before(), view.after()) < 0)
    return "a lower tier asks for less";
  if (key == "reversible" && view.difference.after && view.difference.after->truth)
    return "it may no longer be a one-way door";
  if (key == "labels" && view.removed()) return "runs lose a label that rules may look for";
  if (key == "subject" && (view.removed() || !view.added()))
    return "what it records is no longer found by whom it speaks of";
  if (key == "touches" && view.removed()) return "it may no longer be a one-way door";
  return {};
}

std::string upstream(const View& view) {
  if (view.step(0) == "tools") return tool(view);
  if (view.any_step(0, {"resources", "prompts"}) && view.added())
    return fmt::format("`{}` can be read where it is granted", view.after());
  if (view.step(0) == "environment") return "its actions land elsewhere, where other grants and rules count";
  if (view.any_step(0, {"url", "command", "external", "args", "env", "cwd", "credential"}))
    return "calls may reach another system or use other rights there";
  if (view.step(0) == "labels" && view.removed()) return "runs lose a label that rules may look for";
  if (view.step(0) == "sessions" && view.after() == "shared") return "agents share a session";
  if (view.step(0) == "concurrency" && (view.removed() || raised(view.difference))) return "more calls at once";
  return {};
}

std::string whole_rule(const View& view) {
  const Node& rule = view.removed() ? *view.difference.before : *view.difference.after;
  auto effect = text_of(rule, "effect");
  if (view.added() && effect == "allow") return "a new allow";
  if (view.removed() && effect != "allow") return fmt::format("a {} is gone", effect);
  return {};
}

std::string rule(const View& view) {
  if (view.step(0) != "rules") return {};
  if (view.depth() == 2) return whole_rule(view);
  auto key = view.step(2);
  if (key == "effect") {
    return compare(domain::parse_verdict, view.before(), view.after()) < 0
               ? fmt::format("{} became {}", view.before(), view.after())
               : "";
  }
  if (key == "tightens") {
    bool tightens = view.difference.after && view.difference.after->truth;
    return tightens ? "" : "it holds also what no rule allows";
  }
  if (key == "unattended") return view.added() ? "one-way doors may pass without a human" : "";
  if (key == "oblige") return "other obligations";
  return view.any_step(2, {"match", "all", "any", "unless"}) ? "it counts for other actions" : "";
}

std::string meter(const View& view) {
  if (view.step(0) != "meters") return {};
  if (view.depth() == 2) return view.removed() ? "a limit is gone" : "";
  if (view.step(2) == "limit") return raised(view.difference) ? "a higher limit" : "";
  return "it counts differently";
}

std::string fact(const View& view) {
  bool changed = view.step(0) == "facts" && view.depth() > 2 && !view.any_step(2, {"timeout", "breaker"});
  return changed ? "rules see other values" : "";
}

std::string retention(const View& view) {
  return view.step(0) == "description" ? "" : "contents are erased at another time";
}

struct Kind {
  std::string_view name;
  std::string (*question)(const View&);
};
constexpr std::array<Kind, 9> kinds_of_widening{{{"Person", person},
                                                 {"Team", team},
                                                 {"Agent", grant},
                                                 {"Workflow", workflow},
                                                 {"Upstream", upstream},
                                                 {"Policy", rule},
                                                 {"Meters", meter},
                                                 {"Facts", fact},
                                                 {"Retention", retention}}};

}  // namespace

std::string widens(const std::string& kind, const Difference& difference) {
  auto at = std::ranges::find(kinds_of_widening, kind, &Kind::name);
  return at == kinds_of_widening.end() ? "not known to be harmless" : at->question({difference});
}

}  // namespace bw::registry
