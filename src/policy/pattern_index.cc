// SPDX-License-Identifier: Apache-2.0
#include "policy/pattern_index.h"

#include <algorithm>

#include "base/text.h"

namespace bw::policy {

void PatternIndex::add(std::size_t rule, const std::vector<std::string>& patterns) {
  if (patterns.empty()) return set_bit(any_, rule);
  narrows_ = true;
  for (const std::string& pattern : patterns) {
    bool is_glob = pattern.contains('*');
    std::uint32_t number = (is_glob ? globs_ : names_).add(pattern);
    auto& masks = is_glob ? by_glob_ : by_name_;
    if (number == masks.size()) masks.emplace_back(any_.size());
    set_bit(masks[number], rule);
  }
}

void PatternIndex::narrow(std::string_view name, std::span<Word> rules, std::span<Word> scratch) const {
  if (!narrows_) return;
  std::ranges::copy(any_, scratch.begin());
  auto join = [&](const Mask& mask) {
    for (std::size_t w = 0; w < mask.size(); ++w) scratch[w] |= mask[w];
  };
  if (std::uint32_t number = names_.find(name); number != TextTable::none) join(by_name_[number]);
  for (std::uint32_t i = 0; i < globs_.size(); ++i) {
    if (glob_match(globs_.text(i), name)) join(by_glob_[i]);
  }
  for (std::size_t w = 0; w < any_.size(); ++w) rules[w] &= scratch[w];
}

}  // namespace bw::policy
