// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cel/type.h"
#include "json/document.h"

namespace bw::policy {

// The type that a JSON Schema (2020-12) gives a value, as far as CEL can say it: integer to int, number to double, enum of
// strings to one_of, array to list, object with properties to an object whose fields not listed in `required` are optional,
// `additionalProperties` to a map. What a type cannot say (oneOf, remote $ref, no type, nesting over 16) is dyn. Only
// references within the schema (#/$defs/…) are followed. `path` names the objects in messages ("args").
cel::Type schema_type(json::Value schema, const std::string& path);

}  // namespace bw::policy
