// SPDX-License-Identifier: Apache-2.0
#include "cel/arena.h"

#include <algorithm>
#include <cstring>

namespace bw::cel {
namespace {

constexpr std::size_t first_chunk_bytes = 4096;
constexpr std::size_t chunk_bytes_max = 1U << 20;

std::size_t aligned(std::size_t offset, std::size_t alignment) { return (offset + alignment - 1) & ~(alignment - 1); }

}  // namespace

void* Arena::allocate(std::size_t bytes, std::size_t alignment) {
  if (current_ < chunks_.size()) {
    std::size_t start = aligned(used_, alignment);
    if (start + bytes <= chunks_[current_].size) {
      used_ = start + bytes;
      return chunks_[current_].bytes.get() + start;
    }
  }
  return grow(bytes, alignment);
}

void* Arena::grow(std::size_t bytes, std::size_t alignment) {
  bytes_before_ += used_;
  used_ = 0;
  std::size_t next = chunks_.empty() ? 0 : current_ + 1;
  while (next < chunks_.size() && chunks_[next].size < bytes) ++next;
  if (next >= chunks_.size()) {
    std::size_t wanted = chunks_.empty() ? first_chunk_bytes : std::min(chunks_.back().size * 2, chunk_bytes_max);
    std::size_t size = std::max(wanted, bytes);
    chunks_.push_back({std::make_unique_for_overwrite<std::byte[]>(size), size});
    next = chunks_.size() - 1;
  }
  current_ = next;
  return allocate(bytes, alignment);
}

std::string_view Arena::copy(std::string_view text) {
  if (text.empty()) return {};
  char* to = static_cast<char*>(allocate(text.size(), 1));
  std::memcpy(to, text.data(), text.size());
  return {to, text.size()};
}

std::string_view Arena::concat(std::string_view a, std::string_view b, std::string_view c) {
  std::size_t size = a.size() + b.size() + c.size();
  if (size == 0) return {};
  char* to = static_cast<char*>(allocate(size, 1));
  std::size_t at = 0;
  for (auto part : {a, b, c}) {
    if (!part.empty()) std::memcpy(to + at, part.data(), part.size());
    at += part.size();
  }
  return {to, size};
}

void Arena::reset() {
  current_ = 0;
  used_ = 0;
  bytes_before_ = 0;
}

}  // namespace bw::cel
