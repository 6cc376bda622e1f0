// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "cel/type.h"
#include "cel/value.h"
#include "json/document.h"

namespace bw::cel {

// A JSON value read as a value of a declared type, without copying text.
//
// An `int` or `uint` must be written without fraction or exponent; a `double` is any number; a `timestamp` is an RFC 3339
// string and a `duration` one like "90s", net.IP and net.CIDR ones like "10.1.2.3" and "10.0.0.0/8"; `dyn` follows CEL's
// JSON mapping, in which every number is a double. Objects read their fields on first use; a field the type does not know
// is not visible; an absent or null optional field is absent; a wrapper takes null too. What does not fit its type
// becomes an error value that names it: "args.items[2]: expected string, found number".
//
// `path` is how authors call the value ("args"). The document, the type and the arena must outlive the result.
Value from_json(const json::Value& json, const Type& type, std::string_view path, Arena& arena);

}  // namespace bw::cel
