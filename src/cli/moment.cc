// SPDX-License-Identifier: Apache-2.0
#include "cli/moment.h"

#include <fmt/core.h>

#include "base/clock.h"

namespace bw::cli {

Result<std::int64_t> parse_moment(const std::string& text, std::int64_t otherwise) {
  if (text.empty()) return otherwise;
  if (auto ago = parse_duration_ms(text)) return system_clock().now_ms() - *ago;
  auto at = parse_time(text);
  if (!at) {
    return fail(Code::invalid_argument,
                fmt::format("`{}` is no time; expected one as 2026-11-21T03:41:27Z, or how long ago as 30d", text));
  }
  return *at;
}

}  // namespace bw::cli
