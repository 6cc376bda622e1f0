// SPDX-License-Identifier: Apache-2.0
#include "gateway/entrance.h"

#include "base/text.h"

namespace bw::gateway {
namespace {

// The token of one "Authorization: Bearer …" field, or empty.
std::string_view bearer_token(const http::Headers& headers) {
  auto given = headers.find("authorization");
  if (!given || headers.count("authorization") != 1) return {};
  auto space = given->find(' ');
  if (space == std::string_view::npos || !http::equal_ignoring_case(given->substr(0, space), "bearer")) return {};
  return trim(given->substr(space + 1));
}

}  // namespace

std::expected<domain::Principal, TurnedAway> Entrance::admit(const http::Headers& headers) const {
  if (!hosts_.admits(headers)) return std::unexpected(TurnedAway{403, "this host or origin is not served here", {}});
  auto token = bearer_token(headers);
  auto principal = authenticator_.authenticate(token);
  if (principal) return std::move(*principal);
  const Error& error = principal.error();
  if (error.code == Code::permission_denied) return std::unexpected(TurnedAway{403, error.message, {}});
  std::string_view challenge =
      token.empty() ? R"(Bearer realm="bailiwick")" : R"(Bearer realm="bailiwick", error="invalid_token")";
  return std::unexpected(TurnedAway{401, error.message, std::string(challenge)});
}

bool declares_json(const http::Headers& headers) {
  auto type = headers.find("content-type");
  if (!type || headers.count("content-type") != 1) return false;
  auto bare = trim(type->substr(0, type->find(';')));
  return http::equal_ignoring_case(bare, "application/json");
}

}  // namespace bw::gateway
