// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

namespace bw::policy {

// Tables that are read together, side by side in memory: what a decision waits for is lines and pages that are not in a cache.
// Filled at load, then only read, by any thread; what it keeps stays where it is as long as the block lives.
class Block {
 public:
  static constexpr std::size_t line = 64;  // bytes of memory that travel together

  // A copy of `all`. Where it fits into one line, it does not straddle two.
  template <class T>
  std::span<const T> keep(std::span<const T> all) {
    static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= line);
    if (all.empty()) return {};
    auto* to = static_cast<T*>(place(all.size_bytes(), alignof(T)));
    std::ranges::copy(all, to);
    return {to, all.size()};
  }

  std::size_t bytes() const { return bytes_; }  // of all that is kept

 private:
  struct alignas(line) Line {
    std::byte bytes[line];
  };
  static constexpr std::size_t chunk_lines = 64;

  void* place(std::size_t bytes, std::size_t alignment) {
    std::size_t at = (used_ + alignment - 1) / alignment * alignment;
    if (at % line + bytes > line) at = (at + line - 1) / line * line;
    if (at + bytes > size_) {
      std::size_t lines = std::max(chunk_lines, (bytes + line - 1) / line);
      chunks_.push_back(std::make_unique<Line[]>(lines));
      size_ = lines * line;
      at = 0;
    }
    used_ = at + bytes;
    bytes_ += bytes;
    return reinterpret_cast<std::byte*>(chunks_.back().get()) + at;
  }

  std::vector<std::unique_ptr<Line[]>> chunks_;  // each a page or more
  std::size_t used_ = 0, size_ = 0;              // bytes of the last
  std::size_t bytes_ = 0;
};

}  // namespace bw::policy
