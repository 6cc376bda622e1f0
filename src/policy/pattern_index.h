// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/text_classes.h"

namespace bw::policy {

// One bit per rule, 64 to a word.
using Word = std::uint64_t;
using Mask = std::vector<Word>;

// How many words a mask of so many rules has: 1, 2, 4, or a multiple of 8, so that masks side by side are worked on in steps of
// one size and none that fits into a line of memory straddles two.
inline std::size_t mask_words(std::size_t rules) {
  std::size_t words = std::max<std::size_t>(1, (rules + 63) / 64);
  return words <= 8 ? std::bit_ceil(words) : (words + 7) / 8 * 8;
}

inline void set_bit(std::span<Word> mask, std::size_t bit) { mask[bit / 64] |= Word{1} << (bit % 64); }
inline void clear_bit(std::span<Word> mask, std::size_t bit) { mask[bit / 64] &= ~(Word{1} << (bit % 64)); }
inline bool has_bit(std::span<const Word> mask, std::size_t bit) { return ((mask[bit / 64] >> (bit % 64)) & 1) != 0; }

// Which rules speak of a name, by the patterns they match it with. Names written out, and patterns with their only star at the
// end, are looked up together; other patterns are tried on names that nobody wrote out, each different one once. Filled, finished,
// then only read, by any thread.
class PatternIndex {
 public:
  explicit PatternIndex(std::size_t rules = 0) : any_(mask_words(rules)) {}

  void add(std::size_t rule, const std::vector<std::string>& patterns);
  void finish(Block& block);  // which must outlive this

  // Takes the rules that do not speak of `name` out of `rules`. `scratch` has the same length and may be overwritten.
  void narrow(std::string_view name, std::span<Word> rules, std::span<Word> scratch) const;

 private:
  Mask any_;  // rules without a pattern
  TextTable patterns_;
  std::vector<Mask> by_pattern_;
  TextTable::View names_;
  const Word* by_class_ = nullptr;  // whole masks, one after the other
  TextClasses classes_;
  std::vector<std::uint32_t> tried_;  // patterns that no class of unnamed texts stands for
};

}  // namespace bw::policy
