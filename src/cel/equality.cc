// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "cel/numbers.h"
#include "cel/type.h"
#include "cel/value.h"

namespace bw::cel {
namespace {

using Kind = Value::Kind;

Value yes() { return Value::boolean(true); }
Value no() { return Value::boolean(false); }

Value equal_lists(const Value& a, const Value& b) {
  auto left = a.elements();
  auto right = b.elements();
  if (left.size() != right.size()) return no();
  for (std::size_t i = 0; i < left.size(); ++i) {
    Value same = equal(left[i], right[i]);
    if (!same.is_true()) return same;
  }
  return yes();
}

Value equal_maps(const Value& a, const Value& b) {
  if (a.entries().size() != b.entries().size()) return no();
  for (const auto& entry : a.entries()) {
    Value other = b.find(entry.key);
    if (other.is(Kind::absent)) return no();
    Value same = equal(entry.value, other);
    if (!same.is_true()) return same;
  }
  return yes();
}

Value equal_objects(const Value& a, const Value& b) {
  if (&a.object_type() != &b.object_type()) return no();
  for (std::size_t slot = 0; slot < a.object_type().fields().size(); ++slot) {
    Value same = equal(a.field(slot), b.field(slot));
    if (!same.is_true()) return same;
  }
  return yes();
}

}  // namespace

Value equal(const Value& a, const Value& b) {
  if (a.is_failed()) return a;
  if (b.is_failed()) return b;
  if (a.is_number() && b.is_number()) return Value::boolean(compare_numbers(a, b) == 0);
  if (a.kind() != b.kind()) return no();
  switch (a.kind()) {
    case Kind::boolean: return Value::boolean(a.boolean() == b.boolean());
    case Kind::string:
    case Kind::bytes:
    case Kind::type: return Value::boolean(a.text() == b.text());
    case Kind::timestamp:
    case Kind::duration: return Value::boolean(a.seconds() == b.seconds() && a.nanos() == b.nanos());
    case Kind::ip: return Value::boolean(a.address() == b.address());
    case Kind::cidr: return Value::boolean(a.address() == b.address() && a.prefix_length() == b.prefix_length());
    case Kind::list: return equal_lists(a, b);
    case Kind::map: return equal_maps(a, b);
    case Kind::object: return equal_objects(a, b);
    case Kind::optional: return equal(a.inner(), b.inner());
    default: return yes();
  }
}

}  // namespace bw::cel
