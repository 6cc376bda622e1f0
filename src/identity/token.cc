// SPDX-License-Identifier: Apache-2.0
#include "identity/token.h"

#include "base/text.h"
#include "json/document.h"
#include "json/writer.h"

namespace bw::identity {
namespace {

constexpr std::string_view header = R"({"alg":"EdDSA","typ":"JWT"})";
constexpr std::string_view issuer = "bailiwick";
constexpr std::size_t token_bytes_max = 2048;

std::unexpected<Error> refuse() { return fail(Code::unauthenticated, "no valid token of this Bailiwick"); }

Result<Claims> read_claims(std::string_view payload) {
  auto document =
      json::Document::parse(std::string(payload), {.bytes_max = token_bytes_max, .depth_max = 4, .values_max = 64});
  if (!document) return refuse();
  auto root = document->root();
  auto text = [&](std::string_view key) { return std::string(root[key].string().value_or("")); };
  auto issued = root["iat"].integer(), expires = root["exp"].integer();
  Claims claims{text("jti"), text("sub"), text("wf"), text("env"), 0, 0};
  bool complete = text("iss") == issuer && !claims.id.empty() && !claims.agent.empty() && !claims.workflow.empty() &&
                  !claims.environment.empty();
  if (!complete || !issued || !expires || *expires < 0 || *expires > 1LL << 40 || *issued < 0 || *issued > *expires)
    return refuse();
  claims.issued_at_ms = *issued * 1000;
  claims.expires_at_ms = *expires * 1000;
  return claims;
}

}  // namespace

std::string sign_token(const crypto::SigningKey& key, const Claims& claims) {
  json::Writer payload;
  payload.begin_object().member("iss", issuer).member("sub", claims.agent).member("wf", claims.workflow);
  payload.member("env", claims.environment).member("jti", claims.id);
  payload.member("iat", claims.issued_at_ms / 1000).member("exp", claims.expires_at_ms / 1000).end_object();
  std::string signed_part = to_base64url(header) + '.' + to_base64url(payload.text());
  return signed_part + '.' + to_base64url(key.sign(signed_part));
}

Result<Claims> verify_token(const crypto::VerifyKey& key, std::string_view token) {
  if (token.size() > token_bytes_max) return refuse();
  auto parts = split(token, '.');
  static const std::string expected_header = to_base64url(header);
  if (parts.size() != 3 || parts[0] != expected_header) return refuse();
  auto signature = from_base64url(parts[2]);
  auto payload = from_base64url(parts[1]);
  if (!signature || !payload) return refuse();
  if (!key.verify(token.substr(0, token.size() - parts[2].size() - 1), *signature)) return refuse();
  return read_claims(*payload);
}

}  // namespace bw::identity
