// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bw::mcp {

// One HTTP field, borrowed. This room knows no sockets and no HTTP: its caller lends the fields it looks at.
struct Field {
  std::string_view name;
  std::string_view value;
};
using Fields = std::span<const Field>;

// The field's value without space around it; case does not matter in the name. Of several the first; `count` tells how many.
std::optional<std::string_view> find(Fields fields, std::string_view name);
std::size_t count(Fields fields, std::string_view name);

// Mcp-Name and Mcp-Param-* carry any Unicode text: as it is when it is printable ASCII without space at its ends, else as
// `=?base64?…?=` (RFC 4648 section 4, padded). Decoding accepts exactly the canonical form; a value with only the prefix or
// only the suffix stands for itself; nullopt when the encoding is broken.
std::string encode_header_value(std::string_view text);
std::optional<std::string> decode_header_value(std::string_view value);

}  // namespace bw::mcp
