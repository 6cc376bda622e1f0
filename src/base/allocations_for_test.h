// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

// Replaces operator new by one that counts, for tests and benchmarks that hold something to allocate nothing. For one file of
// a program only.
namespace bw {
inline thread_local std::size_t allocations = 0;  // made by this thread
}

void* operator new(std::size_t size) {
  ++bw::allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
