// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cel/arena.h"
#include "cel/value.h"

namespace bw::cel {

// Addresses of the Internet protocol and ranges of them as text. Read strictly, because an address that two programs read
// differently gets past one of them: four decimals without leading zeros (RFC 6943 3.1.1), or groups as in RFC 4291 2.2
// whose :: stands for one at least; no zone, and no IPv4 address in the shape of an IPv6 one (::ffff:10.0.0.1), however it
// is spelled. Pure.
std::optional<Value> parse_ip(std::string_view text, Arena& arena);
// The same with "/" and a length in bits without leading zeros; bits beyond it may be set.
std::optional<Value> parse_cidr(std::string_view text, Arena& arena);

// The one spelling of RFC 5952 section 4.
std::string format_ip(const Value& ip);
std::string format_cidr(const Value& cidr);

// The range with the bits beyond its length cleared.
Value masked(const Value& cidr, Arena& arena);
// Whether the first bits of the address are those of the range. Of another version none is.
bool contains(const Value& cidr, const Value& ip_or_cidr);

}  // namespace bw::cel
