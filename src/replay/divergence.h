// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "json/document.h"

namespace bw::replay {

// Where an agent left the record of a run, for the first time. A value.
struct Divergence {
  struct Difference {
    std::string path;             // "amount_usd", "lines[2].text"; empty: the whole
    std::string recorded, asked;  // JSON; empty: it is not there
  };
  std::size_t step = 0;       // from 1; one more than there are when the record had ended
  std::string recorded_name;  // "UPSTREAM/TOOL", a prompt or a URI; empty when the record had ended
  std::string asked_name;
  std::vector<Difference> arguments;  // when the names are the same
};

std::string to_text(const Divergence& divergence);
std::string to_json(const Divergence& divergence);

// Whether two values say the same, however they are spelled: order of members and forms of numbers do not count.
bool same(json::Value a, json::Value b);

// What differs between two values, in the order of the first; at most `max`.
std::vector<Divergence::Difference> differences(json::Value recorded, json::Value asked, std::size_t max);

}  // namespace bw::replay
