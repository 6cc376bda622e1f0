// SPDX-License-Identifier: Apache-2.0
#include "policy/text_table.h"

#include <algorithm>

namespace bw::policy {
namespace {

constexpr int layouts_max = 64;  // after so many, searching may take longer, and finds all the same

}  // namespace

// What lies between the first and the last eight bytes, and some of those.
std::uint64_t TextTable::middle(std::string_view text, std::uint64_t salt) {
  const char* at = text.data() + 8;
  const char* end = text.data() + text.size() - 8;
  for (; at < end; at += 8) salt = fold(load<std::uint64_t>(at) ^ salt, salt << 1U ^ odd);
  return salt;
}

std::uint32_t TextTable::add(std::string_view text) {
  if (std::uint32_t known = find(text); known != none) return known;
  auto number = static_cast<std::uint32_t>(texts_.size());
  texts_.emplace_back(text);
  longest_ = std::max(longest_, text.size());
  if (texts_.size() * 2 > slots_.size() || !place(number)) grow();
  return number;
}

// False when a search could now take too many steps: from the first of the places that are taken around it to the last.
bool TextTable::place(std::uint32_t number) {
  std::string_view text = texts_[number];
  Key key(text, seed_);
  std::size_t at = key.hash & mask(), run = 1;
  while (slots_[at].number != none) at = (at + 1) & mask();
  slots_[at] = {key.first, key.last, static_cast<std::uint32_t>(text.size()), number};
  for (std::size_t i = at - 1; run <= steps_max && slots_[i & mask()].number != none; --i) ++run;
  for (std::size_t i = at + 1; run <= steps_max && slots_[i & mask()].number != none; ++i) ++run;
  return run <= steps_max;
}

bool TextTable::place_all() {
  std::ranges::fill(slots_, Slot{});
  bool is_good = true;
  for (std::uint32_t i = 0; i < texts_.size(); ++i) is_good = place(i) && is_good;
  return is_good;
}

void TextTable::grow() {
  if (texts_.size() * 2 > slots_.size()) slots_.resize(slots_.empty() ? 8 : slots_.size() * 2);
  for (int i = 0; i < layouts_max && !place_all(); ++i) ++seed_;
}

TextTable::View TextTable::lay_out(Block& block) const {
  View view = this->view();
  view.slots_ = block.keep<Slot>(slots_).data();
  return view;
}

std::size_t TextTable::steps() const {
  std::size_t most = 0, run = 0;
  for (std::size_t i = 0; i < slots_.size() * 2; ++i) {
    run = slots_[i & mask()].number == none ? 0 : run + 1;
    most = std::max(most, std::min(run, texts_.size()));
  }
  return most;
}

}  // namespace bw::policy
