// SPDX-License-Identifier: Apache-2.0
// What the messages are: their types, their names, and how their fields are read.
#include "messages.h"

#include <google/protobuf/descriptor.pb.h>

#include <array>
#include <stdexcept>

#include "cel/time.h"

namespace bw::cel {
namespace {

using Cpp = pb::FieldDescriptor;

std::shared_ptr<const ObjectType> borrowed(const ObjectType& type) { return {std::shared_ptr<void>(), &type}; }

const Type* well_known(std::string_view name) {
  static const std::map<std::string_view, Type> types{
      {"google.protobuf.Any", Type::dyn()},
      {"google.protobuf.Value", Type::dyn()},
      {"google.protobuf.Struct", Type::map(Type::string(), Type::dyn())},
      {"google.protobuf.ListValue", Type::list(Type::dyn())},
      {"google.protobuf.Timestamp", Type::timestamp()},
      {"google.protobuf.Duration", Type::duration()},
      {"google.protobuf.BoolValue", Type::wrapper(Type::boolean())},
      {"google.protobuf.StringValue", Type::wrapper(Type::string())},
      {"google.protobuf.BytesValue", Type::wrapper(Type::bytes())},
      {"google.protobuf.DoubleValue", Type::wrapper(Type::float64())},
      {"google.protobuf.FloatValue", Type::wrapper(Type::float64())},
      {"google.protobuf.Int64Value", Type::wrapper(Type::int64())},
      {"google.protobuf.Int32Value", Type::wrapper(Type::int64())},
      {"google.protobuf.UInt64Value", Type::wrapper(Type::uint64())},
      {"google.protobuf.UInt32Value", Type::wrapper(Type::uint64())},
  };
  auto found = types.find(name);
  return found == types.end() ? nullptr : &found->second;
}

// --- functions; an implementation is a plain pointer, so what it speaks of is found by its number ---

constexpr std::size_t enums_max = 16;
struct EnumFunctions {
  const Messages* messages = nullptr;
  std::vector<const pb::EnumDescriptor*> descriptors;
};
EnumFunctions& enum_functions() {
  static EnumFunctions functions;
  return functions;
}

// Color(2), Color('RED').
template <std::size_t number>
Value make_enum(CallContext& c, std::span<const Value> args) {
  const pb::EnumDescriptor& descriptor = *enum_functions().descriptors.at(number);
  const Messages& messages = *enum_functions().messages;
  if (args[0].is(Value::Kind::string)) {
    const auto* value = descriptor.FindValueByName(std::string(args[0].text()));
    if (value == nullptr) return c.fail(Fault::invalid_argument, "invalid name of an enumeration's value");
    return messages.enum_value(descriptor.full_name(), value->number(), c.arena());
  }
  if (!args[0].is(Value::Kind::int64)) return no_such_overload(c, descriptor.full_name(), args);
  auto value = static_cast<std::int32_t>(args[0].int64());
  if (value != args[0].int64()) return c.fail(Fault::overflow, "enumeration out of range");
  return messages.enum_value(descriptor.full_name(), value, c.arena());
}

template <std::size_t... number>
Implementation enum_function(std::size_t which, std::index_sequence<number...>) {
  static constexpr std::array<Implementation, sizeof...(number)> all{make_enum<number>...};
  return all.at(which);
}

Value int_of(CallContext& c, std::span<const Value> args) {
  static const auto standard = Environment().function("int", false);
  return args[0].is(Value::Kind::object) ? args[0].field(0) : standard->implementation(c, args);
}

// proto.getExt(message, package.extension): the second argument is a variable that holds its own name.
Value get_extension(CallContext& c, std::span<const Value> args) {
  std::size_t slot = args[0].is(Value::Kind::object) ? args[0].object_type().index(args[1].text()) : ObjectType::npos;
  return slot == ObjectType::npos ? no_such_overload(c, "proto.getExt", args) : args[0].field(slot);
}
Value has_extension(CallContext& c, std::span<const Value> args) {
  std::size_t slot = args[0].is(Value::Kind::object) ? args[0].object_type().index(args[1].text()) : ObjectType::npos;
  return slot == ObjectType::npos ? no_such_overload(c, "proto.hasExt", args) : args[0].has(slot);
}

}  // namespace

// The protobuf field in each slot of the type; the slot after them holds the fields that the descriptor does not know.
struct Messages::Shape {
  explicit Shape(const pb::Descriptor& d) : descriptor(d), type(d.full_name(), {}) {}
  const pb::Descriptor& descriptor;
  ObjectType type;
  std::vector<const pb::FieldDescriptor*> fields;
};

Messages::Messages(const std::vector<std::string>& files, bool strong) : strong_(strong) {
  for (const std::string& bytes : files) {
    pb::FileDescriptorProto file;
    if (!file.ParseFromString(bytes)) throw std::runtime_error("a descriptor cannot be read");
    const pb::FileDescriptor* built = pool_.BuildFile(file);
    if (built == nullptr) throw std::runtime_error("a descriptor cannot be built: " + file.name());
    add_file(*built);
  }
  for (auto& [name, shape] : shapes_) complete(*shape);
  if (strong_) enum_functions().messages = this;
}

Messages::~Messages() = default;

// --- what there is ---

void Messages::add_file(const pb::FileDescriptor& file) {
  for (int i = 0; i < file.message_type_count(); ++i) add_message(*file.message_type(i));
  for (int i = 0; i < file.enum_type_count(); ++i) add_enum(*file.enum_type(i));
  for (int i = 0; i < file.extension_count(); ++i) add_extension(*file.extension(i));
}

void Messages::add_message(const pb::Descriptor& descriptor) {
  if (descriptor.options().map_entry()) return;
  shapes_[descriptor.full_name()] = std::make_unique<Shape>(descriptor);
  for (int i = 0; i < descriptor.nested_type_count(); ++i) add_message(*descriptor.nested_type(i));
  for (int i = 0; i < descriptor.enum_type_count(); ++i) add_enum(*descriptor.enum_type(i));
  for (int i = 0; i < descriptor.extension_count(); ++i) add_extension(*descriptor.extension(i));
}

void Messages::add_enum(const pb::EnumDescriptor& descriptor) {
  const std::string& name = descriptor.full_name();
  enums_[name] = std::make_unique<ObjectType>(name, std::vector<Field>{{"number", Type::int64()}});
  for (int i = 0; i < descriptor.value_count(); ++i) {
    const auto& value = *descriptor.value(i);
    constants_[name + "." + value.name()] = enum_value(name, value.number(), arena_);
  }
  if (strong_) enum_functions().descriptors.push_back(&descriptor);
}

void Messages::add_extension(const pb::FieldDescriptor& extension) {
  constants_[extension.full_name()] = Value::string(arena_.copy(extension.full_name()));
}

void Messages::complete(Shape& shape) const {
  for (int i = 0; i < shape.descriptor.field_count(); ++i) shape.fields.push_back(shape.descriptor.field(i));
  std::vector<Field> fields;
  for (const auto* field : shape.fields) fields.push_back({field->name(), type_of(*field)});
  std::vector<const pb::FieldDescriptor*> extensions;
  pool_.FindAllExtensions(&shape.descriptor, &extensions);
  for (const auto* extension : extensions) {
    shape.fields.push_back(extension);
    fields.push_back({extension->full_name(), type_of(*extension)});
  }
  fields.push_back({"fields that the descriptor does not know", Type::bytes()});
  shape.type.complete(std::move(fields));
}

// --- what expressions may name ---

void Messages::declare(Environment& environment) const {
  for (const auto& [name, shape] : shapes_) {
    if (!environment.message(name)) environment.declare(constructor(*shape));
  }
  for (const auto& [name, value] : constants_) {
    bool is_enum = value.is(Value::Kind::object);
    environment.declare(name, is_enum                         ? Type::object(borrowed(value.object_type()))
                              : value.is(Value::Kind::string) ? Type::string()
                                                              : Type::int64());
  }
  environment.declare(make_function("proto.getExt", Form::global, {"dyn, dyn -> dyn"}, get_extension));
  environment.declare(make_function("proto.hasExt", Form::global, {"dyn, dyn -> bool"}, has_extension));
  if (!strong_) return;
  Function to_int = *environment.function("int", false);
  to_int.implementation = int_of;
  std::size_t number = 0;
  for (const auto* descriptor : enum_functions().descriptors) {
    Type type = Type::object(borrowed(*enums_.at(descriptor->full_name())));
    Function function{descriptor->full_name(), Form::global, {}, nullptr};
    function.overloads = {{{Type::int64()}, type}, {{Type::string()}, type}};
    function.implementation = enum_function(number++, std::make_index_sequence<enums_max>());
    environment.declare(std::move(function));
    to_int.overloads.push_back({{type}, Type::int64()});
  }
  environment.declare(std::move(to_int));
}

Message Messages::constructor(const Shape& shape) const {
  Message message{shape.type.name(), type(shape.type.name()), {}, {}};
  auto fields = shape.type.fields();
  message.fields.assign(fields.begin(), fields.end() - 1);
  message.make = [this, &shape](CallContext& context, std::span<const Value> given) {
    return construct(shape, context, given);
  };
  return message;
}

Value Messages::construct(const Shape& shape, CallContext& context, std::span<const Value> fields) const {
  pb::Message* message = make(shape.descriptor);
  try {
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (!fields[i].is(Value::Kind::absent)) set(*message, *shape.fields[i], fields[i], context.arena());
    }
  } catch (const std::invalid_argument& wrong) {
    return context.fail(Fault::invalid_argument, wrong.what());
  }
  Value value = wrap(*message, context.arena());
  bool unread = value.is(Value::Kind::object) && type_name(value) == "google.protobuf.Any";
  return unread ? context.fail(Fault::invalid_argument, "conversion: the type of an Any is not known") : value;
}

// --- types ---

Type Messages::type(const std::string& message) const {
  if (const Type* known = well_known(message)) return *known;
  auto found = shapes_.find(message);
  if (found == shapes_.end()) throw Unsupported{};
  return Type::object(borrowed(found->second->type));
}

Type Messages::element_type(const pb::FieldDescriptor& field) const {
  switch (field.cpp_type()) {
    case Cpp::CPPTYPE_BOOL: return Type::boolean();
    case Cpp::CPPTYPE_INT32:
    case Cpp::CPPTYPE_INT64: return Type::int64();
    case Cpp::CPPTYPE_UINT32:
    case Cpp::CPPTYPE_UINT64: return Type::uint64();
    case Cpp::CPPTYPE_FLOAT:
    case Cpp::CPPTYPE_DOUBLE: return Type::float64();
    case Cpp::CPPTYPE_STRING: return field.type() == Cpp::TYPE_BYTES ? Type::bytes() : Type::string();
    case Cpp::CPPTYPE_ENUM:
      return strong_ ? Type::object(borrowed(*enums_.at(field.enum_type()->full_name()))) : Type::int64();
    case Cpp::CPPTYPE_MESSAGE: return type(field.message_type()->full_name());
  }
  return Type::dyn();
}

Type Messages::type_of(const pb::FieldDescriptor& field) const {
  if (field.is_map()) {
    return Type::map(element_type(*field.message_type()->map_key()), element_type(*field.message_type()->map_value()));
  }
  return field.is_repeated() ? Type::list(element_type(field)) : element_type(field);
}

// --- reading ---

pb::Message* Messages::make(const pb::Descriptor& descriptor) const {
  messages_.emplace_back(factory_.GetPrototype(&descriptor)->New());
  return messages_.back().get();
}

Value Messages::enum_value(const std::string& type, int number, Arena& arena) const {
  if (!strong_) return Value::int64(number);
  std::array slots{Value::int64(number)};
  return Value::object(arena, *enums_.at(type), slots);
}

Value Messages::parse(const std::string& type_url, const std::string& bytes, Arena& arena) const {
  auto found = shapes_.find(type_url.substr(type_url.rfind('/') + 1));
  if (type_url.empty() || found == shapes_.end()) {
    return Value::error(arena, Fault::invalid_argument, "conversion: no message of the type \"" + type_url + "\"");
  }
  pb::Message* message = make(found->second->descriptor);
  if (!message->ParseFromString(bytes)) return Value::error(arena, Fault::invalid_argument, "ill-formed message");
  return wrap(*message, arena);
}

Value Messages::unpack(const pb::Message& any, Arena& arena) const {
  const auto& descriptor = *any.GetDescriptor();
  const auto& reflection = *any.GetReflection();
  Value inside =
      parse(reflection.GetString(any, descriptor.field(0)), reflection.GetString(any, descriptor.field(1)), arena);
  if (!inside.is(Value::Kind::error)) return inside;
  // What cannot be read is itself, so that it can still be compared.
  return Value::object(arena, shapes_.at(descriptor.full_name())->type, *this, const_cast<pb::Message*>(&any));
}

// A message that the language has as a value of its own, else an object over it.
Value Messages::wrap(const pb::Message& message, Arena& arena) const {
  const auto& descriptor = *message.GetDescriptor();
  const std::string& name = descriptor.full_name();
  const Type* known = well_known(name);
  if (known == nullptr) {
    return Value::object(arena, shapes_.at(name)->type, *this, const_cast<pb::Message*>(&message));
  }
  if (name == "google.protobuf.Any") return unpack(message, arena);
  if (name == "google.protobuf.Value") return json(message, arena);
  if (!known->is(TypeKind::timestamp) && !known->is(TypeKind::duration)) {
    return field(message, *descriptor.field(0), arena);  // of wrappers the value, of Struct and ListValue all they have
  }
  const auto& reflection = *message.GetReflection();
  auto seconds = reflection.GetInt64(message, descriptor.field(0));
  auto nanos = reflection.GetInt32(message, descriptor.field(1));
  auto made = known->is(TypeKind::timestamp) ? make_timestamp(seconds, nanos) : make_duration(seconds, nanos);
  return made ? *made : Value::error(arena, Fault::overflow, "time out of range");
}

Value Messages::json(const pb::Message& value, Arena& arena) const {
  const auto* kind = value.GetReflection()->GetOneofFieldDescriptor(value, value.GetDescriptor()->oneof_decl(0));
  if (kind == nullptr || kind->name() == "null_value") return Value::null();
  return singular(value, *kind, arena);
}

Value Messages::field(const pb::Message& message, const pb::FieldDescriptor& field, Arena& arena) const {
  if (!field.is_repeated()) return singular(message, field, arena);
  auto size = static_cast<std::size_t>(message.GetReflection()->FieldSize(message, &field));
  if (!field.is_map()) {
    auto elements = arena.array<Value>(size);
    for (std::size_t i = 0; i < size; ++i) elements[i] = element(message, field, static_cast<int>(i), arena);
    return Value::list(elements);
  }
  auto entries = arena.array<Value::Entry>(size);
  for (std::size_t i = 0; i < size; ++i) {
    const auto& entry = message.GetReflection()->GetRepeatedMessage(message, &field, static_cast<int>(i));
    entries[i] = {singular(entry, *field.message_type()->map_key(), arena),
                  singular(entry, *field.message_type()->map_value(), arena)};
  }
  return Value::map(arena, entries);
}

Value Messages::singular(const pb::Message& message, const pb::FieldDescriptor& field, Arena& arena) const {
  const auto& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case Cpp::CPPTYPE_BOOL: return Value::boolean(reflection.GetBool(message, &field));
    case Cpp::CPPTYPE_INT32: return Value::int64(reflection.GetInt32(message, &field));
    case Cpp::CPPTYPE_INT64: return Value::int64(reflection.GetInt64(message, &field));
    case Cpp::CPPTYPE_UINT32: return Value::uint64(reflection.GetUInt32(message, &field));
    case Cpp::CPPTYPE_UINT64: return Value::uint64(reflection.GetUInt64(message, &field));
    case Cpp::CPPTYPE_FLOAT: return Value::float64(static_cast<double>(reflection.GetFloat(message, &field)));
    case Cpp::CPPTYPE_DOUBLE: return Value::float64(reflection.GetDouble(message, &field));
    case Cpp::CPPTYPE_STRING: {
      auto text = arena.copy(reflection.GetString(message, &field));
      return field.type() == Cpp::TYPE_BYTES ? Value::bytes(text) : Value::string(text);
    }
    case Cpp::CPPTYPE_ENUM:
      return enum_value(field.enum_type()->full_name(), reflection.GetEnumValue(message, &field), arena);
    case Cpp::CPPTYPE_MESSAGE: break;
  }
  const std::string& type = field.message_type()->full_name();
  const Type* known = well_known(type);
  bool null_when_unset = known != nullptr && (known->is(TypeKind::wrapper) || type == "google.protobuf.Any");
  if (null_when_unset && !reflection.HasField(message, &field)) return Value::null();
  return wrap(reflection.GetMessage(message, &field, &factory_), arena);
}

Value Messages::element(const pb::Message& message, const pb::FieldDescriptor& field, int i, Arena& arena) const {
  const auto& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case Cpp::CPPTYPE_BOOL: return Value::boolean(reflection.GetRepeatedBool(message, &field, i));
    case Cpp::CPPTYPE_INT32: return Value::int64(reflection.GetRepeatedInt32(message, &field, i));
    case Cpp::CPPTYPE_INT64: return Value::int64(reflection.GetRepeatedInt64(message, &field, i));
    case Cpp::CPPTYPE_UINT32: return Value::uint64(reflection.GetRepeatedUInt32(message, &field, i));
    case Cpp::CPPTYPE_UINT64: return Value::uint64(reflection.GetRepeatedUInt64(message, &field, i));
    case Cpp::CPPTYPE_FLOAT:
      return Value::float64(static_cast<double>(reflection.GetRepeatedFloat(message, &field, i)));
    case Cpp::CPPTYPE_DOUBLE: return Value::float64(reflection.GetRepeatedDouble(message, &field, i));
    case Cpp::CPPTYPE_STRING: {
      auto text = arena.copy(reflection.GetRepeatedString(message, &field, i));
      return field.type() == Cpp::TYPE_BYTES ? Value::bytes(text) : Value::string(text);
    }
    case Cpp::CPPTYPE_ENUM:
      return enum_value(field.enum_type()->full_name(), reflection.GetRepeatedEnumValue(message, &field, i), arena);
    case Cpp::CPPTYPE_MESSAGE: break;
  }
  return wrap(reflection.GetRepeatedMessage(message, &field, i), arena);
}

Value Messages::read(void* record, const ObjectType& type, std::size_t slot, Arena& arena) const {
  const auto& message = *static_cast<const pb::Message*>(record);
  const Shape& shape = *shapes_.at(type.name());
  if (slot < shape.fields.size()) return field(message, *shape.fields[slot], arena);
  std::string unknown;
  message.GetReflection()->GetUnknownFields(message).SerializeToString(&unknown);
  return Value::bytes(arena.copy(unknown));
}

std::optional<bool> Messages::has(const void* record, std::size_t slot) const {
  const auto& message = *static_cast<const pb::Message*>(record);
  const auto& reflection = *message.GetReflection();
  const Shape& shape = *shapes_.at(message.GetDescriptor()->full_name());
  if (slot == shape.fields.size()) return !reflection.GetUnknownFields(message).empty();
  const pb::FieldDescriptor* field = shape.fields[slot];
  return field->is_repeated() ? reflection.FieldSize(message, field) > 0 : reflection.HasField(message, field);
}

}  // namespace bw::cel
