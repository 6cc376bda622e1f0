// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cel/function.h"
#include "cel/type.h"
#include "cel/value.h"

namespace bw::cel {

// What an expression can write as name{field: value}. The result need not be an object: google.protobuf.BoolValue{value: true}
// is true. Immutable; shared by environments and programs.
struct Message {
  std::string name;
  Type type;                  // of the result
  std::vector<Field> fields;  // those that may be given; none must be
  // Gets one value for each of `fields`, absent where none was given, else of the language (no error, no unknown). Their
  // types were checked where they were known. Pure.
  std::function<Value(CallContext& context, std::span<const Value> fields)> make;
};

// The well-known types of protocol buffers that are values of the language: Timestamp, Duration, the wrappers, Struct, Value
// and ListValue, all in the package google.protobuf. Every environment has them.
std::span<const std::shared_ptr<const Message>> standard_messages();

// The value as JSON has it (the ProtoJSON mapping): an int or uint that a double does not hold exactly becomes a string,
// so do bytes (base64), timestamps and durations. Nothing where JSON has none.
std::optional<Value> json_value(const Value& value, Arena& arena);

}  // namespace bw::cel
