// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cel/function.h"
#include "cel/message.h"
#include "cel/type.h"
#include "cel/value.h"

namespace bw::cel {

// The variables, functions and messages expressions may use, and their types. Declared once, then shared by everything compiled
// against it; declaring more later does not disturb what is compiled already. Copy one to extend it: the slots of the
// copy are those of the original, so an Activation of the copy serves programs of both.
//
//   auto args = Type::object(make_object("Args", {{"amount_usd", Type::float64()}, {"reason", Type::string(), true}}));
//   Environment environment;
//   std::size_t args_slot = environment.declare("args", args);
class Environment {
 public:
  struct Variable {
    std::string name;
    Type type;
  };

  // Returns the variable's slot. A name may be dotted; a name declared twice is a defect and stops the program.
  std::size_t declare(std::string name, Type type);
  // Adds a function beside the standard ones; of the same name and form, it replaces that.
  void declare(Function function);
  // Adds a message beside the standard ones; of the same name, it replaces that. Objects it makes
  // have a type of the same name.
  void declare(Message message);

  std::span<const Variable> variables() const { return variables_; }
  std::optional<std::size_t> slot(std::string_view name) const;
  std::vector<std::string> variable_names() const;

  std::shared_ptr<const Function> function(std::string_view name, bool method) const;  // null when there is none
  std::vector<std::string> function_names(bool method) const;                          // without operators

  std::shared_ptr<const Message> message(std::string_view name) const;  // null when there is none
  std::vector<std::string> message_names() const;

 private:
  std::vector<Variable> variables_;
  std::vector<std::shared_ptr<const Function>> functions_;
  std::vector<std::shared_ptr<const Message>> messages_;
};

// The values of an environment's variables for one evaluation or many. Binding does not copy: see Value. A variable left
// out is an error where it is used, so that forgetting one cannot pass as a decision.
class Activation {
 public:
  explicit Activation(const Environment& environment) : values_(environment.variables().size()) {}

  void bind(std::size_t slot, Value value) { values_.at(slot) = value; }
  const Value& at(std::size_t slot) const { return values_[slot]; }
  std::size_t size() const { return values_.size(); }
  void clear() { values_.assign(values_.size(), Value::absent()); }

 private:
  std::vector<Value> values_;
};

}  // namespace bw::cel
