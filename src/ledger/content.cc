// SPDX-License-Identifier: Apache-2.0
#include "ledger/content.h"

#include <array>

#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/random.h"

namespace bw::ledger {
namespace {
constexpr std::size_t salt_bytes = 32;

struct Member {
  std::string_view name;
  std::string Contents::* content;
  std::string Commitments::* commitment;
};
constexpr std::array<Member, all_fields.size()> members{{{"args", &Contents::args, &Commitments::args},
                                                         {"out", &Contents::out, &Commitments::out},
                                                         {"why", &Contents::why, &Commitments::why},
                                                         {"checks", &Contents::checks, &Commitments::checks},
                                                         {"text", &Contents::text, &Commitments::text},
                                                         {"subject", &Contents::subject, &Commitments::subject},
                                                         {"reviewers", &Contents::reviewers, &Commitments::reviewers}}};

const Member& at(Field field) { return members[static_cast<std::size_t>(field)]; }

}  // namespace

std::string_view name(Field field) { return at(field).name; }

std::optional<Field> parse_field(std::string_view word) {
  for (auto field : all_fields) {
    if (name(field) == word) return field;
  }
  return std::nullopt;
}

std::string Contents::* member_of(Field field) { return at(field).content; }

const std::string& commitment(const Commitments& commitments, Field field) { return commitments.*at(field).commitment; }

Fields fields_of(const Contents& contents) {
  Fields out;
  for (auto field : all_fields) {
    if (!(contents.*at(field).content).empty()) out.add(field);
  }
  return out;
}

Fields fields_of(const Commitments& commitments) {
  Fields out;
  for (auto field : all_fields) {
    if (!(commitments.*at(field).commitment).empty()) out.add(field);
  }
  return out;
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
  Commitments out;
  for (const auto& [word, content, commitment] : members) out.*commitment = commit(word, contents.*content);
  return out;
}

}  // namespace bw::ledger
