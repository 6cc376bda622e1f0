// SPDX-License-Identifier: Apache-2.0
#include "gateway/mcp/page.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.h"
#include "crypto/hash.h"
#include "json/writer.h"

namespace bw::gateway {

namespace {

std::string digest_of(const std::vector<std::string_view>& items) {
  crypto::Sha256 hash;
  for (auto item : items) {
    hash.add(fmt::format("{}:", item.size()));
    hash.add(item);
  }
  return to_hex(hash.finish()).substr(0, 16);
}

std::string cursor_at(std::size_t at, std::string_view digest) {
  return to_base64url(fmt::format("{}.{}", digest, at));
}

std::optional<std::size_t> read_cursor(std::string_view cursor, std::string_view digest, std::size_t size) {
  auto text = from_base64url(cursor);
  if (!text || !text->starts_with(digest) || text->size() < digest.size() + 2 || (*text)[digest.size()] != '.')
    return std::nullopt;
  std::size_t at = 0;
  const char* end = text->data() + text->size();
  auto [rest, error] = std::from_chars(text->data() + digest.size() + 1, end, at);
  if (error != std::errc() || rest != end || at == 0 || at >= size) return std::nullopt;
  return at;
}

}  // namespace

RpcResult page(std::string_view key, const std::vector<std::string_view>& items, json::Value params,
               std::size_t page_items) {
  std::size_t from = 0;
  std::string digest;
  if (auto cursor = params["cursor"]) {
    if (!cursor.string()) return rpc_error(mcp::code::invalid_params, "`cursor` must be a string");
    digest = digest_of(items);
    auto at = read_cursor(*cursor.string(), digest, items.size());
    if (!at) return rpc_error(mcp::code::invalid_params, "this cursor is not good any more; list again from the start");
    from = *at;
  }
  const std::size_t to = std::min(items.size(), from + page_items);
  json::Writer w;
  w.begin_object().key(key).begin_array();
  for (std::size_t i = from; i < to; ++i) w.raw(items[i]);
  w.end_array();
  if (to < items.size()) w.member("nextCursor", cursor_at(to, digest.empty() ? digest_of(items) : digest));
  return std::move(w.end_object()).text();
}

}  // namespace bw::gateway
