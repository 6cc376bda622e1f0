// SPDX-License-Identifier: Apache-2.0
#include "registry/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/text.h"
#include "registry/difference.h"
#include "registry/widens.h"

namespace bw::registry {
namespace {

constexpr std::size_t shown_bytes_max = 160;

// The lowered documents behind a snapshot: {KIND: {NAME: body}}.
Node tree_of(const Snapshot* snapshot) {
  if (!snapshot) return {.kind = Node::Kind::map};
  auto document = json::Document::parse(snapshot->canonical(), {.bytes_max = 256U << 20, .values_max = 10'000'000});
  BW_ASSERT(document);
  return from_json(document->root());
}

const Node* body_of(const Node& tree, std::string_view kind, std::string_view name) {
  const Node* named = tree.find(kind);
  return named ? named->find(name) : nullptr;
}

std::string json_of(const Node* node) { return node ? to_json(*node) : std::string(); }

Change::What what(const Node* before, const Node* after) {
  return !before ? Change::What::added : !after ? Change::What::removed : Change::What::changed;
}

class Planner {
 public:
  Planner(const Node& before, const Node& after) : before_(before), after_(after) {}

  Plan make() {
    for (const Shape* kind : kinds()) {
      for (const auto& name : names(kind->name)) document(*kind, name);
    }
    std::ranges::sort(plan_.changes, {}, [](const Change& c) { return std::tie(c.kind, c.name, c.path); });
    return std::move(plan_);
  }

 private:
  std::vector<std::string> names(std::string_view kind) const {
    std::vector<std::string> out;
    for (const Node* tree : {&before_, &after_}) {
      const Node* named = tree->find(kind);
      for (std::size_t i = 0; named && i < named->keys.size(); ++i) out.push_back(named->keys[i].text);
    }
    std::ranges::sort(out);
    auto repeats = std::ranges::unique(out);
    out.erase(repeats.begin(), repeats.end());
    return out;
  }

  void document(const Shape& kind, const std::string& name) {
    static const Node empty{.kind = Node::Kind::map};
    const Node* before = body_of(before_, kind.name, name);
    const Node* after = body_of(after_, kind.name, name);
    auto found = differences(before ? *before : empty, after ? *after : empty, kind);
    if (before && after) {
      for (const auto& difference : found) add(kind, name, difference, widens(kind.name, difference));
    } else {
      add(kind, name, {.before = before, .after = after}, first_reason(kind, found));
    }
  }

  // A document that comes or goes as a whole widens what any of its parts widens.
  static std::string first_reason(const Shape& kind, const std::vector<Difference>& found) {
    for (const auto& difference : found) {
      if (auto reason = widens(kind.name, difference); !reason.empty()) return reason;
    }
    return {};
  }

  void add(const Shape& kind, const std::string& name, const Difference& difference, std::string reason) {
    plan_.changes.push_back({.what = what(difference.before, difference.after),
                             .kind = kind.name,
                             .name = name,
                             .path = difference.path,
                             .before = json_of(difference.before),
                             .after = json_of(difference.after),
                             .widens = std::move(reason)});
  }

  const Node& before_;
  const Node& after_;
  Plan plan_;
};

std::string line(const Change& change) {
  auto shown = [](const std::string& json) {
    return printable(json, shown_bytes_max) + (json.size() > shown_bytes_max ? "…" : "");
  };
  char mark = change.what == Change::What::added ? '+' : change.what == Change::What::removed ? '-' : '~';
  auto subject = change.path.empty() ? std::string("all of it") : printable(change.path, shown_bytes_max);
  switch (change.what) {
    case Change::What::added: return fmt::format("  {} {}: {}\n", mark, subject, shown(change.after));
    case Change::What::removed: return fmt::format("  {} {}: {}\n", mark, subject, shown(change.before));
    case Change::What::changed: break;
  }
  return fmt::format("  {} {}: {} -> {}\n", mark, subject, shown(change.before), shown(change.after));
}

}  // namespace

bool Plan::widens() const {
  return std::ranges::any_of(changes, [](const Change& change) { return !change.widens.empty(); });
}

Plan plan(const Snapshot* before, const Snapshot& after) {
  Node old = tree_of(before), now = tree_of(&after);
  return Planner(old, now).make();
}

std::string format(const Plan& plan) {
  std::string out;
  const Change* last = nullptr;
  for (const Change& change : plan.changes) {
    if (!last || last->kind != change.kind || last->name != change.name)
      out += fmt::format("{} {}\n", change.kind, change.name);
    out += line(change);
    if (!change.widens.empty()) out += fmt::format("    ! widens: {}\n", change.widens);
    last = &change;
  }
  return out;
}

std::string_view name(Change::What what) {
  switch (what) {
    case Change::What::added: return "added";
    case Change::What::removed: return "removed";
    case Change::What::changed: break;
  }
  return "changed";
}

}  // namespace bw::registry
