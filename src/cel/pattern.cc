// SPDX-License-Identifier: Apache-2.0
#include "cel/pattern.h"

#include <fmt/core.h>

namespace bw::cel {

std::unique_ptr<re2::RE2> compile_pattern(std::string_view text) {
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_max_mem(1 << 20);
  return std::make_unique<re2::RE2>(re2::StringPiece(text.data(), text.size()), options);
}

std::string ill_formed(const re2::RE2& pattern) { return fmt::format("ill-formed pattern: {}", pattern.error()); }

}  // namespace bw::cel
