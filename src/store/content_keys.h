// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// The keys under which contents are kept secret: DATA/content.keys, mode 0600, a line "key HEX" each, oldest first. Each entry's
// contents are sealed under a fresh key of their own, and that one under the newest key here; older ones are here only while
// a rotation goes on. Who has ledger.db without this file cannot read contents, and nobody can make the file again.
//
// A file is replaced as a whole. Values are immutable, and good for any thread.
namespace bw::store {

struct ContentKey {
  std::uint32_t id = 0;  // first four bytes of SHA-256("bailiwick/content-key/1" 0x00 key), big-endian; never 0
  std::string bytes;     // 32

  static ContentKey fresh();
  static ContentKey of(std::string bytes);
};

std::string content_keys_path(const std::string& data_dir);
std::string id_text(std::uint32_t content_key_id);  // as people see it: "1f2e3d4c"

class ContentKeys {
 public:
  // Errors: not_found; failed_precondition when others may read the file; invalid_argument, naming the line.
  static Result<ContentKeys> load(const std::string& data_dir);

  // Writes the file, durably, with one fresh key.
  static Result<ContentKeys> create(const std::string& data_dir);

  // The same keys and a fresh one, the newest; the newest alone. Either is durable, in the file, before it is here.
  Result<ContentKeys> with_fresh(const std::string& data_dir) const;
  Result<ContentKeys> newest_alone(const std::string& data_dir) const;

  const ContentKey& newest() const { return keys_.back(); }
  const std::vector<ContentKey>& all() const { return keys_; }  // at least one
  const ContentKey* find(std::uint32_t id) const;               // null when it is not here

 private:
  static Result<ContentKeys> save(const std::string& data_dir, std::vector<ContentKey> keys);

  std::vector<ContentKey> keys_;
};

// Reads the text of a file. Errors: invalid_argument, naming the line.
Result<std::vector<ContentKey>> parse_content_keys(std::string_view text);

}  // namespace bw::store
