// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cel/arena.h"
#include "cel/place.h"

namespace bw::cel {

class ObjectType;
class ObjectReader;

// What kind of thing went wrong while evaluating. The message is for people, the kind for decisions and counts.
enum class Fault : std::uint8_t {
  no_such_field,     // an object has no such field, or an optional one is absent
  no_such_key,       // a map has no such key
  no_such_overload,  // an operand has a type the operation does not take (only dyn values reach this)
  index_range,       // a list is shorter than that
  overflow,          // a number does not fit
  divide_by_zero,
  invalid_argument,  // a value of the right type that the operation cannot use: timestamp("soon")
  wrong_type,        // a value bound by the host has another type than was declared
  not_bound,         // a declared variable got no value
  duplicate_key,     // {1: a, 1: b}
  cost_exceeded,     // the evaluation reached its ceiling
  host,              // bound as an error by the host
};

std::string_view name(Fault fault);

struct Failure {
  Fault fault = Fault::host;
  std::string_view message;
  Place place;  // of the term that failed; unknown for errors the host bound
};

// One value: sixteen bytes, trivially copied, never owning. Text, lists, maps and objects point into the arena they were
// built in, into the Program's constants or into the JSON document they came from, and live no longer than those.
//
// Beside CEL's own kinds there are three that carry the state of an evaluation:
//   absent   an optional field without a value; what looking up a missing key gives; never the result of an evaluation
//   error    this term failed; holds the fault, a message and the place
//   unknown  the answer depends on attributes the host has not fetched; holds their names
//
// Objects over an ObjectReader read a field on first use and remember it: values of one request belong to one thread.
class Value {
 public:
  enum class Kind : std::uint8_t {
    absent,
    null,
    boolean,
    int64,
    uint64,
    float64,
    string,
    bytes,
    timestamp,
    duration,
    ip,
    cidr,
    list,
    map,
    object,
    optional,
    type,
    error,
    unknown,
  };
  struct Entry;

  Value() = default;  // absent

  static Value absent() { return {}; }
  static Value null() { return Value(Kind::null); }
  static Value boolean(bool value);
  static Value int64(std::int64_t value);
  static Value uint64(std::uint64_t value);
  static Value float64(double value);
  static Value string(std::string_view utf8);                                 // borrowed
  static Value bytes(std::string_view bytes);                                 // borrowed
  static Value timestamp(std::int64_t unix_seconds, std::int32_t nanos = 0);  // nanos 0 to 999'999'999
  static Value duration(std::int64_t seconds, std::int32_t nanos = 0);        // nanos of the same sign as seconds
  static Value ip(std::string_view address);                            // borrowed; 4 or 16 bytes, the highest first
  static Value cidr(std::string_view address, unsigned prefix_length);  // the same; of up to so many bits
  static Value type(std::string_view name);                             // borrowed
  static Value list(std::span<const Value> elements);                   // borrowed
  static Value map(Arena& arena, std::span<const Entry> entries);       // borrowed; keys distinct
  static Value object(Arena& arena, const ObjectType& type, std::span<const Value> slots);  // copied; absent is allowed
  static Value object(Arena& arena, const ObjectType& type, const ObjectReader& reader, void* record);
  static Value none();
  static Value some(Arena& arena, Value inner);
  static Value error(Arena& arena, Fault fault, std::string_view message, Place place = {});  // message is copied
  static Value unknown(Arena& arena, std::string_view attribute);                             // copied

  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }
  bool is_true() const { return kind_ == Kind::boolean && bits_.boolean; }
  bool is_false() const { return kind_ == Kind::boolean && !bits_.boolean; }
  bool is_number() const { return kind_ == Kind::int64 || kind_ == Kind::uint64 || kind_ == Kind::float64; }
  bool is_failed() const { return kind_ >= Kind::error; }  // error or unknown: no value of the language

  // Each of these may be called on its own kind only.
  bool boolean() const { return bits_.boolean; }
  std::int64_t int64() const { return bits_.int64; }
  std::uint64_t uint64() const { return bits_.uint64; }
  double float64() const { return bits_.float64; }
  std::string_view text() const { return {bits_.text, size_}; }  // string, bytes, type
  std::int64_t seconds() const { return bits_.int64; }           // timestamp, duration
  std::int32_t nanos() const { return static_cast<std::int32_t>(size_); }
  std::string_view address() const { return {bits_.text, size_ & 0xFFU}; }  // ip, cidr
  unsigned prefix_length() const { return size_ >> 8U; }                    // cidr
  std::span<const Value> elements() const { return {bits_.elements, size_}; }
  std::span<const Entry> entries() const;
  Value find(const Value& key) const;  // in a map; numbers are found by value, so 1, 1u and 1.0 are one key
  const ObjectType& object_type() const;
  Value field(std::size_t slot) const;             // of an object: a value, absent, error or unknown
  Value has(std::size_t slot) const;               // of an object, what has(x.field) gives: a boolean or unknown
  void* record(const ObjectReader& reader) const;  // of an object over this reader; else null
  Value inner() const;                             // of an optional: absent when it has none
  const Failure& failure() const { return *bits_.failure; }
  std::span<const std::string_view> unknowns() const;  // sorted, distinct

 private:
  friend class MapMaker;
  struct Map;
  struct Object;
  struct Unknowns;
  union Bits {
    std::int64_t int64 = 0;
    std::uint64_t uint64;
    double float64;
    bool boolean;
    const char* text;
    const Value* elements;  // of a list; of an optional, the one inside or null
    const Map* map;
    Object* object;
    const Failure* failure;
    const Unknowns* unknowns;
  };
  explicit Value(Kind kind) : kind_(kind) {}
  friend Value merge_unknowns(Arena& arena, const Value& a, const Value& b);

  Kind kind_ = Kind::absent;
  std::uint32_t size_ = 0;  // bytes, elements, or nanoseconds; of a cidr, bytes and above them its prefix length
  Bits bits_;
};

struct Value::Entry {
  Value key;  // int64, uint64, boolean or string
  Value value;
};

// How objects are read whose fields the host keeps in a form of its own: a JSON document, a record. One reader for all objects
// of a kind; it outlives them, as each record does its object.
class ObjectReader {
 public:
  ObjectReader() = default;
  ObjectReader(const ObjectReader&) = delete;
  ObjectReader& operator=(const ObjectReader&) = delete;
  virtual ~ObjectReader() = default;

  // The field in that slot: a value, absent, error or unknown. Asked once for each field of an object.
  virtual Value read(void* record, const ObjectType& type, std::size_t slot, Arena& arena) const = 0;
  // Whether the record has the field, where reading does not say so because unset fields read as their defaults.
  virtual std::optional<bool> has(const void* record, std::size_t slot) const;
};

// The unknown that waits for the attributes of both. Both must be unknown.
Value merge_unknowns(Arena& arena, const Value& a, const Value& b);

// CEL's equality: numbers by value across types, NaN unlike everything, values of different types unlike. The result is
// a boolean, or the error or unknown met inside a lazily read object.
Value equal(const Value& a, const Value& b);

// "int", "list", "net.IP", "google.protobuf.Timestamp", an object's name: what type(x) shows.
std::string_view type_name(const Value& value);

// As a CEL literal, for explanations and messages; cut with "…" to about `bytes_max`. Errors read `error(…)`.
std::string render(const Value& value, std::size_t bytes_max = 200);

}  // namespace bw::cel
