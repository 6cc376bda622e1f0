// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <random>
#include <string>

#include "base/result.h"
#include "store/testing.h"

// Single bits of a file, flipped and flipped back: what tests of verification do to a ledger that nobody holds in hand.
namespace bw::store {

class Flipper {
 public:
  explicit Flipper(const std::string& path) : file_(::open(path.c_str(), O_RDWR | O_CLOEXEC)) {
    BW_ASSERT(file_ >= 0);
    bytes_ = static_cast<std::uint64_t>(::lseek(file_, 0, SEEK_END));
  }
  ~Flipper() { ::close(file_); }
  Flipper(const Flipper&) = delete;
  Flipper& operator=(const Flipper&) = delete;
  std::uint64_t bits() const { return bytes_ * 8; }
  void flip(std::uint64_t bit) const {
    auto flipped = static_cast<char>(byte_of(bit) ^ (1 << (bit % 8)));
    BW_ASSERT(::pwrite(file_, &flipped, 1, static_cast<off_t>(bit / 8)) == 1);
  }
  char byte_of(std::uint64_t bit) const {
    char byte = 0;
    BW_ASSERT(::pread(file_, &byte, 1, static_cast<off_t>(bit / 8)) == 1);
    return byte;
  }

 private:
  int file_;
  std::uint64_t bytes_;
};

// The long form of these tests comes in so many parts: each is reported when it is done, and can be run alone.
constexpr int slices = 32;

using CheckBit = std::function<void(std::uint64_t bit)>;  // the bit is flipped while it is called

// Each bit whose number is `slice`, modulo their number. Answers how many there were.
inline std::uint64_t flip_slice(const Flipper& flipper, int slice, const CheckBit& check) {
  std::uint64_t flips = 0;
  for (auto bit = static_cast<std::uint64_t>(slice); bit < flipper.bits(); bit += slices, ++flips) {
    flipper.flip(bit);
    check(bit);
    flipper.flip(bit);
  }
  return flips;
}

// So many bits, the same ones for the same seed. Two thirds of a small ledger are zeros between rows: of these one in eight is taken.
inline std::uint64_t flip_some(const Flipper& flipper, int seed, std::uint64_t flips, const CheckBit& check) {
  std::mt19937_64 random(static_cast<std::uint64_t>(seed));
  for (std::uint64_t i = 0; i < flips; ++i) {
    auto bit = random() % flipper.bits();
    while (flipper.byte_of(bit) == 0 && random() % 8 != 0) bit = random() % flipper.bits();
    flipper.flip(bit);
    check(bit);
    flipper.flip(bit);
  }
  return flips;
}

// The whole slice in the long form, else a few bits.
inline std::uint64_t flip_each(const Flipper& flipper, int slice, std::uint64_t few, const CheckBit& check) {
  return soaking() ? flip_slice(flipper, slice, check) : flip_some(flipper, slice, few, check);
}

}  // namespace bw::store
