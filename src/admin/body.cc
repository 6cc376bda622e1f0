// SPDX-License-Identifier: Apache-2.0
#include "admin/body.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace bw::admin {

Result<Body> Body::read(std::string text, std::initializer_list<std::string_view> keys) {
  if (text.empty()) text = "{}";
  BW_TRY(auto document,
         json::Document::parse(std::move(text), {.bytes_max = 1 << 16, .depth_max = 4, .values_max = 100}));
  if (!document.root().is(json::Kind::object)) return fail(Code::invalid_argument, "expected a JSON object");
  std::vector<std::string> known(keys.begin(), keys.end());
  for (auto [key, value] : document.root().members()) {
    if (std::ranges::find(known, key) == known.end()) {
      return fail(Code::invalid_argument, fmt::format("unknown key `{}`; {}", printable(key, 40), suggest(key, known)));
    }
    if (!value.is(json::Kind::string) && !value.is(json::Kind::boolean)) {
      return fail(Code::invalid_argument, fmt::format("`{}`: expected a string or true or false", key));
    }
  }
  return Body(std::move(document));
}

Result<std::string> Body::required(std::string_view key) const {
  std::string value = text(key);
  if (trim(value).empty()) return fail(Code::invalid_argument, fmt::format("`{}` is missing", key));
  return value;
}

}  // namespace bw::admin
