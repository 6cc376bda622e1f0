// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "policy/block.h"

namespace bw::policy {

// Numbers for texts, found without allocating. Filled once, then only read, by any thread.
//
// No list of texts makes searching slow, whoever wrote it: the hash takes a seed, and a table in which a search could look
// at more than `steps_max` places is laid out again with the next one. The seeds are fixed: nothing depends on chance.
class TextTable {
 public:
  static constexpr std::uint32_t none = 0xFFFF'FFFF;

 private:
  static constexpr std::size_t short_max = 16;  // texts that their first and last bytes spell out

  // What a text is searched by.
  struct Key {
    Key(std::string_view text, std::uint64_t seed) {
      const char* at = text.data();
      std::size_t size = text.size();
      std::uint64_t salt = (seed + 1) * odd;
      if (size >= 8) {
        first = load<std::uint64_t>(at);
        last = load<std::uint64_t>(at + size - 8);
        if (size > short_max) salt = middle(text, salt);
      } else if (size >= 4) {
        first = load<std::uint32_t>(at);
        last = load<std::uint32_t>(at + size - 4);
      } else if (size > 0) {
        first = load<std::uint8_t>(at);
        last = load<std::uint8_t>(at + size / 2) << 8U | load<std::uint8_t>(at + size - 1);
      }
      hash = fold(first ^ salt, last ^ odd ^ (size << 56U) ^ salt >> 7U);
    }
    std::uint64_t first = 0, last = 0, hash = 0;
  };
  struct Slot {
    std::uint64_t first = 0, last = 0;
    std::uint32_t size = 0;
    std::uint32_t number = none;
  };

  static constexpr std::uint64_t odd = 0x9E37'79B9'7F4A'7C15;
  template <class T>
  static std::uint64_t load(const char* at) {
    T value{};
    std::memcpy(&value, at, sizeof value);
    return value;
  }
  // Both halves of a product: every bit of the factors reaches the result.
  static std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
  }
  static std::uint64_t middle(std::string_view text, std::uint64_t salt);

 public:
  static constexpr std::size_t steps_max = 128;

  // The number of `text`: 0, 1, 2… in the order of first appearance.
  std::uint32_t add(std::string_view text);

  // What a search reads. The table must outlive it and take no more texts.
  class View {
   public:
    std::uint32_t find(std::string_view text) const {
      if (text.size() > longest_ || slots_ == nullptr) return none;
      Key key(text, seed_);
      for (std::uint64_t at = key.hash & mask_;; at = (at + 1) & mask_) {
        const Slot& slot = slots_[at];
        if (slot.number == none) return none;
        if (slot.first == key.first && slot.last == key.last && slot.size == text.size() && is_same(text, slot.number))
          return slot.number;
      }
    }
    std::uint32_t size() const { return size_; }  // how many texts there are

   private:
    friend class TextTable;
    bool is_same(std::string_view text, std::uint32_t number) const {
      return text.size() <= short_max || texts_[number] == text;
    }
    const Slot* slots_ = nullptr;
    const std::string* texts_ = nullptr;
    std::uint32_t mask_ = 0, seed_ = 0, longest_ = 0, size_ = 0;
  };
  View lay_out(Block& block) const;  // in `block`, which must outlive it too

  std::uint32_t find(std::string_view text) const { return view().find(text); }

  std::size_t size() const { return texts_.size(); }
  const std::string& text(std::uint32_t number) const { return texts_[number]; }

  // For tests: the most places that any search looks at, and where one for this text begins.
  std::size_t steps() const;
  static std::uint64_t hash(std::string_view text, std::uint64_t seed) { return Key(text, seed).hash; }

 private:
  View view() const {
    View view;
    if (slots_.empty()) return view;
    view.slots_ = slots_.data();
    view.texts_ = texts_.data();
    view.mask_ = static_cast<std::uint32_t>(mask());
    view.seed_ = seed_;
    view.longest_ = static_cast<std::uint32_t>(longest_);
    view.size_ = static_cast<std::uint32_t>(texts_.size());
    return view;
  }
  std::size_t mask() const { return slots_.size() - 1; }  // a power of two, never full
  bool place(std::uint32_t number);
  bool place_all();
  void grow();

  std::vector<Slot> slots_;
  std::uint32_t seed_ = 0;
  std::size_t longest_ = 0;  // bytes of the longest text
  std::vector<std::string> texts_;
};

}  // namespace bw::policy
