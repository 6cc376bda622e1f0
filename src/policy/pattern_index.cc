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

void PatternIndex::finish(Block& block) {
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
  Mask rows;
  for (std::size_t i = 0; i < classes_.count(); ++i) {
    std::string name = classes_.representative(i);
    Mask mask = any_;
    auto join_matching = [&](std::span<const std::uint32_t> patterns) {
      for (std::uint32_t pattern : patterns) {
        if (glob_match(patterns_.text(pattern), name)) join(mask, by_pattern_[pattern]);
      }
    };
    join_matching(prefixes);
    if (i < classes_.named()) {
      join(mask, by_pattern_[patterns_.find(name)]);
      join_matching(tried_);
    }
    rows.insert(rows.end(), mask.begin(), mask.end());
  }
  names_ = classes_.lay_out_names(block);
  by_class_ = block.keep<Word>(rows).data();
}

void PatternIndex::narrow(std::string_view name, std::span<Word> rules, std::span<Word> scratch) const {
  if (patterns_.size() == 0) return;
  std::uint32_t number = names_.find(name);
  bool is_named = number != TextTable::none;
  std::size_t row = is_named ? number : classes_.class_of_unnamed(name);
  std::span spoken(by_class_ + row * rules.size(), rules.size());
  if (!is_named && !tried_.empty()) {
    std::ranges::copy(spoken, scratch.begin());
    for (std::uint32_t i : tried_) {
      if (glob_match(patterns_.text(i), name)) join(scratch, by_pattern_[i]);
    }
    spoken = scratch;
  }
  for (std::size_t w = 0; w < rules.size(); ++w) rules[w] &= spoken[w];
}

}  // namespace bw::policy
