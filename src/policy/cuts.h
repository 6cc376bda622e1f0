// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bw::policy {

// Whole numbers at which something changes, and how many of them a value has reached: with n cuts, 0 to n. Filled, finished, then
// only read, by any thread.
//
// Which way a comparison goes nobody can guess, a processor least of all: counting has no branch that depends on the value, and
// touches two lines of memory where there are up to 64 cuts.
class Cuts {
 public:
  void add(std::int64_t cut) { cuts_.push_back(cut); }

  void finish() {
    std::ranges::sort(cuts_);
    auto repeated = std::ranges::unique(cuts_);
    cuts_.erase(repeated.begin(), repeated.end());
    size_ = cuts_.size();
    std::vector<std::int64_t> firsts;
    for (std::size_t i = group; i < size_; i += group) firsts.push_back(cuts_[i]);
    firsts_ = firsts.size();
    cuts_.resize((size_ + group - 1) / group * group, size_ == 0 ? 0 : cuts_.back());
    cuts_.insert(cuts_.begin(), firsts.begin(), firsts.end());
  }

  std::size_t size() const { return size_; }
  std::int64_t operator[](std::size_t i) const { return cuts_[firsts_ + i]; }

  std::size_t reached_by(std::int64_t value) const {
    if (size_ == 0) return 0;
    const std::int64_t* base = cuts_.data();
    std::size_t left = firsts_;
    while (left > group) {
      std::size_t half = left / 2;
      base += base[half - 1] <= value ? half : 0;
      left -= half;
    }
    auto groups = static_cast<std::size_t>(base - cuts_.data());
    for (std::size_t i = 0; i < left; ++i) groups += base[i] <= value ? 1 : 0;
    const std::int64_t* in = cuts_.data() + firsts_ + groups * group;
    std::size_t reached = groups * group;
    for (std::size_t i = 0; i < group; ++i) reached += in[i] <= value ? 1 : 0;
    return std::min(reached, size_);  // those that fill up the last group do not count
  }

  // A whole number for each double but NaN, in the same order; 0.0 and -0.0 have the same.
  static std::int64_t place_of(double value) {
    auto bits = std::bit_cast<std::int64_t>(value + 0.0);
    return bits < 0 ? bits ^ INT64_MAX : bits;
  }
  static double at_place(std::int64_t place) { return std::bit_cast<double>(place < 0 ? place ^ INT64_MAX : place); }

 private:
  static constexpr std::size_t group = 8;

  std::vector<std::int64_t> cuts_;  // the first of every group but the first; then all, sorted, filled up to whole groups
  std::size_t firsts_ = 0, size_ = 0;
};

}  // namespace bw::policy
