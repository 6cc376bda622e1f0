// SPDX-License-Identifier: Apache-2.0
#include "gateway/mcp/progress.h"

#include "json/document.h"
#include "json/writer.h"
#include "mcp/protocol.h"
#include "mcp/splice.h"

namespace bw::gateway {

std::optional<std::string> Progress::pass_on(std::string_view params) {
  if (token_.empty()) return std::nullopt;
  auto document = json::Document::parse(std::string(params));
  auto value = document ? document->root()["progress"].number() : std::nullopt;
  if (!value || *value <= last_) return std::nullopt;
  last_ = *value;
  return mcp::set_member(params, mcp::meta::progress_token, token_);
}

std::string Progress::sign_of_life(std::string_view message) {
  // A millionth, so that an upstream that starts to count at one is ahead of it.
  last_ = last_ < 0 ? 1e-6 : last_ + 1e-6;
  json::Writer w;
  w.begin_object().member_raw(mcp::meta::progress_token, token_);
  w.key("progress").number(last_).member("message", message);
  return std::move(w.end_object()).text();
}

}  // namespace bw::gateway
