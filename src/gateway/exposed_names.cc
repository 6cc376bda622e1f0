// SPDX-License-Identifier: Apache-2.0
#include "gateway/exposed_names.h"

#include <fmt/core.h>

#include "base/text.h"
#include "crypto/hash.h"
#include "mcp/tool_name.h"

namespace bw::gateway {

std::string prefix_of(const registry::Upstream& upstream) { return upstream.prefix; }

std::string ExposedNames::give(std::string_view wanted, std::string_view origin) {
  auto name = mcp::tool_name(wanted);
  // tool_name() ends what it had to change with a hash of the whole text, so a longer text gives another name.
  for (std::string salted(origin); !taken_.insert(name).second; salted += "'") {
    auto hash = to_hex(crypto::sha256(salted)).substr(0, 8);
    name = mcp::tool_name(fmt::format("{}_{}", wanted, hash));
  }
  return name;
}

}  // namespace bw::gateway
