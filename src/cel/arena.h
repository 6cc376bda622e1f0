// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace bw::cel {

// Memory for the values of one request: handed out upwards, given back all at once. Nothing in it is destroyed, so only
// trivially destructible things go in. `reset` keeps what was allocated for the next request, after which a steady
// workload allocates nothing. One thread at a time.
class Arena {
 public:
  Arena() = default;
  Arena(Arena&&) = default;
  Arena& operator=(Arena&&) = default;

  void* allocate(std::size_t bytes, std::size_t alignment);

  template <class T>
  std::span<T> array(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    if (count == 0) return {};
    T* first = static_cast<T*>(allocate(count * sizeof(T), alignof(T)));
    for (std::size_t i = 0; i < count; ++i) new (first + i) T();
    return {first, count};
  }
  template <class T, class... Args>
  T* make(Args&&... args) {
    static_assert(std::is_trivially_destructible_v<T>);
    return new (allocate(sizeof(T), alignof(T))) T{std::forward<Args>(args)...};
  }
  template <class T>
  std::span<const T> copy(std::span<const T> from) {
    auto to = array<T>(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) to[i] = from[i];
    return to;
  }
  std::string_view copy(std::string_view text);
  std::string_view concat(std::string_view a, std::string_view b, std::string_view c = {});

  // Everything handed out so far becomes invalid.
  void reset();
  std::size_t bytes_used() const { return bytes_before_ + used_; }

 private:
  struct Chunk {
    std::unique_ptr<std::byte[]> bytes;
    std::size_t size = 0;
  };
  void* grow(std::size_t bytes, std::size_t alignment);

  std::vector<Chunk> chunks_;
  std::size_t current_ = 0;       // the chunk being filled
  std::size_t used_ = 0;          // bytes of it handed out
  std::size_t bytes_before_ = 0;  // bytes handed out from earlier chunks
};

}  // namespace bw::cel
