// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/text_table.h"

namespace bw::policy {

// Cuts all texts into classes that the texts and prefixes somebody named cannot tell apart further: one for each text named, one
// for the texts with no prefix named, and one for each prefix: what starts with it, and with no longer one, and is not named
// itself. Filled, finished, then only read, by any thread.
class TextClasses {
 public:
  void name(std::string_view text) { names_.add(text); }
  void prefix(std::string_view text) { prefixes_.push_back({std::string(text)}); }
  void finish();

  std::size_t count() const { return names_.size() + 1 + prefixes_.size(); }
  std::size_t named() const { return names_.size(); }  // the first so many classes are one text each

  std::size_t class_of(std::string_view text) const {
    std::uint32_t number = names_.find(text);
    return number != TextTable::none ? number : class_of_unnamed(text);
  }
  std::size_t class_of_unnamed(std::string_view text) const {
    return prefixes_.empty() ? names_.size() : class_by_prefix(text);
  }

  // For a look-up that reads as little memory as can be: the names, of which each one's number is its class.
  TextTable::View lay_out_names(Block& block) const { return names_.lay_out(block); }

  // A text of that class; of all but named ones, with a byte that no UTF-8 has.
  std::string representative(std::size_t number) const;

 private:
  struct Prefix {
    std::string text;
    std::uint32_t parent = TextTable::none;  // the longest other prefix that this one starts with
  };
  std::size_t class_by_prefix(std::string_view text) const;

  TextTable names_;
  std::vector<Prefix> prefixes_;  // sorted, distinct
};

}  // namespace bw::policy
