// SPDX-License-Identifier: Apache-2.0
#include "gateway/authzen/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.h"
#include "crypto/hash.h"
#include "json/writer.h"

namespace bw::gateway {
namespace {

constexpr std::size_t kDigestBytes = 16;  // of SHA-256: enough to tell searches apart
constexpr std::size_t kTokenBytesMax = 2048;

// Of everything that decides what is found.
std::string digest_of(const Search& search) {
  const auto& evaluation = search.evaluation;
  json::Writer w;
  w.begin_array().integer(static_cast<std::int64_t>(search.what));
  w.string(evaluation.agent).string(evaluation.workflow).string(evaluation.environment).string(evaluation.arguments);
  w.string(search.resource_type).string(search.resource).string(search.action).string(evaluation.unknown).end_array();
  return crypto::sha256(w.text()).substr(0, kDigestBytes);
}

std::optional<std::int64_t> limit_of(std::string_view text) {
  std::int64_t limit = -1;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  bool is_whole = error == std::errc() && end == text.data() + text.size() && limit >= -1;
  return is_whole ? std::optional(limit) : std::nullopt;
}

std::unexpected<Error> not_ours() {
  return fail(Code::invalid_argument, "`page.token`: expected a `next_token` of this search; begin again without it");
}

std::int64_t results_max(std::int64_t limit) { return limit < 0 ? kResultsMax : std::min(limit, kResultsMax); }

}  // namespace

// The digest, then LIMIT:AFTER.
std::string next_token(const Search& search, const Page& page, const std::string& after) {
  return to_base64url(digest_of(search) + fmt::format("{}:{}", page.limit, after));
}

Result<Page> page_of(const Search& search) {
  if (search.token.empty()) return Page{.limit = search.limit, .results_max = results_max(search.limit)};
  if (search.token.size() > kTokenBytesMax) return not_ours();
  auto bytes = from_base64url(search.token);
  if (!bytes || bytes->size() <= kDigestBytes) return not_ours();
  std::string_view rest = std::string_view(*bytes).substr(kDigestBytes);
  auto colon = rest.find(':');
  if (colon == std::string_view::npos) return not_ours();
  auto limit = limit_of(rest.substr(0, colon));
  if (!limit) return not_ours();
  bool is_same = bytes->starts_with(digest_of(search)) && (search.limit < 0 || search.limit == *limit);
  if (!is_same)
    return fail(
        Code::invalid_argument,
        "`page.token`: belongs to another search; subject, action, resource, context and limit must be those of "
        "its first page");
  return Page{.after = std::string(rest.substr(colon + 1)), .limit = *limit, .results_max = results_max(*limit)};
}

}  // namespace bw::gateway
