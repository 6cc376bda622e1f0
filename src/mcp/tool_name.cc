// SPDX-License-Identifier: Apache-2.0
#include "mcp/tool_name.h"

#include <algorithm>

#include "base/text.h"
#include "crypto/hash.h"

namespace bw::mcp {
namespace {
constexpr std::size_t kSuffix = 9;  // `_` and eight hex digits

bool is_legal(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '.' || c == '-';
}
}  // namespace

bool is_tool_name(std::string_view name) {
  return !name.empty() && name.size() <= kToolNameMax && std::ranges::all_of(name, is_legal);
}

std::string tool_name(std::string_view wanted) {
  if (is_tool_name(wanted)) return std::string(wanted);
  std::string name(wanted.substr(0, kToolNameMax - kSuffix));
  for (char& c : name) {
    if (!is_legal(c)) c = '_';
  }
  return name + '_' + to_hex(crypto::sha256(wanted)).substr(0, kSuffix - 1);
}

}  // namespace bw::mcp
