// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cel/type.h"
#include "domain/rules.h"

namespace bw::analysis {

// A number as it was written, with its last digit one up or down: "200.0" to "200.1", "7" to "6".
std::string shifted(double value, std::string_view text, int by);

// Values worth trying at each attribute that conditions read: the constants they compare it with and their neighbours on both
// sides, the members of an enum, absence where that is possible. An attribute is written as in CEL: "args.amount_usd", "now",
// "facts.risk"; "args.to[]" is any element of a list. Values are JSON; absent means that the attribute is left out.
class Values {
 public:
  using Value = std::optional<std::string>;

  // `arguments` types what stands below args; dyn is fine.
  explicit Values(cel::Type arguments) : arguments_(std::move(arguments)) {}

  void declare(const std::string& path, cel::Type type) { declared_.insert_or_assign(path, std::move(type)); }

  void add(const domain::Expression& expression);
  void add(const std::string& path, Value value);

  // By attribute, each value once and in the order found; lists are put together from what was found for their elements.
  std::map<std::string, std::vector<Value>> all() const;

  // Attributes that this expression reads, in the same spelling, without elements.
  static std::vector<std::string> paths(const domain::Expression& expression);

 private:
  friend class Collector;
  // The declared type of an attribute; dyn when nothing is known.
  cel::Type type_of(std::string_view path) const;
  bool may_be_absent(std::string_view path) const;

  cel::Type arguments_;
  std::map<std::string, cel::Type, std::less<>> declared_;
  std::map<std::string, std::vector<Value>> values_;
};

// A value of the type that says nothing: "x", 1, false, the first member of an enum, an object of its required fields.
std::string plain_value(const cel::Type& type);

}  // namespace bw::analysis
