// SPDX-License-Identifier: Apache-2.0
#include "gateway/mcp/sealed_state.h"

#include <fmt/core.h>

#include <charconv>

#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "json/canonical.h"

namespace bw::gateway {

namespace {

constexpr std::size_t kMacBytes = 32;

// Each part with its length before it, so that no two lists of parts read alike.
void append(std::string& out, std::string_view part) { out += fmt::format("{}:{}", part.size(), part); }

}  // namespace

std::string binding(const domain::Principal& principal, std::string_view method, std::string_view name,
                    json::Value arguments) {
  auto canonical = arguments ? json::canonical(arguments) : Result<std::string>("{}");
  std::string text;
  append(text, principal.agent);
  append(text, principal.workflow);
  append(text, principal.environment);
  append(text, method);
  append(text, name);
  append(text, canonical.value_or(std::string(arguments.raw())));
  return crypto::sha256(text);
}

Sealer::Sealer() : key_(crypto::random_bytes(32)) {}

std::string Sealer::seal(std::string_view state, std::int64_t expires_ms, std::string_view binding) const {
  auto payload = fmt::format("{}.{}", expires_ms, state);
  std::string signed_text(binding);
  signed_text += payload;
  return to_base64url(crypto::hmac_sha256(key_, signed_text) + payload);
}

Result<std::string> Sealer::open(std::string_view sealed, std::string_view binding, std::int64_t now_ms) const {
  auto foreign = [] { return fail(Code::invalid_argument, "this requestState was not given for this call"); };
  auto bytes = from_base64url(sealed);
  if (!bytes || bytes->size() <= kMacBytes) return foreign();
  auto payload = std::string_view(*bytes).substr(kMacBytes);
  std::string signed_text(binding);
  signed_text += payload;
  auto mac = crypto::hmac_sha256(key_, signed_text);
  if (!crypto::constant_time_equal(mac, std::string_view(*bytes).substr(0, kMacBytes))) return foreign();
  std::int64_t expires_ms = 0;
  auto dot = payload.find('.');
  std::from_chars(payload.data(), payload.data() + dot, expires_ms);
  if (now_ms > expires_ms)
    return fail(Code::invalid_argument, "this requestState has expired; call again from the start");
  return std::string(payload.substr(dot + 1));
}

}  // namespace bw::gateway
