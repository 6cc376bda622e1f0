// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "evidence/pack.h"
#include "evidence/survey.h"

namespace bw::evidence {

// What an export says of itself before its entries are read: export.json without what follows from them.
struct Basis {
  std::string origin;
  std::string made_by;  // "bailiwick 0.1.0"
  std::int64_t made_at_ms = 0;
  Subject subject;
  Extent extent;
  std::string root;         // of the checkpoint, hex
  std::string root_before;  // of the first `first` entries, hex
  std::vector<std::uint64_t> receipts;
  std::map<std::string, std::string> files;  // SHA-256 in hex, of all but export.json
};

// What follows from such an export, and what does not, in sentences.
struct Claims {
  std::vector<std::string> proven, not_proven;
};
Claims claims_of(const Basis& basis, const Survey& survey);

// export.json. The same basis and survey give the same bytes.
std::string statement(const Basis& basis, const Survey& survey);

// Errors: invalid_argument.
Result<Basis> parse_statement(std::string_view text);

}  // namespace bw::evidence
