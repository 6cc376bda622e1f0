// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bw::crypto {

// Fresh bytes from the operating system's generator, good for keys. Any thread; stops the process if there are none.
std::string random_bytes(std::size_t count);

// The same quality at a tenth of the cost for ids and salts, at most 64 bytes: each thread draws a page at a time, wipes
// what it hands out, and throws the rest away in the child of a fork.
std::string random_salt(std::size_t count);

// A new identifier of base/id.h: make_id with fresh random bytes.
std::string new_id(std::string_view prefix, std::int64_t unix_ms);

}  // namespace bw::crypto
