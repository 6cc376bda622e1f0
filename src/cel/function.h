// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cel/size.h"
#include "cel/type.h"
#include "cel/value.h"

namespace re2 {
class RE2;
}

namespace bw::cel {

// What a function sees of the evaluation that calls it.
class CallContext {
 public:
  // `pattern`: the call's constant pattern, compiled when it was loaded.
  CallContext(Arena& arena, Place place, std::int64_t& budget, const re2::RE2* pattern = nullptr)
      : arena_(arena), place_(place), budget_(budget), pattern_(pattern) {}

  Arena& arena() { return arena_; }
  Place place() const { return place_; }
  const re2::RE2* pattern() const { return pattern_; }  // null when it is known only now
  Value fail(Fault fault, std::string_view message) { return Value::error(arena_, fault, message, place_); }
  // Pays for work that grows with the data. False when the budget is used up: stop and return cost_exceeded().
  bool charge(std::size_t units) {
    budget_ -= static_cast<std::int64_t>(units);
    return budget_ >= 0;
  }
  bool charge_text(std::size_t bytes) { return charge(bytes / 10); }
  Value cost_exceeded() {
    if (budget_ >= 0) budget_ = -1;  // nothing absorbs this one
    return fail(Fault::cost_exceeded, "the evaluation costs more than its ceiling");
  }

 private:
  Arena& arena_;
  Place place_;
  std::int64_t& budget_;
  const re2::RE2* pattern_;
};

// Gets values of the language only (no error, unknown or absent), the receiver first. Types were checked where they were
// known; a dyn argument can still have any, and then the answer is no_such_overload(). Pure: same arguments, same answer.
using Implementation = Value (*)(CallContext& context, std::span<const Value> arguments);

Value no_such_overload(CallContext& context, std::string_view function, std::span<const Value> arguments);

struct Overload {
  std::vector<Type> parameters;  // the receiver first
  Type result;
  bool repeats = false;  // the last parameter may occur more than once: "int... -> int"
};

enum class Form : std::uint8_t { global, method, either };

struct Function {
  std::string name;
  Form form = Form::global;
  std::vector<Overload> overloads;
  Implementation implementation = nullptr;
  Work (*work)(std::span<const Size> arguments) = nullptr;  // what it charges at the most; see cost.h
  std::optional<std::size_t> pattern;  // which argument is a regular expression, the receiver being the first
};

// Function signatures in CEL's own notation; single capitals are type parameters.
//   make_function("contains", Form::method, {"string, string -> bool"}, string_contains)
// An ill-formed signature is a defect of the program and stops it.
Function make_function(std::string name, Form form, std::vector<std::string_view> signatures,
                       Implementation implementation);

// The functions and operators every environment has.
std::span<const Function> standard_functions();

}  // namespace bw::cel
