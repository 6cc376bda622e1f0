// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gateway/authzen/evaluations.h"
#include "registry/snapshot.h"

namespace bw::gateway {

// Something that a search may find: what is asked about it, and what it looks like in the answer.
struct Candidate {
  std::string key;  // what it is found again by; candidates are in the order of their keys
  std::string agent, workflow, environment, tool;
  std::string shown;  // JSON: an entity of AuthZEN
};

// Everything that could be found, whether policy allows it or not: agents (one that acts in several workflows or environments once
// for each, with them as properties), upstreams or tools, actions. Only what the registry declares; a tool that it does not
// declare cannot be called. Empty when the evaluation is about nothing known. Pure.
std::vector<Candidate> candidates(const registry::Snapshot& snapshot, const Search& search);

}  // namespace bw::gateway
