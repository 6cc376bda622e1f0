// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "registry/documents.h"
#include "registry/snapshot.h"

namespace bw::registry {

// Makes a snapshot of checked documents; those that are not valid are left out. What it knows of keys is that keys.h lets
// nothing else through.
class Builder {
 public:
  static std::shared_ptr<Snapshot> build(const Documents& documents);

  // Gives it the identity that makes it one to apply.
  static void seal(Snapshot& snapshot, std::string canonical, std::string places);

 private:
  static void add(Snapshot& snapshot, const Document& document);
};

// Policies, meters and facts; see domain/rules.h.
domain::Policy build_policy(const Document& document);
std::vector<domain::Meter> build_meters(const Document& document);
std::vector<domain::Fact> build_facts(const Document& document);

}  // namespace bw::registry
