// SPDX-License-Identifier: Apache-2.0
#include "policy/pattern_index.h"

#include <algorithm>

#include "base/text.h"

namespace bw::policy {
namespace {

void join(std::span<Word> to, std::span<const Word> from) {
  for (std::size_t w = 0; w < from.size(); ++w) to[w] |= from[w];
}

}  // namespace

void PatternIndex::add(std::size_t rule, const std::vector<std::string>& patterns) {
  if (patterns.empty()) return set_bit(any_, rule);
  for (const std::string& pattern : patterns) {
    std::uint32_t number = patterns_.add(pattern);
    if (number == by_pattern_.size()) by_pattern_.emplace_back(any_.size());
    set_bit(by_pattern_[number], rule);
  }
}

void PatternIndex::finish() {
  std::vector<std::uint32_t> prefixes;
  for (std::uint32_t i = 0; i < patterns_.size(); ++i) {
    std::string_view pattern = patterns_.text(i);
    std::size_t star = pattern.find('*');
    if (star == std::string_view::npos) {
      classes_.name(pattern);
    } else if (star + 1 == pattern.size()) {
      classes_.prefix(pattern.substr(0, star));
      prefixes.push_back(i);
    } else {
      tried_.push_back(i);
    }
  }
  classes_.finish();
  for (std::size_t i = 0; i < classes_.count(); ++i) {
    std::string name = classes_.representative(i);
    Mask mask = any_;
    if (i < classes_.named()) join(mask, by_pattern_[patterns_.find(name)]);
    for (std::uint32_t prefix : prefixes) {
      if (glob_match(patterns_.text(prefix), name)) join(mask, by_pattern_[prefix]);
    }
    by_class_.insert(by_class_.end(), mask.begin(), mask.end());
  }
}

void PatternIndex::narrow(std::string_view name, std::span<Word> rules, std::span<Word> scratch) const {
  if (patterns_.size() == 0) return;
  std::span spoken = std::span(by_class_).subspan(classes_.class_of(name) * any_.size(), any_.size());
  if (!tried_.empty()) {
    std::ranges::copy(spoken, scratch.begin());
    for (std::uint32_t i : tried_) {
      if (glob_match(patterns_.text(i), name)) join(scratch, by_pattern_[i]);
    }
    spoken = scratch;
  }
  for (std::size_t w = 0; w < rules.size(); ++w) rules[w] &= spoken[w];
}

}  // namespace bw::policy
