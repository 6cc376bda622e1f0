// SPDX-License-Identifier: Apache-2.0
#include "ledger/content.h"

#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/random.h"

namespace bw::ledger {
namespace {
constexpr std::size_t salt_bytes = 32;
}

std::string salt_content(std::string_view value) {
  if (value.empty()) return {};
  std::string stored;
  stored.reserve(salt_bytes + value.size());
  (stored += crypto::random_salt(salt_bytes)) += value;
  return stored;
}

std::string_view content_value(std::string_view stored) {
  return stored.size() > salt_bytes ? stored.substr(salt_bytes) : std::string_view();
}

std::string commit(std::string_view field, std::string_view stored) {
  if (stored.empty()) return {};
  constexpr std::string_view domain("bailiwick/content/1\0", 20);
  constexpr std::string_view zero("\0", 1);
  auto digest = crypto::digest({domain, field, zero, stored});
  return to_hex(crypto::view(digest));
}

Commitments commit(const Contents& contents) {
  return {.args = commit("args", contents.args),
          .out = commit("out", contents.out),
          .why = commit("why", contents.why),
          .checks = commit("checks", contents.checks),
          .text = commit("text", contents.text)};
}

}  // namespace bw::ledger
