// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "json/document.h"
#include "mcp/envelope.h"
#include "mcp/header_value.h"

namespace bw::mcp {

// An argument that its tool wants repeated in an HTTP field: a property of the input schema with `"x-mcp-header": "Region"`,
// at the top or nested in `properties` only.
struct ParamHeader {
  std::string field;              // "Mcp-Param-Region"
  std::vector<std::string> path;  // keys from `arguments` to the value
};

// What a tool's input schema declares; at most 64.
std::vector<ParamHeader> param_headers(json::Value input_schema);

// The fields that a call with these arguments carries: one for each declared argument that is present, a scalar and not null.
std::vector<std::pair<std::string, std::string>> param_fields(const std::vector<ParamHeader>& declared,
                                                              json::Value arguments);

// Whether the fields of a call that came agree with its arguments; a Refusal (400, header_mismatch) otherwise. Fields that
// nothing declares are passed over.
std::expected<void, Refusal> check_param_fields(const std::vector<ParamHeader>& declared, json::Value arguments,
                                                Fields fields);

}  // namespace bw::mcp
