// SPDX-License-Identifier: Apache-2.0
#include "policy/attribute_index.h"

namespace bw::policy {

using cel::Value;
using Kind = Value::Kind;

inline std::size_t AttributeIndex::class_of(const Value& value) const {
  switch (kind_) {
    case Kind::string: {
      std::uint32_t number = by_.names.find(value.text());
      return number != TextTable::none ? number : texts_->class_of_unnamed(value.text());
    }
    case Kind::int64: return by_.cuts.reached_by(value.int64());
    case Kind::float64: return by_.cuts.reached_by(Cuts::place_of(value.float64()));
    default: return value.boolean() ? 1 : 0;
  }
}

// Null, which no test takes, when something on the way is none of the objects it should be.
inline Value AttributeIndex::read(const cel::Activation& activation) const {
  if (!is_direct_) return cel::read(reading_, activation).value_or(Value::null());
  const Value& variable = activation.at(variable_);
  return variable.is(Kind::object) ? variable.field(field_) : Value::null();
}

Settled AttributeIndex::look_up(const cel::Activation& activation) const {
  Value value = read(activation);
  bool fits = value.is(kind_) && !(kind_ == Kind::float64 && std::isnan(value.float64()));
  return fits ? settled(class_of(value)) : special(value);
}

Settled AttributeIndex::special(const Value& value) const {
  bool is_missing = value.is(Kind::error) && value.failure().fault == cel::Fault::no_such_field;
  Special which = value.is(Kind::absent) || is_missing ? gone
                  : value.is(Kind::error)              ? broken
                  : value.is(kind_)                    ? not_a_number
                                                       : unreached;
  return specials_[which];
}

}  // namespace bw::policy
