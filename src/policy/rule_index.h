// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "cel/environment.h"
#include "cel/program.h"
#include "domain/action.h"
#include "policy/attribute_index.h"
#include "policy/pattern_index.h"

namespace bw::policy {

struct PlannedRule;

// What the rules of one tool come to for one action.
struct Standing {
  // Whether a rule is satisfied that…
  struct Met {
    bool deny = false, hold = false, tighten = false, allow = false;
    bool unattended = false;  // allows and says why it needs no human
    bool sample = false;      // asks for a sample
  };
  Met met;  // with `is_whole` false: a deny, and nothing is said of the others
  bool cost_exceeded = false;
  bool is_whole = false;
};

// How much of it somebody wants to know.
enum class Extent : std::uint8_t {
  verdict,  // nothing beside a deny that is satisfied
  whole,
};

// Memory that deciding reuses. One thread at a time.
struct Scratch {
  std::vector<Word> words;
  std::vector<Settled> settled;  // by attribute, as far as they were looked up; where there are many
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
// the number of rules. Denies stand before all others: a verdict that one of them settles looks at no other rule. Order and
// repetition of rules change nothing, not even what is evaluated. Immutable once built; any number of threads may decide.
//
// Masks are of two orders: `concerned` and what deciding does with it are in the order of the index, what is told of a decision is
// in the order of the tool's rules.
class RuleIndex {
 public:
  RuleIndex() = default;
  RuleIndex(std::span<const PlannedRule> rules, const cel::Environment& environment);

  // Which rules speak of the principal, in the order of the index; to be narrowed further by the caller before `decide`, in memory
  // that stays until the next call.
  std::span<Word> concerned(const domain::Principal& principal, Scratch& scratch) const;
  std::size_t rule(std::size_t bit) const { return order_[bit]; }  // the number of a rule by its place in the index

  // For the rules that `concerned` left. `cost_max`: units that all evaluations of the decision may spend together; see
  // cel::evaluate. Deciding the whole after the verdict says the same.
  Standing decide(const cel::Activation& activation, std::int64_t cost_max, Extent extent, Scratch& scratch) const;

  // After a whole decision, in the order of rules.
  struct Told {
    std::span<const Word> concerned;  // match the principal
    std::span<const Word> satisfied;  // errors resolved to the stricter side
  };
  Told tell(Scratch& scratch) const;

  // Room for two masks more, for whoever tells of it.
  std::pair<std::span<Word>, std::span<Word>> spare(Scratch& scratch) const {
    return {part(scratch, 4), part(scratch, 5)};
  }

  // In the order of rules.
  std::span<const Word> allows() const { return allows_; }
  std::span<const Word> holds() const { return holds_; }  // those that only tighten are apart
  std::span<const Word> tighteners() const { return tighteners_; }
  std::span<const Word> denies() const { return denies_; }
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
  // What 64 rules are: a line of memory.
  struct alignas(Block::line) Kinds {
    Word allows = 0, holds = 0, tighteners = 0, denies = 0, unattended = 0, samplers = 0;
    Word grouped = 0;         // with a group of which one must be true
    Word partly_general = 0;  // with predicates that no attribute settles
  };
  class Builder;

  std::span<Word> part(Scratch& scratch, std::size_t number) const {
    return std::span(scratch.words).subspan(number * words_, words_);
  }
  void put_in_order(std::span<const Word> mask, std::span<Word> out) const;

  // What a decision reads, as far as it does not stand in attributes_.
  std::size_t words_ = 0, deny_words_ = 0;  // of a mask; of the rules that deny, and of some that follow them
  std::vector<Kinds> kinds_;
  std::vector<AttributeIndex> attributes_;
  Mask users_;  // by attribute: rules that read it
  Mask sure_;  // by attribute: denies that are satisfied when they stand after it, since all that they read was looked up
  PatternIndex agents_, workflows_;
  std::vector<Shape> shapes_;
  std::vector<General> generals_;
  std::vector<cel::Program> predicates_;
  Block block_;
  std::vector<std::uint32_t> order_;  // rules by their place in the index

  Mask allows_, holds_, tighteners_, denies_;
};

}  // namespace bw::policy
