// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"
#include "cel/value.h"

namespace bw::cel {

// The value as JSON, as far as JSON has it: a timestamp becomes an RFC 3339 string, a duration one like "90s", an
// address or a range of them one like "10.0.0.0/8", an absent optional null. Errors: invalid_argument, with the words of
// an error value; for bytes, types, NaN and infinities; for maps whose keys are no strings; for more than 16 MiB.
Result<std::string> to_json(const Value& value);

}  // namespace bw::cel
