// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "registry/snapshot.h"

namespace bw::registry {

// One difference in meaning. Files, comments, order and spelled-out defaults make none.
struct Change {
  enum class What : std::uint8_t { added, removed, changed };
  What what = What::changed;
  std::string kind;    // "Workflow"
  std::string name;    // "refund-desk"
  std::string path;    // "may.tools[desk/create_refund]", "rules[refund.small].effect"; empty: the whole document
  std::string before;  // canonical JSON, empty when added
  std::string after;   // canonical JSON, empty when removed
  std::string widens;  // why this gives somebody more room, or empty
};

struct Plan {
  std::vector<Change> changes;  // sorted by kind, name, path

  bool empty() const { return changes.empty(); }
  bool widens() const;
};

// What applying `after` would change in what runs. `before` may be null: then everything is added.
//
// A change is marked as widening when it can make something possible that was not: a new grant, agent or person in a team,
// a lower tier, a removed or changed hold or deny, a new allow, a raised limit, more autonomy. When in doubt it is marked.
Plan plan(const Snapshot* before, const Snapshot& after);

// For people: a heading for each document, `+`, `-` or `~` before each change, and `! widens: …` under what widens.
std::string format(const Plan& plan);

std::string_view name(Change::What what);

}  // namespace bw::registry
