// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "cel/environment.h"
#include "cel/shape.h"
#include "policy/cuts.h"
#include "policy/pattern_index.h"

namespace bw::policy {

// What a test of an attribute means for its rule.
enum class Role : std::uint8_t {
  must,      // the rule is out when it is false
  must_not,  // the rule is out when it is true
  any,       // one of a group, of which one must be true
};

// What one value of an attribute settles, for all rules at once: masks, one after the other.
struct Settled {
  enum Part : std::uint8_t {
    out,         // rules that are not satisfied, whatever else holds
    one_true,    // rules of whose group one is true
    failed,      // rules with a test that failed
    one_failed,  // rules of whose group one failed
    all_parts,
  };
  const Word* words = nullptr;
  std::uint8_t parts = 1;  // how many of them there are; of what is left out there is nothing
  bool is_whole = true;    // whether that is all that the value settles: no predicate about it is left to evaluate
};

// All tests that compare one attribute with constants. The constants cut its values into classes: for numbers what lies
// between two neighbouring places where a test changes its mind; for texts see TextClasses. What each class settles is worked out at
// load (attribute_builder.h), with the test as the evaluator would decide it, so that a decision looks a value up once for all
// rules. Immutable once built; any number of threads may look up.
//
// A look-up reads three lines of memory: what stands here first, the cuts or the place of a text, and what its class settles.
class alignas(Block::line) AttributeIndex {
 public:
  const cel::Reading& reading() const { return reading_; }
  std::span<const Word> users() const { return users_; }  // rules that read it
  std::span<const Word> open() const { return open_; }  // those with a predicate that only texts named settle; or empty

  Settled look_up(const cel::Activation& activation) const;

  // How many rules a value rules out, the classes taken to be equally likely.
  double rules_out() const { return rules_out_; }

 private:
  friend class AttributeBuilder;
  // Classes that no constant makes, after the others.
  enum Special : std::uint8_t { gone, broken, unreached, not_a_number, specials };

  cel::Value read(const cel::Activation& activation) const;
  std::size_t class_of(const cel::Value& value) const;
  Settled settled(std::size_t number) const { return {classes_ + number * row_, parts_, number < whole_}; }
  Settled special(const cel::Value& value) const;

  // What every look-up reads comes first: one line.
  cel::Value::Kind kind_ = cel::Value::Kind::absent;
  bool is_direct_ = false;  // a field of a variable: the common case, of which these are the numbers
  std::uint8_t parts_ = 1;
  std::uint16_t variable_ = 0, field_ = 0;
  std::uint32_t row_ = 0;    // words of a class
  std::uint32_t whole_ = 0;  // classes from this one on leave the open predicates open
  const Word* classes_ = nullptr;
  union Classes {
    Cuts::View cuts{};      // of numbers
    TextTable::View names;  // of a text
  } by_;
  std::unique_ptr<TextClasses> texts_;  // of a text

  std::array<Settled, specials> specials_;
  cel::Reading reading_;
  Mask users_, open_;
  double rules_out_ = 0;
};

}  // namespace bw::policy
