// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/diagnostic.h"
#include "registry/documents.h"
#include "registry/snapshot.h"

// The checks that need to know what things mean, not just how they are written. Each looks at the documents that are valid
// by themselves, as a snapshot; a name that leads nowhere was reported by resolve() and is passed over.
namespace bw::registry {

struct Review {
  const Documents& documents;
  const Snapshot& snapshot;
  Diagnostics& diagnostics;

  void error(const Span& where, std::string message, std::string hint = {}) {
    diagnostics.push_back({Severity::error, where, std::move(message), std::move(hint)});
  }
  void warn(const Span& where, std::string message, std::string hint = {}) {
    diagnostics.push_back({Severity::warning, where, std::move(message), std::move(hint)});
  }

  // Where the value at `path` of a document stands; where the document is named, when there is none.
  Span at(std::string_view kind, std::string_view name, std::initializer_list<std::string_view> path) const;
};

void check_people(Review& review);     // people and teams share their names; teams whose members have left
void check_upstreams(Review& review);  // url or command, credentials, secrets in plain sight
void check_owners(Review& review);     // who answers for each tool, and what takes it back (A2, A4)
void check_grants(Review& review);     // grants that grant nothing, agents without work
void check_rules(Review& review);      // policies and their tests
void check_counts(Review& review);     // meters and facts
void check_retention(Review& review);  // one default

inline void validate(Review review) {
  for (auto check :
       {check_people, check_upstreams, check_owners, check_grants, check_rules, check_counts, check_retention})
    check(review);
}

}  // namespace bw::registry
