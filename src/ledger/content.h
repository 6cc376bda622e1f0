// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "ledger/entry.h"

// Contents stand beside the ledger, not in it: a leaf holds only commitments to them, so a content can be erased for good
// while every proof stays valid.
//
// A stored content is 32 bytes of fresh salt, then the value. Its commitment is
//   SHA-256("bailiwick/content/1" 0x00 field 0x00 salt value)
// where field is the name of a Field. Without the salt, which is erased with the value, nobody can guess a
// small value from its commitment.
namespace bw::ledger {

// The contents of one entry, each as it is stored (salt, then value); empty = there is none.
struct Contents {
  std::string args, out, why, checks, text, subject, reviewers;
  bool empty() const {
    return args.empty() && out.empty() && why.empty() && checks.empty() && text.empty() && subject.empty() &&
           reviewers.empty();
  }
  std::size_t size() const {
    return args.size() + out.size() + why.size() + checks.size() + text.size() + subject.size() + reviewers.size();
  }
};

// By field.
std::string Contents::* member_of(Field field);
const std::string& commitment(const Commitments& commitments, Field field);
Fields fields_of(const Contents& contents);
Fields fields_of(const Commitments& commitments);  // what the entry commits to

// `value` behind a fresh salt, or nothing for nothing.
std::string salt_content(std::string_view value);

// The value of a stored content.
std::string_view content_value(std::string_view stored);

// Hex commitment of a stored content, empty for none.
std::string commit(std::string_view field, std::string_view stored);
Commitments commit(const Contents& contents);

}  // namespace bw::ledger
