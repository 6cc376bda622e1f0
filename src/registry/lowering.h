// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "registry/node.h"

// What rewriting sugar into documents of other kinds is made of. Each part gets the place of what it comes from.
namespace bw::registry {

Node map_at(const Span& where);
Node list_at(const Span& where);
Node whole_at(std::int64_t value, const Span& where);

// The name of a document as CEL can spell it: `good-will` is `good_will`, `24h` is `_24h`.
std::string as_identifier(std::string_view name);

}  // namespace bw::registry
