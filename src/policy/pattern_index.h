// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/text_table.h"

namespace bw::policy {

// One bit per rule, 64 to a word.
using Word = std::uint64_t;
using Mask = std::vector<Word>;

inline void set_bit(std::span<Word> mask, std::size_t bit) { mask[bit / 64] |= Word{1} << (bit % 64); }
inline void clear_bit(std::span<Word> mask, std::size_t bit) { mask[bit / 64] &= ~(Word{1} << (bit % 64)); }
inline bool has_bit(std::span<const Word> mask, std::size_t bit) { return ((mask[bit / 64] >> (bit % 64)) & 1) != 0; }

// Which rules speak of a name, by the patterns they match it with. Names written out are looked up; only patterns with a
// star are tried one by one, and each different one once.
class PatternIndex {
 public:
  explicit PatternIndex(std::size_t rules = 0) : any_((rules + 63) / 64) {}

  void add(std::size_t rule, const std::vector<std::string>& patterns);

  // Takes the rules that do not speak of `name` out of `rules`. `scratch` has the same length and is overwritten.
  void narrow(std::string_view name, std::span<Word> rules, std::span<Word> scratch) const;

 private:
  Mask any_;         // rules without a pattern
  TextTable names_;  // written out
  std::vector<Mask> by_name_;
  TextTable globs_;
  std::vector<Mask> by_glob_;
  bool narrows_ = false;  // whether any rule has a pattern
};

}  // namespace bw::policy
