// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"

namespace bw::registry {

// A text with its lines: turns libyaml's positions, which count characters from 0, into ours, which count bytes from 1.
class Lines {
 public:
  Lines(std::string_view file, std::string_view text);

  Span at(std::size_t line, std::size_t character, int length = 1) const;
  std::string_view line(std::size_t index) const;  // without its end; empty beyond the last
  std::size_t count() const { return starts_.size(); }
  std::size_t offset(std::size_t line, std::size_t character) const;  // bytes from the start of the text

 private:
  std::string file_;
  std::string_view text_;
  std::vector<std::size_t> starts_;
};

// Reports bytes that are no UTF-8 and characters that have no place in a registry. True when there are none.
bool check_characters(const Lines& lines, Diagnostics& diagnostics);

}  // namespace bw::registry
