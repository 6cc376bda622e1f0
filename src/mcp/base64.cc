// SPDX-License-Identifier: Apache-2.0
#include "mcp/base64.h"

#include <algorithm>

#include "base/text.h"

namespace bw::mcp {

// The base room knows the URL-safe alphabet without padding; this one differs in two letters and the padding.
std::string to_base64(std::string_view bytes) {
  auto text = to_base64url(bytes);
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  auto padding = text.ends_with("==") ? 2U : text.ends_with('=') ? 1U : 0U;
  std::string url(text.substr(0, text.size() - padding));
  if (url.find_first_of("-_") != std::string::npos) return std::nullopt;
  std::ranges::replace(url, '+', '-');
  std::ranges::replace(url, '/', '_');
  auto bytes = from_base64url(url);
  if (!bytes) return std::nullopt;
  return std::move(*bytes);
}

}  // namespace bw::mcp
