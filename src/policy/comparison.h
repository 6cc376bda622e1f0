// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "cel/environment.h"
#include "cel/program.h"
#include "cel/shape.h"

namespace bw::policy {

// A condition that does nothing but compare one attribute with constants, as most do, and how it is written. It is explained
// from the attribute's value, without evaluating it. Immutable; the program must outlive it.
class Comparison {
 public:
  // Nothing for a condition that is more than that. `environment` is what it was compiled against. At load: it allocates.
  static std::optional<Comparison> of(const cel::Program& program, const cel::Environment& environment);

  std::string_view term() const { return term_; }        // "args.amount_usd <= 200"
  std::string_view operand() const { return operand_; }  // "args.amount_usd"

  // Where the attribute has a value of its type, that and what evaluating the condition would give, a boolean. Nothing where it has
  // none: why evaluating fails, the evaluator has to say.
  struct Seen {
    bool holds;
    cel::Value value;
  };
  std::optional<Seen> look(const cel::Activation& activation) const;

 private:
  Comparison(cel::Test test, cel::Value::Kind kind, std::string_view term, std::string_view operand)
      : test_(std::move(test)), kind_(kind), term_(term), operand_(operand) {}

  cel::Test test_;
  cel::Value::Kind kind_;
  std::string_view term_, operand_;
};

}  // namespace bw::policy
