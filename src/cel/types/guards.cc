// SPDX-License-Identifier: Apache-2.0
#include "cel/types/guards.h"

#include <algorithm>
#include <iterator>

namespace bw::cel {

Paths both(const Paths& a, const Paths& b) {
  Paths out;
  std::ranges::set_intersection(a, b, std::inserter(out, out.end()));
  return out;
}

Paths either(Paths a, const Paths& b) {
  a.insert(b.begin(), b.end());
  return a;
}

}  // namespace bw::cel
