// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "admission/records.h"
#include "evidence/pack.h"
#include "notary/tiles.h"

namespace bw::evidence {

// Finds which entries before the period an export of it rests on: what its actions began with and which approvals they used; the
// registries that were live, switches that stood and tool definitions that were accepted when it began; the issue of tokens
// that it used. One use.
class Gather {
 public:
  Gather(admission::Records& records, const std::string& data, const Subject& subject, const Extent& extent)
      : records_(records), data_(data), subject_(subject), extent_(extent), selection_(subject.workflow) {}

  // Their numbers, below extent.first. `progress` gets entries read, of extent.last.
  Result<std::set<std::uint64_t>> run(const notary::Progress& progress);

 private:
  struct Standing {
    std::map<std::string, std::uint64_t> switches, pins, tokens;  // by scope, tool and token
    std::map<std::string, std::vector<std::uint64_t>> applies;    // by digest
    std::uint64_t last_apply = 0;
    bool any_apply = false;
  };

  Status look(std::string_view leaf);
  Status need_action(const std::string& id);
  Status need_ticket(const std::string& id);
  Status rest_on(const ledger::Entry& entry);
  Status stand(Standing& standing, std::string_view leaf) const;
  Status add_standing(const Standing& standing);

  admission::Records& records_;
  const std::string& data_;
  const Subject& subject_;
  const Extent& extent_;
  Selection selection_;
  std::set<std::uint64_t> needed_;
  std::unordered_set<std::string> actions_;  // asked for, or begun in the tree
  std::unordered_set<std::string> tickets_;  // the same
  std::unordered_set<std::string> tokens_;   // used
  std::map<std::string, std::uint64_t>
      decided_;                    // registries that were decided under before any was applied in the tree,
                                   // and the first entry that names them
  std::set<std::string> applied_;  // in the tree so far
};

}  // namespace bw::evidence
