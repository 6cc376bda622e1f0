// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cel/environment.h"
#include "cel/program.h"
#include "domain/action.h"
#include "policy/attribute_index.h"
#include "policy/pattern_index.h"

namespace bw::policy {

struct PlannedRule;

// What the rules of one tool come to for one action. Masks over the tool's rules, in the order of its plan.
struct Standing {
  std::span<Word> concerned;  // match the principal
  std::span<Word> satisfied;  // errors resolved to the stricter side
  bool cost_exceeded = false;
};

// Memory that deciding reuses. One thread at a time.
struct Scratch {
  std::vector<Word> words;
  std::vector<Settled> settled;  // by attribute, as far as they were looked up
  std::vector<std::uint8_t> predicates;
  cel::Arena arena;
};

// The rules of one tool, arranged so that deciding looks at attributes and not at rules. A rule's conditions are taken apart
// into predicates; each different one is evaluated at most once for a decision:
//
//  - comparisons of one attribute with constants are settled for all rules by looking the attribute's value up, and an
//    attribute that no rule still standing reads is not read;
//  - whatever else depends on one text alone is settled with it, where that text is one that some test names;
//  - anything else (functions, arithmetic, macros) is evaluated only for rules that nothing before has ruled out.
//
// Attributes that rule out the most come first, and a word of which no rule is left is done: the cost grows with a sixty-fourth of
// the number of rules. Order and repetition of rules change nothing,
// not even what is evaluated. Immutable once built; any number of threads may decide.
class RuleIndex {
 public:
  RuleIndex() = default;
  RuleIndex(std::span<const PlannedRule> rules, const cel::Environment& environment);

  // Which rules speak of the principal; to be narrowed further by the caller before `decide`.
  std::span<Word> concerned(const domain::Principal& principal, Scratch& scratch) const;

  // `cost_max`: units that all evaluations of the decision may spend together; see cel::evaluate.
  Standing decide(const cel::Activation& activation, std::int64_t cost_max, Scratch& scratch) const;

  std::span<const Word> allows() const { return allows_; }
  std::span<const Word> holds() const { return holds_; }  // those that only tighten are apart
  std::span<const Word> tighteners() const { return tighteners_; }
  std::span<const Word> denies() const { return denies_; }
  std::span<const Word> unattended() const { return unattended_; }  // allows that say why they need no human
  std::span<const Word> samplers() const { return samplers_; }      // rules that ask for a sample
  std::size_t words() const { return words_; }

 private:
  friend class Deciding;
  static constexpr std::uint32_t none = 0xFFFF'FFFF;
  struct General {
    std::uint32_t predicate = 0;
    std::uint32_t attribute = none;  // that may settle it
    Role role = Role::must;
  };
  struct Shape {
    std::uint32_t first = 0, count = 0;  // of its generals
  };
  class Builder;

  std::span<Word> part(Scratch& scratch, std::size_t number) const {
    return std::span(scratch.words).subspan(number * words_, words_);
  }

  std::size_t rules_ = 0, words_ = 0;
  PatternIndex agents_, workflows_;
  Mask all_, allows_, holds_, tighteners_, denies_, unattended_, samplers_;
  Mask grouped_;         // rules with a group of which one must be true
  Mask partly_general_;  // rules with predicates that no attribute settles
  std::vector<AttributeIndex> attributes_;
  Mask users_;  // of all attributes, for the first word of rules, then for the next
  std::vector<Shape> shapes_;
  std::vector<General> generals_;
  std::vector<cel::Program> predicates_;
};

}  // namespace bw::policy
