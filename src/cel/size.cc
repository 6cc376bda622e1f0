// SPDX-License-Identifier: Apache-2.0
#include "cel/size.h"

#include <algorithm>

namespace bw::cel {
namespace {

using Kind = Value::Kind;

// Types may speak of themselves: what lies deeper is as large as anything. What is in a list counts from there on.
constexpr int nesting_max = 12, in_list = 100, depth_max = in_list + nesting_max;

int deeper(int depth, bool into_list) {
  if (depth < in_list && (into_list || depth == nesting_max)) return in_list + depth;
  return depth + 1;
}

// Types with more parts than this are not looked through.
constexpr std::size_t kept_max = 100'000;

constexpr std::int64_t unknown_units = 1 + assumed_elements * (1 + assumed_item_bytes / 10);

const Size& unknown_item() {
  static const Size* size = [] {
    static Size made{.bytes = assumed_item_bytes, .elements = assumed_elements, .units = unknown_units};
    made.item = &made;
    return &made;
  }();
  return *size;
}

std::int64_t declared(const Type& type, std::int64_t otherwise) {
  return type.most() < 0 ? otherwise : bounded(type.most());
}

}  // namespace

const Size& Sizes::scalar() {
  static const Size size;
  return size;
}

const Size& Sizes::unknown() {
  static const Size size{
      .bytes = assumed_text_bytes, .elements = assumed_elements, .units = unknown_units, .item = &unknown_item()};
  return size;
}

Size Sizes::text(std::int64_t bytes) { return {.bytes = bounded(bytes), .units = plus(1, bytes / 10)}; }

Size Sizes::list(std::int64_t elements, const Size& item) {
  return {.elements = bounded(elements), .units = plus(1, times(elements, item.units)), .item = keep(item)};
}

const Size* Sizes::join(const Size* a, const Size* b) {
  if (a == b || b == nullptr) return a;
  if (a == nullptr) return b;
  return keep(join(*a, *b));
}

Size Sizes::join(const Size& a, const Size& b) {
  // Descends as far as the shallower of the two: the items of what is unknown are as large as itself.
  return {.bytes = std::max(a.bytes, b.bytes),
          .elements = std::max(a.elements, b.elements),
          .units = std::max(a.units, b.units),
          .number = std::max(a.number, b.number),
          .item = join(a.item, b.item)};
}

Size Sizes::of(const Type& type, int depth) {
  if (depth > depth_max || kept_.size() > kept_max) return unknown();
  std::int64_t text_bytes = depth < in_list ? assumed_text_bytes : assumed_item_bytes;
  switch (type.kind()) {
    case TypeKind::string:
      if (!type.members().empty()) {
        std::size_t longest = 0;
        for (const std::string& member : type.members()) longest = std::max(longest, member.size());
        return text(static_cast<std::int64_t>(longest));
      }
      return text(declared(type, text_bytes));
    case TypeKind::bytes: return text(declared(type, text_bytes));
    case TypeKind::list: return list(declared(type, assumed_elements), of(type.parameter(0), deeper(depth, true)));
    case TypeKind::map: {
      Size key = of(type.parameter(0), deeper(depth, true)), value = of(type.parameter(1), deeper(depth, true));
      Size size = list(declared(type, assumed_elements), join(key, value));
      size.units = plus(1, times(size.elements, plus(key.units, value.units)));
      return size;
    }
    case TypeKind::optional:
    case TypeKind::wrapper: return of(type.parameter(0), deeper(depth, false));
    case TypeKind::object: {
      Size size, item;
      for (const Field& field : type.object()->fields()) {
        Size one = of(field.type, deeper(depth, false));
        size.units = plus(size.units, one.units);
        item = join(item, one);
      }
      size.item = keep(item);
      return size;
    }
    case TypeKind::dyn:
    case TypeKind::variable:
    case TypeKind::erroneous: return unknown();
    case TypeKind::opaque: return type == Type::ip() || type == Type::cidr() ? scalar() : unknown();
    default: return scalar();
  }
}

Size Sizes::of(const Value& value) {
  switch (value.kind()) {
    case Kind::string:
    case Kind::bytes: return text(static_cast<std::int64_t>(value.text().size()));
    case Kind::int64: return {.number = value.int64() < 0 ? 0 : bounded(value.int64())};
    case Kind::list: {
      Size size{.elements = static_cast<std::int64_t>(value.elements().size())}, item;
      for (const Value& element : value.elements()) {
        Size one = of(element);
        size.units = plus(size.units, one.units);
        item = join(item, one);
      }
      size.item = keep(item);
      return size;
    }
    case Kind::map: {
      Size size{.elements = static_cast<std::int64_t>(value.entries().size())}, item;
      for (const auto& entry : value.entries()) {
        Size key = of(entry.key), one = of(entry.value);
        size.units = plus(size.units, plus(key.units, one.units));
        item = join(item, join(key, one));
      }
      size.item = keep(item);
      return size;
    }
    case Kind::optional: return value.inner().is(Kind::absent) ? scalar() : of(value.inner());
    case Kind::object: return of(Type::dyn());
    default: return scalar();
  }
}

Size Sizes::larger(const Size& size, std::int64_t factor, int depth) {
  Size out{.bytes = plus(times(size.bytes, factor), 64),
           .elements = size.elements,
           .units = plus(times(size.units, factor), times(size.units, 7))};
  if (depth > nesting_max) return {.bytes = cost_unbounded, .elements = cost_unbounded, .units = cost_unbounded};
  if (size.item != nullptr) out.item = keep(larger(*size.item, factor, depth + 1));
  return out;
}

}  // namespace bw::cel
