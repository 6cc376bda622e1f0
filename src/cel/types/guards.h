// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>

#include "cel/ast.h"

namespace bw::cel {

// What a condition says about optional fields: which are present when it holds, and which when it does not. Fields are
// known by the path that selects them ("args.reason").
using Paths = std::set<std::string, std::less<>>;

struct Guards {
  Paths when_true;
  Paths when_false;
};

Paths both(const Paths& a, const Paths& b);
Paths either(Paths a, const Paths& b);

}  // namespace bw::cel
