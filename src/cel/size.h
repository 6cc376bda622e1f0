// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <span>

#include "cel/type.h"
#include "cel/value.h"

namespace bw::cel {

// What values of a size that nobody declared are taken to be when the cost of a program is bounded: lists and maps, texts, and texts
// in lists and maps. Of a value whose type nobody declared, all parts together are no more than a list of so many texts.
constexpr std::int64_t assumed_elements = 256;
constexpr std::int64_t assumed_text_bytes = 1024;
constexpr std::int64_t assumed_item_bytes = 128;

// Far above any ceiling, far below overflow.
constexpr std::int64_t cost_unbounded = std::int64_t{1} << 40;

// Of what is never negative, never more than cost_unbounded.
constexpr std::int64_t bounded(std::int64_t n) { return n < cost_unbounded ? n : cost_unbounded; }
constexpr std::int64_t plus(std::int64_t a, std::int64_t b) { return bounded(a + b); }
constexpr std::int64_t times(std::int64_t a, std::int64_t b) {
  return a == 0 || b == 0 ? 0 : a > cost_unbounded / b ? cost_unbounded : bounded(a * b);
}

// The most that a value comes to, before there is one. An optional is as large as what is inside.
struct Size {
  std::int64_t bytes = 0;                // of a text, or of bytes
  std::int64_t elements = 0;             // of a list or a map
  std::int64_t units = 1;                // of looking at all of it: one per part, one per ten bytes of text
  std::int64_t number = cost_unbounded;  // of a whole number; below it and negative is anything
  const Size* item = nullptr;            // the most of any element, key, value or field; null: a scalar
};

// Sizes that others point to, for as long as this lives.
class Sizes {
 public:
  const Size* keep(const Size& size) { return &kept_.emplace_back(size); }

  static const Size& scalar();
  static const Size& unknown();  // of a value whose type nobody declared; its items have items as large as themselves
  // Of a field or of a key written out: where nobody declared it, it is no element of a list.
  static const Size* member_of(const Size& size) { return size.item == unknown().item ? &unknown() : item_of(size); }
  static const Size* item_of(const Size& size) { return size.item != nullptr ? size.item : &scalar(); }

  static Size text(std::int64_t bytes);
  Size list(std::int64_t elements, const Size& item);
  Size join(const Size& a, const Size& b);  // at least both
  Size of(const Type& type, int depth = 0);
  Size of(const Value& value);

  // As large, and some: every text so many times as long and 64 bytes more.
  Size larger(const Size& size, std::int64_t factor, int depth = 0);

 private:
  const Size* join(const Size* a, const Size* b);
  std::deque<Size> kept_;
};

// What a function charges at the most beside the unit of its operation, and what it gives.
struct Work {
  std::int64_t units = 0;
  Size result;
};

}  // namespace bw::cel
