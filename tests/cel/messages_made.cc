// SPDX-License-Identifier: Apache-2.0
// How expressions make messages: fields set from values of the language.
#include <limits>
#include <stdexcept>

#include "cel/time.h"
#include "messages.h"

namespace bw::cel {
namespace {

using Kind = Value::Kind;
using Cpp = pb::FieldDescriptor;

[[noreturn]] void refuse(const pb::FieldDescriptor& field, const Value& value) {
  throw std::invalid_argument("unsupported field type: `" + field.name() + "` does not take " + render(value, 60));
}

const Value& of_kind(Kind kind, const pb::FieldDescriptor& field, const Value& value) {
  if (!value.is(kind)) refuse(field, value);
  return value;
}

template <class Narrow, class Wide>
Narrow narrowed(Wide value) {
  if (value < std::numeric_limits<Narrow>::min() || value > std::numeric_limits<Narrow>::max()) {
    throw std::invalid_argument("range error");
  }
  return static_cast<Narrow>(value);
}

const pb::FieldDescriptor& named(const pb::Message& message, const char* field) {
  return *message.GetDescriptor()->FindFieldByName(field);
}

bool is_json(std::string_view name) {
  return name == "google.protobuf.Value" || name == "google.protobuf.Struct" || name == "google.protobuf.ListValue";
}

// Sets the field of a message that is no list, or adds to one that is.
template <class T>
void put(pb::Message& message, const pb::FieldDescriptor& field, T value,
         void (pb::Reflection::*set)(pb::Message*, const pb::FieldDescriptor*, T) const,
         void (pb::Reflection::*add)(pb::Message*, const pb::FieldDescriptor*, T) const) {
  (message.GetReflection()->*(field.is_repeated() ? add : set))(&message, &field, std::move(value));
}

}  // namespace

void Messages::set_scalar(pb::Message& message, const pb::FieldDescriptor& field, const Value& value) const {
  using R = pb::Reflection;
  auto text = [&](Kind kind) { return std::string(of_kind(kind, field, value).text()); };
  auto number = [&] { return of_kind(Kind::int64, field, value).int64(); };
  auto natural = [&] { return of_kind(Kind::uint64, field, value).uint64(); };
  auto real = [&] { return of_kind(Kind::float64, field, value).float64(); };
  switch (field.cpp_type()) {
    case Cpp::CPPTYPE_BOOL:
      return put(message, field, of_kind(Kind::boolean, field, value).boolean(), &R::SetBool, &R::AddBool);
    case Cpp::CPPTYPE_INT32: return put(message, field, narrowed<std::int32_t>(number()), &R::SetInt32, &R::AddInt32);
    case Cpp::CPPTYPE_INT64: return put(message, field, number(), &R::SetInt64, &R::AddInt64);
    case Cpp::CPPTYPE_UINT32:
      return put(message, field, narrowed<std::uint32_t>(natural()), &R::SetUInt32, &R::AddUInt32);
    case Cpp::CPPTYPE_UINT64: return put(message, field, natural(), &R::SetUInt64, &R::AddUInt64);
    case Cpp::CPPTYPE_FLOAT: return put(message, field, static_cast<float>(real()), &R::SetFloat, &R::AddFloat);
    case Cpp::CPPTYPE_DOUBLE: return put(message, field, real(), &R::SetDouble, &R::AddDouble);
    case Cpp::CPPTYPE_STRING:
      return put(message, field, text(field.type() == Cpp::TYPE_BYTES ? Kind::bytes : Kind::string), &R::SetString,
                 &R::AddString);
    case Cpp::CPPTYPE_ENUM: {
      const Value& code = value.is(Kind::object) ? value.field(0) : value;
      int enum_number = narrowed<std::int32_t>(of_kind(Kind::int64, field, code).int64());
      return put(message, field, enum_number, &R::SetEnumValue, &R::AddEnumValue);
    }
    case Cpp::CPPTYPE_MESSAGE: break;
  }
  refuse(field, value);
}

void Messages::set(pb::Message& message, const pb::FieldDescriptor& field, const Value& value, Arena& arena) const {
  const auto& reflection = *message.GetReflection();
  bool holds_messages = field.cpp_type() == Cpp::CPPTYPE_MESSAGE;
  if (field.is_map()) {
    for (const auto& entry : of_kind(Kind::map, field, value).entries()) {
      pb::Message* added = reflection.AddMessage(&message, &field);
      set(*added, *field.message_type()->map_key(), entry.key, arena);
      set(*added, *field.message_type()->map_value(), entry.value, arena);
    }
    return;
  }
  if (field.is_repeated()) {
    for (const Value& element : of_kind(Kind::list, field, value).elements()) {
      if (holds_messages) {
        fill(*reflection.AddMessage(&message, &field), element, arena);
      } else {
        set_scalar(message, field, element);
      }
    }
    return;
  }
  if (!holds_messages) return set_scalar(message, field, value);
  // null leaves a message out, but is a value of JSON.
  bool json = is_json(field.message_type()->full_name());
  if (!value.is(Kind::null) || json) fill(*reflection.MutableMessage(&message, &field), value, arena);
}

// Makes the message what the value says.
void Messages::fill(pb::Message& message, const Value& value, Arena& arena) const {
  const auto& descriptor = *message.GetDescriptor();
  const std::string& name = descriptor.full_name();
  if (name == "google.protobuf.Any") return pack(message, value, arena);
  if (is_json(name)) return fill_json(message, plain_json(value, arena), arena);
  if (value.is(Kind::timestamp) || value.is(Kind::duration)) {
    if (name != type_name(value)) throw std::invalid_argument("unsupported field type: " + name);
    message.GetReflection()->SetInt64(&message, descriptor.field(0), value.seconds());
    message.GetReflection()->SetInt32(&message, descriptor.field(1), value.nanos());
    return;
  }
  if (type(name).is(TypeKind::wrapper)) return set_scalar(message, *descriptor.field(0), value);
  const auto* record = value.is(Kind::object) ? static_cast<const pb::Message*>(value.record(*this)) : nullptr;
  if (record == nullptr || record->GetDescriptor() != &descriptor) {
    throw std::invalid_argument("unsupported field type: " + name);
  }
  message.CopyFrom(*record);
}

// The message that holds a value of the language: its own, or the well-known one for its type.
void Messages::pack(pb::Message& any, const Value& value, Arena& arena) const {
  static const std::map<Kind, std::string> holders{
      {Kind::boolean, "google.protobuf.BoolValue"},   {Kind::int64, "google.protobuf.Int64Value"},
      {Kind::uint64, "google.protobuf.UInt64Value"},  {Kind::float64, "google.protobuf.DoubleValue"},
      {Kind::string, "google.protobuf.StringValue"},  {Kind::bytes, "google.protobuf.BytesValue"},
      {Kind::timestamp, "google.protobuf.Timestamp"}, {Kind::duration, "google.protobuf.Duration"},
      {Kind::list, "google.protobuf.ListValue"},      {Kind::map, "google.protobuf.Struct"},
      {Kind::null, "google.protobuf.Value"},
  };
  const auto* message = value.is(Kind::object) ? static_cast<const pb::Message*>(value.record(*this)) : nullptr;
  if (message == nullptr) {
    auto holder = holders.find(value.kind());
    if (holder == holders.end()) throw std::invalid_argument("nothing holds " + render(value, 60));
    pb::Message* made = make(*pool_.FindMessageTypeByName(holder->second));
    fill(*made, value, arena);
    message = made;
  }
  const auto& reflection = *any.GetReflection();
  reflection.SetString(&any, &named(any, "type_url"), "type.googleapis.com/" + message->GetDescriptor()->full_name());
  reflection.SetString(&any, &named(any, "value"), message->SerializeAsString());
}

// The messages that have a JSON form of their own, and what json_value knows.
Value Messages::plain_json(const Value& value, Arena& arena) const {
  if (value.is(Kind::object) && value.record(*this) != nullptr) {
    if (type_name(value) == "google.protobuf.Empty") return Value::map(arena, {});
    if (type_name(value) == "google.protobuf.FieldMask") {
      std::string paths;
      for (const Value& path : value.field(0).elements())
        paths += (paths.empty() ? "" : ",") + std::string(path.text());
      return Value::string(arena.copy(paths));
    }
  }
  auto json = json_value(value, arena);
  if (!json) throw std::invalid_argument("bad key type, or no JSON form: " + render(value, 60));
  return *json;
}

void Messages::fill_json(pb::Message& message, const Value& json, Arena& arena) const {
  const std::string& name = message.GetDescriptor()->full_name();
  auto put_into = [&](const char* field) { set(message, named(message, field), json, arena); };
  if (name == "google.protobuf.Struct") return put_into("fields");
  if (name == "google.protobuf.ListValue") return put_into("values");
  switch (json.kind()) {
    case Kind::null: return message.GetReflection()->SetEnumValue(&message, &named(message, "null_value"), 0);
    case Kind::boolean: return put_into("bool_value");
    case Kind::float64: return put_into("number_value");
    case Kind::string: return put_into("string_value");
    case Kind::list: return put_into("list_value");
    default: return put_into("struct_value");
  }
}

}  // namespace bw::cel
