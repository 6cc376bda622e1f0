// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "policy/block.h"

namespace bw::policy {

// Whole numbers at which something changes, and how many of them a value has reached: with n cuts, 0 to n. Filled, finished, then
// only read, by any thread.
//
// Which way a comparison goes nobody can guess, a processor least of all: counting has no branch that depends on the value. What it
// reads is as narrow as the cuts allow: constants that people write share most of their bits, and a key of sixteen of them tells
// any value's place, so that sixty cuts are two lines of memory.
class Cuts {
 public:
  static constexpr std::size_t few = 8;
  template <class Key>
  static constexpr std::size_t group_of = Block::line / sizeof(Key);

  // What counting reads: the cuts by keys of one width, in the memory of whoever made it.
  struct View {
    std::int64_t first = 0, last = 0;  // of the cuts
    const void* keys = nullptr;        // sorted, filled up to whole groups
    std::uint32_t size = 0;
    std::uint8_t shift = 0, width = 8;  // width: bytes of a key

    std::size_t reached_by(std::int64_t value) const {
      if (size == 0) return 0;
      // Between the first cut and the last, keys are in order and fit their width; below the first, its own does not count.
      std::size_t below = value < first ? 1 : 0;
      value = std::min(std::max(value, first), last);
      if (width == 2) return count(key<std::int16_t>(value)) - below;
      if (width == 4) return count(key<std::int32_t>(value)) - below;
      return count(value) - below;
    }

    // What tells `value` from every cut beside it, as every cut has its lowest `shift` bits 0, or 0 but for the last of them: those
    // above, and whether any of those is set. Counted from the middle of what the type holds.
    template <class Key>
    Key key(std::int64_t value) const {
      auto distance = static_cast<std::uint64_t>(value >> shift) - static_cast<std::uint64_t>(first >> shift);
      std::uint64_t low = static_cast<std::uint64_t>(value) & ((std::uint64_t{1} << shift) - 1);
      std::uint64_t whole = distance * 2 + (low != 0 ? 1 : 0);
      return static_cast<Key>(static_cast<std::int64_t>(whole) + std::numeric_limits<Key>::min());
    }

   private:
    // Few cuts are one step, many are halved until a line or two are left.
    template <class Key>
    std::size_t count(Key reached) const {
      const Key* all = static_cast<const Key*>(keys);
      if (size <= few) return std::min<std::size_t>(count<few>(all, reached), size);
      constexpr std::size_t group = group_of<Key>;
      std::size_t left = (size + group - 1) / group, at = 0;
      for (; left > 2; left -= left / 2) at += all[(at + left / 2) * group - 1] <= reached ? left / 2 : 0;
      std::size_t reaches = at * group;
      for (std::size_t i = at; i < at + left; ++i) reaches += count<group>(all + i * group, reached);
      return std::min<std::size_t>(reaches, size);  // those that fill up the last group do not count
    }

    template <std::size_t N, class Key>
    static std::size_t count(const Key* all, Key reached) {
      Key reaches = 0;
      for (std::size_t i = 0; i < N; ++i) reaches = static_cast<Key>(reaches + (all[i] <= reached ? 1 : 0));
      return static_cast<std::size_t>(reaches);
    }
  };

  void add(std::int64_t cut) { cuts_.push_back(cut); }

  void finish() {
    std::ranges::sort(cuts_);
    auto repeated = std::ranges::unique(cuts_);
    cuts_.erase(repeated.begin(), repeated.end());
  }

  std::size_t size() const { return cuts_.size(); }
  std::int64_t operator[](std::size_t i) const { return cuts_[i]; }

  // Lays the keys out in `block`, which must outlive the view.
  View lay_out(Block& block) const {
    View view;
    if (cuts_.empty()) return view;
    view.first = cuts_.front();
    view.last = cuts_.back();
    view.size = static_cast<std::uint32_t>(cuts_.size());
    view.shift = shift();
    // Twice the distance and one more, of which a key has to hold all.
    std::uint64_t span =
        static_cast<std::uint64_t>(view.last >> view.shift) - static_cast<std::uint64_t>(view.first >> view.shift);
    if (span < (std::uint64_t{1} << 15U)) return lay_out<std::int16_t>(view, block);
    if (span < (std::uint64_t{1} << 31U)) return lay_out<std::int32_t>(view, block);
    return lay_out<std::int64_t>(view, block);
  }

  // A whole number for each double but NaN, in the same order; 0.0 and -0.0 have the same.
  static std::int64_t place_of(double value) {
    auto bits = std::bit_cast<std::int64_t>(value + 0.0);
    return bits < 0 ? bits ^ INT64_MAX : bits;
  }
  static double at_place(std::int64_t place) { return std::bit_cast<double>(place < 0 ? place ^ INT64_MAX : place); }

 private:
  // How many of the lowest bits are 0 in every cut, or 0 but for the last of them.
  std::uint8_t shift() const {
    int least = 62;
    for (std::int64_t cut : cuts_)
      least = std::min(least, std::countr_zero(static_cast<std::uint64_t>(cut) & ~std::uint64_t{1}));
    return static_cast<std::uint8_t>(least);
  }

  template <class Key>
  View lay_out(View view, Block& block) const {
    std::size_t group = cuts_.size() <= few ? few : group_of<Key>;
    std::vector<Key> keys;
    for (std::int64_t cut : cuts_) {
      if constexpr (sizeof(Key) == sizeof cut) {
        keys.push_back(cut);
      } else {
        keys.push_back(view.key<Key>(cut));
      }
    }
    keys.resize((keys.size() + group - 1) / group * group, keys.back());
    view.keys = block.keep<Key>(keys).data();
    view.width = sizeof(Key);
    return view;
  }

  std::vector<std::int64_t> cuts_;
};

}  // namespace bw::policy
