// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "registry/documents.h"

namespace bw::registry {

// The places of every part of the documents, by path in the canonical form: {"Policy/refunds/rules/0/id": "FILE:LINE:COLUMN:LENGTH"}.
std::string write_places(const Documents& documents);

// Puts them back onto documents that were read from the canonical form. A part without a place keeps the one it has.
Status put_places(std::string_view places, std::vector<Document>& documents);

}  // namespace bw::registry
