// SPDX-License-Identifier: Apache-2.0
#include "policy/rule_index.h"

#include <algorithm>
#include <bit>

#include "policy/plan.h"

namespace bw::policy {
namespace {

using cel::Value;

enum class Known : std::uint8_t { not_yet, no, yes, failed };

void add(std::span<Word> to, std::span<const Word> from) {
  for (std::size_t w = 0; w < from.size(); ++w) to[w] |= from[w];
}

}  // namespace

RuleIndex::RuleIndex(std::span<const PlannedRule> rules, const cel::Environment& environment)
    : rules_(rules.size()),
      words_((rules.size() + 63) / 64),
      agents_(rules.size()),
      workflows_(rules.size()),
      allows_(words_),
      holds_(words_),
      denies_(words_),
      unattended_(words_),
      samplers_(words_),
      grouped_(words_),
      partly_general_(words_) {
  for (const PlannedRule& rule : rules) take(rule, environment);
  for (AttributeIndex& attribute : attributes_) attribute.finish();
  // Texts rule out the most, being mostly names.
  std::ranges::partition(attributes_, [](const AttributeIndex& a) { return a.is_text(); });
  by_reading_.clear();
  by_text_.clear();
}

void RuleIndex::take(const PlannedRule& planned, const cel::Environment& environment) {
  const domain::Rule& rule = *planned.rule;
  std::size_t number = shapes_.size();
  shapes_.push_back({static_cast<std::uint32_t>(generals_.size()), 0});
  agents_.add(number, rule.match.agent);
  workflows_.add(number, rule.match.workflow);
  set_bit(rule.effect == domain::Verdict::deny   ? denies_
          : rule.effect == domain::Verdict::hold ? holds_
                                                 : allows_,
          number);
  if (rule.effect == domain::Verdict::allow && !rule.unattended.empty()) set_bit(unattended_, number);
  bool samples = std::ranges::find(rule.obligations, "sample", &domain::Obligation::type) != rule.obligations.end();
  if (samples) set_bit(samplers_, number);
  if (!planned.any.empty()) set_bit(grouped_, number);
  for (const Condition& condition : planned.any) {
    for (const auto& part : cel::disjuncts(condition.program)) place(number, Role::any, part, environment);
  }
  for (const Condition& condition : planned.all) {
    for (const auto& part : cel::conjuncts(condition.program)) {
      // The group of a rule without `any` may be an || of its conditions.
      auto choices = cel::disjuncts(part);
      if (choices.size() == 1 || has_bit(grouped_, number)) {
        place(number, Role::must, part, environment);
        continue;
      }
      set_bit(grouped_, number);
      for (const auto& choice : choices) place(number, Role::any, choice, environment);
    }
  }
  for (const Condition& condition : planned.unless) {
    for (const auto& part : cel::disjuncts(condition.program)) place(number, Role::must_not, part, environment);
  }
}

void RuleIndex::place(std::size_t rule, Role role, const cel::Program& part, const cel::Environment& environment) {
  auto test = cel::as_test(part, environment);
  if (!test || !AttributeIndex::takes(*test)) {
    set_bit(partly_general_, rule);
    ++shapes_[rule].count;
    return generals_.push_back({predicate(part), role});
  }
  auto [known, fresh] = by_reading_.try_emplace(test->reading, attributes_.size());
  if (fresh) attributes_.emplace_back(*test, rules_);
  attributes_[known->second].add(rule, role, *test);
}

// The same text at the same tool reads the same variables: it is one predicate.
std::uint32_t RuleIndex::predicate(const cel::Program& part) {
  auto [known, fresh] = by_text_.try_emplace(std::string(part.text()), static_cast<std::uint32_t>(predicates_.size()));
  if (fresh) predicates_.push_back(part);
  return known->second;
}

// One decision.
class Deciding {
 public:
  Deciding(const RuleIndex& index, const cel::Activation& activation, std::int64_t cost_max, Scratch& scratch)
      : index_(index),
        activation_(activation),
        scratch_(scratch),
        budget_(cost_max),
        standing_(part(1)),
        one_true_(part(2)),
        failed_(part(3)),
        one_failed_(part(4)) {}

  Standing run() {
    std::ranges::copy(part(0), standing_.begin());
    std::ranges::fill(one_true_, 0);
    std::ranges::fill(failed_, 0);
    std::ranges::fill(one_failed_, 0);
    for (const AttributeIndex& attribute : index_.attributes_) look_up(attribute);
    evaluate_generals();
    for (std::size_t w = 0; w < index_.words_; ++w) {
      Word undecided = index_.grouped_[w] & ~one_true_[w];
      standing_[w] &= ~(undecided & ~one_failed_[w]);
      Word errors = failed_[w] | (undecided & one_failed_[w]);
      standing_[w] &= ~(errors & index_.allows_[w]);
    }
    return {part(0), standing_, exceeded_};
  }

 private:
  std::span<Word> part(std::size_t i) { return std::span(scratch_.words).subspan(i * index_.words_, index_.words_); }

  void look_up(const AttributeIndex& attribute) {
    Word used = 0;
    for (std::size_t w = 0; w < index_.words_; ++w) used |= standing_[w] & attribute.users()[w];
    if (used == 0) return;
    Settled settled = attribute.look_up(activation_);
    for (std::size_t w = 0; w < index_.words_; ++w) standing_[w] &= ~settled.out[w];
    add(one_true_, settled.one_true);
    add(failed_, settled.failed);
    add(one_failed_, settled.one_failed);
  }

  void evaluate_generals() {
    if (index_.predicates_.empty()) return;
    scratch_.predicates.assign(index_.predicates_.size(), 0);
    for (std::size_t w = 0; w < index_.words_; ++w) {
      for (Word left = standing_[w] & index_.partly_general_[w]; left != 0; left &= left - 1) {
        evaluate(w * 64 + static_cast<std::size_t>(std::countr_zero(left)));
      }
    }
  }

  void evaluate(std::size_t rule) {
    RuleIndex::Shape shape = index_.shapes_[rule];
    bool undecided = has_bit(index_.grouped_, rule) && !has_bit(one_true_, rule);
    for (const auto& general : std::span(index_.generals_).subspan(shape.first, shape.count)) {
      if (general.role == Role::any && !undecided) continue;
      Known known = value_of(general.predicate);
      if (general.role == Role::any) {
        if (known == Known::failed) set_bit(one_failed_, rule);
        if (known != Known::yes) continue;
        set_bit(one_true_, rule);
        undecided = false;
      } else if (known == Known::failed) {
        set_bit(failed_, rule);
      } else if ((known == Known::yes) != (general.role == Role::must)) {
        return clear_bit(standing_, rule);
      }
    }
  }

  Known value_of(std::uint32_t predicate) {
    auto& known = scratch_.predicates[predicate];
    if (known == 0) known = static_cast<std::uint8_t>(compute(index_.predicates_[predicate]));
    return static_cast<Known>(known);
  }

  Known compute(const cel::Program& program) {
    std::int64_t spent = 0;
    Value value = cel::evaluate(program, activation_, scratch_.arena, {.cost_max = budget_, .cost_spent = &spent});
    budget_ = std::max<std::int64_t>(0, budget_ - spent);
    if (value.is(Value::Kind::boolean)) return value.boolean() ? Known::yes : Known::no;
    if (value.is(Value::Kind::error) && value.failure().fault == cel::Fault::cost_exceeded) exceeded_ = true;
    return Known::failed;
  }

  const RuleIndex& index_;
  const cel::Activation& activation_;
  Scratch& scratch_;
  std::int64_t budget_;
  std::span<Word> standing_, one_true_, failed_, one_failed_;
  bool exceeded_ = false;
};

std::span<Word> RuleIndex::concerned(const domain::Principal& principal, Scratch& scratch) const {
  scratch.words.resize(std::max(scratch.words.size(), words_ * 5));
  auto part = [&](std::size_t i) { return std::span(scratch.words).subspan(i * words_, words_); };
  auto out = part(0);
  for (std::size_t w = 0; w < words_; ++w) out[w] = allows_[w] | holds_[w] | denies_[w];
  agents_.narrow(principal.agent, out, part(1));
  workflows_.narrow(principal.workflow, out, part(1));
  return out;
}

Standing RuleIndex::decide(const cel::Activation& activation, std::int64_t cost_max, Scratch& scratch) const {
  return Deciding(*this, activation, cost_max, scratch).run();
}

}  // namespace bw::policy
