// SPDX-License-Identifier: Apache-2.0
#pragma once

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

inline void set_bit(std::span<Word> mask, std::size_t bit) { mask[bit / 64] |= Word{1} << (bit % 64); }
inline void clear_bit(std::span<Word> mask, std::size_t bit) { mask[bit / 64] &= ~(Word{1} << (bit % 64)); }
inline bool has_bit(std::span<const Word> mask, std::size_t bit) { return ((mask[bit / 64] >> (bit % 64)) & 1) != 0; }

// Which rules speak of a name, by the patterns they match it with. Names written out, and patterns with their only star at the
// end, are looked up together; other patterns are tried one by one, each different one once. Filled, finished, then only
// read, by any thread.
class PatternIndex {
 public:
  explicit PatternIndex(std::size_t rules = 0) : any_((rules + 63) / 64) {}

  void add(std::size_t rule, const std::vector<std::string>& patterns);
  void finish();

  // Takes the rules that do not speak of `name` out of `rules`. `scratch` has the same length and may be overwritten.
  void narrow(std::string_view name, std::span<Word> rules, std::span<Word> scratch) const;

 private:
  Mask any_;  // rules without a pattern
  TextTable patterns_;
  std::vector<Mask> by_pattern_;
  TextClasses classes_;
  Mask by_class_;                     // whole masks, one after the other
  std::vector<std::uint32_t> tried_;  // patterns that no class stands for
};

}  // namespace bw::policy
