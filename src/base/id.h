// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bw {

// Makes identifiers such as "act_01k9m2v6h8f3t0c5q7w4xzr1ba": a prefix that says what it names, and 26 characters of
// lower-case Crockford base32 over a UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, then 74 random bits. They sort by
// time, cannot be guessed, and survive double-clicking. One maker per thread; `random` is 16 fresh random bytes.
std::string make_id(std::string_view prefix, std::int64_t unix_ms, std::string_view random);

// Whether `text` has the form make_id(prefix, …) gives.
bool is_id(std::string_view prefix, std::string_view text);

// The time that make_id was given; -1 for what has not the form of an id.
std::int64_t id_time_ms(std::string_view text);

}  // namespace bw
