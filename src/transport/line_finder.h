// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace bw::transport {

// Finds the lines of a stream, looking at each byte once. A "\r" before the end belongs to the end.
class LineFinder {
 public:
  explicit LineFinder(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  struct Line {
    std::string_view text;
    std::size_t bytes;  // with its end
  };

  // `bytes` starts where a line starts and has grown since the last call. Fails, for good, on a line over the limit.
  Result<std::optional<Line>> find(std::string_view bytes) {
    if (spent_) return too_long();
    auto end = bytes.find('\n', scanned_);
    auto size = end == std::string_view::npos ? bytes.size() : end;
    if (size > bytes_max_) {
      spent_ = true;
      return too_long();
    }
    scanned_ = end == std::string_view::npos ? bytes.size() : 0;
    if (end == std::string_view::npos) return std::nullopt;
    auto text = bytes.substr(0, end);
    if (text.ends_with('\r')) text.remove_suffix(1);
    return Line{text, end + 1};
  }

 private:
  static std::unexpected<Error> too_long() { return fail(Code::resource_exhausted, "line too long"); }

  std::size_t bytes_max_;
  std::size_t scanned_ = 0;
  bool spent_ = false;
};

}  // namespace bw::transport
