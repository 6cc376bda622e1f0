// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "json/document.h"

namespace bw::json {

// The canonical form that digests are taken over: RFC 8785 (keys sorted by UTF-16 code units, no space, shortest numbers).
// One difference: an integer that a double cannot hold exactly keeps its digits, so that two different integers never share
// a digest. Errors: invalid_argument for a number that is too large for a double.
Result<std::string> canonical(Value value);

}  // namespace bw::json
