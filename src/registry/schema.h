// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace bw::registry {

// JSON Schema (draft 7, which editors know best) of one document, printed from keys.h: docs/schema/bailiwick.schema.json.
std::string json_schema();

}  // namespace bw::registry
