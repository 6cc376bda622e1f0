// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cel/environment.h"
#include "cel/shape.h"
#include "policy/pattern_index.h"

namespace bw::policy {

// What a test of an attribute means for its rule.
enum class Role : std::uint8_t {
  must,      // the rule is out when it is false
  must_not,  // the rule is out when it is true
  any,       // one of a group, of which one must be true
};

// What one value of an attribute settles, for all rules at once.
struct Settled {
  std::span<const Word> out;         // rules that are not satisfied, whatever else holds
  std::span<const Word> one_true;    // rules of whose group one is true; empty for none
  std::span<const Word> failed;      // rules with a test that failed; empty for none
  std::span<const Word> one_failed;  // rules of whose group one failed; empty for none
};

// All tests that compare one attribute with constants. The constants cut its values into classes: points and the gaps
// between them, one class for each text named and one for all others. What each class settles is worked out at load, with
// the test as the evaluator would decide it (cel::apply), so that a decision looks a value up once for all rules.
class AttributeIndex {
 public:
  // Whether the test can be indexed: numbers that no rounding could bring into another class.
  static bool takes(const cel::Test& test);

  AttributeIndex(const cel::Test& first, std::size_t rules);
  void add(std::size_t rule, Role role, const cel::Test& test);
  void finish();

  const cel::Reading& reading() const { return reading_; }
  std::span<const Word> users() const { return users_; }
  bool is_text() const { return kind_ == cel::TypeKind::string; }

  Settled look_up(const cel::Activation& activation) const;

 private:
  struct Use {
    std::size_t rule;
    Role role;
    cel::Test test;
  };
  // Classes that no constant makes, after the others.
  enum Special : std::uint8_t { gone, broken, unreached, not_a_number, specials };

  void add_constant(const cel::Value& value);
  std::size_t class_count() const;
  cel::Value representative(std::size_t number) const;
  void settle(std::size_t number, const cel::Value* value);
  std::size_t class_of(const cel::Value& value) const;
  Settled special(Special which) const;

  cel::Reading reading_;
  cel::TypeKind kind_;
  std::vector<Use> uses_;
  Mask users_;
  TextTable texts_;
  std::vector<std::int64_t> integers_;  // sorted
  std::vector<double> doubles_;         // sorted
  bool has_group_ = false;
  std::size_t words_ = 0;
  Mask masks_;     // by class: out, and with a group one_true
  Mask specials_;  // by special class: all four
};

}  // namespace bw::policy
