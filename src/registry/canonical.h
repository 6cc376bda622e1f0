// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "registry/documents.h"

namespace bw::registry {

// {"Agent":{"desk-agent":{…}},"Person":{…},…} in canonical JSON, over the lowered documents.
std::string write_canonical(const Documents& documents);

}  // namespace bw::registry
