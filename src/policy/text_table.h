// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace bw::policy {

// Numbers for texts, found without allocating. Filled once, then only read.
class TextTable {
 public:
  static constexpr std::uint32_t none = 0xFFFF'FFFF;

  // The number of `text`: 0, 1, 2… in the order of first appearance.
  std::uint32_t add(std::string_view text) {
    if (std::uint32_t known = find(text); known != none) return known;
    if ((texts_.size() + 1) * 2 > slots_.size()) grow();
    texts_.emplace_back(text);
    place(static_cast<std::uint32_t>(texts_.size() - 1));
    return static_cast<std::uint32_t>(texts_.size() - 1);
  }

  std::uint32_t find(std::string_view text) const {
    if (slots_.empty()) return none;
    std::uint32_t hash = hash_of(text);
    for (std::size_t at = hash & mask();; at = (at + 1) & mask()) {
      const Slot& slot = slots_[at];
      if (slot.number == none) return none;
      if (slot.hash == hash && texts_[slot.number] == text) return slot.number;
    }
  }

  std::size_t size() const { return texts_.size(); }
  const std::string& text(std::uint32_t number) const { return texts_[number]; }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t number = none;
  };

  static std::uint32_t hash_of(std::string_view text) {
    return static_cast<std::uint32_t>(std::hash<std::string_view>()(text));
  }
  std::size_t mask() const { return slots_.size() - 1; }  // a power of two, never full
  void place(std::uint32_t number) {
    std::uint32_t hash = hash_of(texts_[number]);
    std::size_t at = hash & mask();
    while (slots_[at].number != none) at = (at + 1) & mask();
    slots_[at] = {hash, number};
  }
  void grow() {
    slots_.assign(slots_.empty() ? 8 : slots_.size() * 2, Slot{});
    for (std::uint32_t i = 0; i < texts_.size(); ++i) place(i);
  }

  std::vector<Slot> slots_;
  std::vector<std::string> texts_;
};

}  // namespace bw::policy
