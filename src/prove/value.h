// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "prove/solver_library.h"

// What expressions may come to, as formulas over a request that is not known: the evaluator's values (cel/value.h) with,
// for each kind, the condition under which it is that kind. One solver's context, one thread; z3::exception may be thrown.
namespace bw::prove {

enum class Sort : std::uint8_t {
  null,
  boolean,
  int64,
  uint64,
  float64,
  string,
  timestamp,
  duration,
  list,
  object,
  optional,
  other
};

// The outcome of a condition. Never both; neither: it fails.
struct Truth {
  z3::expr yes, no;
  z3::expr failed() const { return !yes && !no; }
};

struct List;
struct Object;
struct Value;

// One kind that a value may be of.
struct Alternative {
  Sort sort = Sort::null;
  z3::expr when;  // of the alternatives of a value that did not fail, exactly one
  std::optional<z3::expr> term =
      {};  // Bool, Int, Real, String; times are Int nanoseconds; of an optional: whether it is there
  std::optional<z3::expr> not_a_number = {};  // of a double; absent: it is a number
  std::shared_ptr<const List> list = {};
  std::shared_ptr<const Object> object = {};
  std::shared_ptr<const Value> inner = {};  // of an optional
};

struct Value {
  z3::expr failed;
  std::vector<Alternative> alternatives;
};

// A list: the elements that are spelled out, each with whether it is there, and whether there are more.
struct List {
  struct Element {
    z3::expr present;
    Value value;
  };
  std::vector<Element> elements;
  z3::expr more;
  z3::expr length;
  bool in_front = true;  // whether what is present stands before what is not: elements can be counted off
  std::string name;      // the same for the same list
};

struct Field {
  z3::expr missing;
  Value value;
};

// Something with members: an object, a map, a JSON object of no known type.
struct Object {
  std::function<Field(const std::string&)> field;
  std::string name;
};

Value constant(z3::context& z3, bool value);
Value constant(z3::context& z3, std::int64_t value);
Value constant(z3::context& z3, std::string_view utf8);
Value of(Sort sort, z3::expr term);  // certain to be of that kind
Value failure(z3::context& z3);
Value truth_value(const Truth& truth);

// A value used as a condition: of anything but a boolean, a failure.
Truth truth_of(const Value& value);
Truth constant_truth(z3::context& z3, bool value);
Truth all_of(z3::context& z3, const std::vector<Truth>& truths);  // &&, which a false settles whatever fails
Truth any_of(z3::context& z3, const std::vector<Truth>& truths);  // ||, likewise
Truth not_of(const Truth& truth);

// `condition ? then : otherwise`; a condition that fails makes it fail.
Value choose(const Truth& condition, const Value& then, const Value& otherwise);

z3::expr all(z3::context& z3, const std::vector<z3::expr>& terms);
z3::expr any(z3::context& z3, const std::vector<z3::expr>& terms);

// Text in the solver's own spelling, and back. Nothing for what is no UTF-8.
z3::expr text_constant(z3::context& z3, std::string_view utf8);
std::string text_of(const z3::expr& constant);

// The number exactly; nothing for one that is no number or not finite.
std::optional<z3::expr> real_constant(z3::context& z3, double value);

}  // namespace bw::prove
