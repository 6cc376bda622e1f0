// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cel/environment.h"
#include "cel/message.h"
#include "cel/value.h"

namespace bw::cel {

namespace pb = google::protobuf;

// What the corpus speaks of and does not hold.
struct Unsupported {};

// Protocol buffers for the conformance corpus: messages as objects of the language, by libprotobuf's reflection over the
// corpus' own descriptors. It stands on the two doors that any host has, ObjectReader and Message, and on nothing else.
// Values hold pointers into this, so it outlives them. What cannot be throws: only tests see it.
class Messages final : public ObjectReader {
 public:
  // Each file after those it depends on, as serialized FileDescriptorProtos. With `strong` an enumeration is a type of its
  // own, else its values are ints.
  Messages(const std::vector<std::string>& files, bool strong);
  ~Messages() override;

  // Declares every message, enumeration and extension. What becomes a variable has its value in `constants`.
  void declare(Environment& environment) const;
  const std::map<std::string, Value>& constants() const { return constants_; }

  // A message from its bytes; what the language has as a value of its own comes as that.
  Value parse(const std::string& type_url, const std::string& bytes, Arena& arena) const;
  Value enum_value(const std::string& type, int number, Arena& arena) const;
  Type type(const std::string& message) const;

  Value read(void* record, const ObjectType& type, std::size_t slot, Arena& arena) const override;
  std::optional<bool> has(const void* record, std::size_t slot) const override;

 private:
  struct Shape;

  void add_file(const pb::FileDescriptor& file);
  void add_message(const pb::Descriptor& descriptor);
  void add_enum(const pb::EnumDescriptor& descriptor);
  void add_extension(const pb::FieldDescriptor& extension);
  void complete(Shape& shape) const;
  Message constructor(const Shape& shape) const;
  Value construct(const Shape& shape, CallContext& context, std::span<const Value> fields) const;

  Type type_of(const pb::FieldDescriptor& field) const;
  Type element_type(const pb::FieldDescriptor& field) const;
  pb::Message* make(const pb::Descriptor& descriptor) const;

  Value wrap(const pb::Message& message, Arena& arena) const;
  Value unpack(const pb::Message& any, Arena& arena) const;
  Value json(const pb::Message& value, Arena& arena) const;
  Value field(const pb::Message& message, const pb::FieldDescriptor& field, Arena& arena) const;
  Value singular(const pb::Message& message, const pb::FieldDescriptor& field, Arena& arena) const;
  Value element(const pb::Message& message, const pb::FieldDescriptor& field, int index, Arena& arena) const;

  void set(pb::Message& message, const pb::FieldDescriptor& field, const Value& value, Arena& arena) const;
  void set_scalar(pb::Message& message, const pb::FieldDescriptor& field, const Value& value) const;
  void fill(pb::Message& message, const Value& value, Arena& arena) const;
  void pack(pb::Message& any, const Value& value, Arena& arena) const;
  void fill_json(pb::Message& value, const Value& from, Arena& arena) const;
  Value plain_json(const Value& value, Arena& arena) const;

  bool strong_;
  pb::DescriptorPool pool_;
  mutable pb::DynamicMessageFactory factory_{&pool_};
  mutable std::vector<std::unique_ptr<pb::Message>> messages_;
  std::map<std::string, std::unique_ptr<Shape>, std::less<>> shapes_;
  std::map<std::string, std::unique_ptr<ObjectType>, std::less<>> enums_;
  std::map<std::string, Value> constants_;
  Arena arena_;  // of the constants
};

}  // namespace bw::cel
