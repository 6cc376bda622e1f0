// SPDX-License-Identifier: Apache-2.0
#include "store/content_keys.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>

#include "base/durable_file.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/seal.h"

namespace bw::store {
namespace {

constexpr std::size_t file_bytes_max = 4096;
constexpr std::size_t keys_max = 8;

// How many bytes SQLite takes for this id (https://www.sqlite.org/fileformat.html, 2.1).
int stored_bytes(std::uint32_t id) {
  int bits = std::bit_width(id) + 1;  // with a sign
  return bits <= 32 ? (bits + 7) / 8 : 6;
}

}  // namespace

ContentKey ContentKey::of(std::string bytes) {
  auto hash = crypto::digest({std::string_view("bailiwick/content-key/1\0", 24), bytes});
  ContentKey out{.id = 0, .bytes = std::move(bytes)};
  for (std::size_t i = 0; i < 4; ++i) out.id = out.id << 8 | static_cast<unsigned char>(hash[i]);
  return out;
}

ContentKey ContentKey::fresh() {
  while (true) {
    auto key = of(crypto::fresh_key());
    if (key.id != 0) return key;
  }
}

std::string content_keys_path(const std::string& data_dir) { return data_dir + "/content.keys"; }
std::string id_text(std::uint32_t content_key_id) { return fmt::format("{:08x}", content_key_id); }

Result<std::vector<ContentKey>> parse_content_keys(std::string_view text) {
  std::vector<ContentKey> out;
  int number = 0;
  for (auto line : split(text, '\n')) {
    ++number;
    line = trim(line);
    if (line.empty()) continue;
    auto wrong = [&](std::string_view why) { return fail(Code::invalid_argument, fmt::format("{}: {}", number, why)); };
    if (!line.starts_with("key ")) return wrong("expected `key`, a space and 64 hex digits");
    auto bytes = from_hex(line.substr(4));
    if (!bytes || bytes->size() != crypto::key_bytes) return wrong("expected 64 hex digits after `key`");
    auto key = ContentKey::of(*std::move(bytes));
    bool known = key.id == 0 || std::ranges::any_of(out, [&](const auto& k) { return k.id == key.id; });
    if (known) return wrong("this key stands in the file twice");
    if (out.size() == keys_max) return wrong(fmt::format("there are more than {} keys", keys_max));
    out.push_back(std::move(key));
  }
  if (out.empty()) return fail(Code::invalid_argument, fmt::format("{}: there is no key", number));
  return out;
}

Result<ContentKeys> ContentKeys::load(const std::string& data_dir) {
  auto path = content_keys_path(data_dir);
  BW_TRY(auto text, read_private_file(path, file_bytes_max));
  auto keys = parse_content_keys(text);
  if (!keys) return fail(Code::invalid_argument, fmt::format("{}:{}", path, keys.error().message));
  ContentKeys out;
  out.keys_ = *std::move(keys);
  return out;
}

Result<ContentKeys> ContentKeys::save(const std::string& data_dir, std::vector<ContentKey> keys) {
  std::string text;
  for (const auto& key : keys) text += fmt::format("key {}\n", to_hex(key.bytes));
  BW_OK(write_durably(content_keys_path(data_dir), text, 0600));
  ContentKeys out;
  out.keys_ = std::move(keys);
  return out;
}

Result<ContentKeys> ContentKeys::create(const std::string& data_dir) { return save(data_dir, {ContentKey::fresh()}); }

// An id as long as the one before it: then a row keeps its length when it goes from one key to the other, and SQLite writes over it
// where it stands.
Result<ContentKeys> ContentKeys::with_fresh(const std::string& data_dir) const {
  auto keys = keys_;
  do {
    keys.resize(keys_.size());
    keys.push_back(ContentKey::fresh());
  } while (stored_bytes(keys.back().id) != stored_bytes(newest().id) || find(keys.back().id) != nullptr);
  return save(data_dir, std::move(keys));
}

Result<ContentKeys> ContentKeys::newest_alone(const std::string& data_dir) const { return save(data_dir, {newest()}); }

const ContentKey* ContentKeys::find(std::uint32_t id) const {
  auto found = std::ranges::find(keys_, id, &ContentKey::id);
  return found == keys_.end() ? nullptr : &*found;
}

}  // namespace bw::store
