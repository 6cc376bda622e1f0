// SPDX-License-Identifier: Apache-2.0
#include "policy/text_classes.h"

#include <algorithm>

namespace bw::policy {

void TextClasses::finish() {
  std::ranges::sort(prefixes_, {}, &Prefix::text);
  auto repeated = std::ranges::unique(prefixes_, {}, &Prefix::text);
  prefixes_.erase(repeated.begin(), repeated.end());
  for (std::uint32_t i = 1; i < prefixes_.size(); ++i) {
    std::uint32_t parent = i - 1;
    while (parent != TextTable::none && !prefixes_[i].text.starts_with(prefixes_[parent].text))
      parent = prefixes_[parent].parent;
    prefixes_[i].parent = parent;
  }
}

// What the text starts with is the prefix sorted right before it, or something that one starts with.
std::size_t TextClasses::class_by_prefix(std::string_view text) const {
  auto after = std::ranges::upper_bound(prefixes_, text, {}, &Prefix::text);
  if (after == prefixes_.begin()) return names_.size();
  auto at = static_cast<std::uint32_t>(after - prefixes_.begin() - 1);
  while (at != TextTable::none && !text.starts_with(prefixes_[at].text)) at = prefixes_[at].parent;
  return at == TextTable::none ? names_.size() : names_.size() + 1 + at;
}

std::string TextClasses::representative(std::size_t number) const {
  if (number < names_.size()) return names_.text(static_cast<std::uint32_t>(number));
  return (number == names_.size() ? std::string() : prefixes_[number - names_.size() - 1].text) + '\xff';
}

}  // namespace bw::policy
