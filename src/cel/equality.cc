// SPDX-License-Identifier: Apache-2.0
#include "cel/library/library.h"
#include "cel/numbers.h"
#include "cel/type.h"

namespace bw::cel {
namespace {

using Kind = Value::Kind;

Value yes() { return Value::boolean(true); }
Value no() { return Value::boolean(false); }

// Compares part by part. Parts may be shared, so that a small value has very many: with a context each part is paid for.
class Comparison {
 public:
  explicit Comparison(CallContext* context) : context_(context) {}

  Value equal(const Value& a, const Value& b) {
    if (a.is_failed()) return a;
    if (b.is_failed()) return b;
    if (a.is_number() && b.is_number()) return Value::boolean(compare_numbers(a, b) == 0);
    if (a.kind() != b.kind()) return no();
    switch (a.kind()) {
      case Kind::boolean: return Value::boolean(a.boolean() == b.boolean());
      case Kind::string:
      case Kind::bytes:
      case Kind::type: return texts(a.text(), b.text());
      case Kind::timestamp:
      case Kind::duration: return Value::boolean(a.seconds() == b.seconds() && a.nanos() == b.nanos());
      case Kind::ip: return Value::boolean(a.address() == b.address());
      case Kind::cidr: return Value::boolean(a.address() == b.address() && a.prefix_length() == b.prefix_length());
      case Kind::list: return lists(a, b);
      case Kind::map: return maps(a, b);
      case Kind::object: return objects(a, b);
      case Kind::optional: return equal(a.inner(), b.inner());
      default: return yes();
    }
  }

 private:
  bool pay(std::size_t units) { return context_ == nullptr || context_->charge(units); }
  Value parts(const Value& a, const Value& b) { return pay(1) ? equal(a, b) : context_->cost_exceeded(); }

  Value texts(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return no();
    return pay(a.size() / 10) ? Value::boolean(a == b) : context_->cost_exceeded();
  }

  Value lists(const Value& a, const Value& b) {
    auto left = a.elements();
    auto right = b.elements();
    if (left.size() != right.size()) return no();
    for (std::size_t i = 0; i < left.size(); ++i) {
      Value same = parts(left[i], right[i]);
      if (!same.is_true()) return same;
    }
    return yes();
  }

  Value maps(const Value& a, const Value& b) {
    if (a.entries().size() != b.entries().size()) return no();
    for (const auto& entry : a.entries()) {
      Value other = b.find(entry.key);
      if (other.is(Kind::absent)) return no();
      Value same = parts(entry.value, other);
      if (!same.is_true()) return same;
    }
    return yes();
  }

  Value objects(const Value& a, const Value& b) {
    if (&a.object_type() != &b.object_type()) return no();
    for (std::size_t slot = 0; slot < a.object_type().fields().size(); ++slot) {
      Value left = a.has(slot);
      Value right = b.has(slot);
      Value same = left.is_true() && right.is_true() ? parts(a.field(slot), b.field(slot)) : equal(left, right);
      if (!same.is_true()) return same;
    }
    return yes();
  }

  CallContext* context_;
};

}  // namespace

Value equal(const Value& a, const Value& b) { return Comparison(nullptr).equal(a, b); }

Value equal(CallContext& context, const Value& a, const Value& b) { return Comparison(&context).equal(a, b); }

}  // namespace bw::cel
