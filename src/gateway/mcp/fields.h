// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "http/headers.h"
#include "mcp/header_value.h"

namespace bw::gateway {

// HTTP fields as the protocol room reads them. Views into `headers`.
inline std::vector<mcp::Field> fields_of(const http::Headers& headers) {
  std::vector<mcp::Field> fields;
  fields.reserve(headers.size());
  for (auto [name, value] : headers) fields.push_back({name, value});
  return fields;
}

}  // namespace bw::gateway
