// SPDX-License-Identifier: Apache-2.0
// Takes rules apart into the tables of their index.
#include <algorithm>
#include <map>
#include <numeric>

#include "policy/attribute_builder.h"
#include "policy/plan.h"
#include "policy/rule_index.h"

namespace bw::policy {

class RuleIndex::Builder {
 public:
  Builder(RuleIndex& index, const cel::Environment& environment) : index_(index), environment_(environment) {}

  void take(const PlannedRule& planned) {
    const domain::Rule& rule = *planned.rule;
    std::size_t number = index_.shapes_.size();
    index_.shapes_.push_back({static_cast<std::uint32_t>(index_.generals_.size()), 0});
    index_.agents_.add(number, rule.match.agent);
    index_.workflows_.add(number, rule.match.workflow);
    note_effect(number, rule);
    if (!planned.any.empty()) set_bit(index_.grouped_, number);
    for (const Condition& condition : planned.any) place_all(number, Role::any, cel::disjuncts(condition.program));
    for (const Condition& condition : planned.all) {
      for (const auto& part : cel::conjuncts(condition.program)) {
        // The group of a rule without `any` may be an || of its conditions.
        auto choices = cel::disjuncts(part);
        if (choices.size() == 1 || has_bit(index_.grouped_, number)) {
          place(number, Role::must, part);
          continue;
        }
        set_bit(index_.grouped_, number);
        place_all(number, Role::any, choices);
      }
    }
    for (const Condition& condition : planned.unless)
      place_all(number, Role::must_not, cel::disjuncts(condition.program));
  }

  void finish() {
    index_.agents_.finish();
    index_.workflows_.finish();
    std::vector<AttributeIndex> made;
    for (AttributeBuilder& builder : builders_) made.push_back(builder.finish());
    std::vector<std::uint32_t> order(made.size()), place(made.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) {
      if (made[a].rules_out() != made[b].rules_out()) return made[a].rules_out() > made[b].rules_out();
      return made[a].reading() < made[b].reading();
    });
    for (std::uint32_t i = 0; i < order.size(); ++i) {
      index_.attributes_.push_back(std::move(made[order[i]]));
      place[order[i]] = i;
    }
    for (std::size_t w = 0; w < index_.words_; ++w) {
      for (const AttributeIndex& attribute : index_.attributes_) index_.users_.push_back(attribute.users()[w]);
    }
    for (General& general : index_.generals_) {
      if (general.attribute != none) general.attribute = place[general.attribute];
    }
  }

 private:
  void note_effect(std::size_t number, const domain::Rule& rule) {
    set_bit(rule.effect == domain::Verdict::deny    ? index_.denies_
            : rule.effect == domain::Verdict::allow ? index_.allows_
            : rule.tightens                         ? index_.tighteners_
                                                    : index_.holds_,
            number);
    if (rule.effect == domain::Verdict::allow && !rule.unattended.empty()) set_bit(index_.unattended_, number);
    bool samples = std::ranges::find(rule.obligations, "sample", &domain::Obligation::type) != rule.obligations.end();
    if (samples) set_bit(index_.samplers_, number);
  }

  void place_all(std::size_t rule, Role role, const std::vector<cel::Program>& parts) {
    for (const auto& part : parts) place(rule, role, part);
  }

  void place(std::size_t rule, Role role, const cel::Program& part) {
    auto test = cel::as_test(part, environment_);
    if (test && AttributeBuilder::takes(*test)) return attribute(test->reading, test->type).add(rule, role, *test);
    General general{predicate(part), none, role};
    if (auto sole = cel::sole_text(part, environment_)) {
      AttributeBuilder& builder = attribute(sole->reading, sole->type);
      builder.add(rule, role, part);
      general.attribute = static_cast<std::uint32_t>(&builder - builders_.data());
    } else {
      set_bit(index_.partly_general_, rule);
    }
    ++index_.shapes_[rule].count;
    index_.generals_.push_back(general);
  }

  AttributeBuilder& attribute(const cel::Reading& reading, const cel::Type& type) {
    auto [known, fresh] = by_reading_.try_emplace(reading, builders_.size());
    if (fresh) builders_.emplace_back(reading, type, index_.rules_, environment_);
    return builders_[known->second];
  }

  // The same text at the same tool reads the same variables: it is one predicate.
  std::uint32_t predicate(const cel::Program& part) {
    auto number = static_cast<std::uint32_t>(index_.predicates_.size());
    auto [known, fresh] = by_text_.try_emplace(std::string(part.text()), number);
    if (fresh) index_.predicates_.push_back(part);
    return known->second;
  }

  RuleIndex& index_;
  const cel::Environment& environment_;
  std::vector<AttributeBuilder> builders_;
  std::map<cel::Reading, std::size_t> by_reading_;
  std::map<std::string, std::uint32_t, std::less<>> by_text_;
};

RuleIndex::RuleIndex(std::span<const PlannedRule> rules, const cel::Environment& environment)
    : rules_(rules.size()),
      words_((rules.size() + 63) / 64),
      agents_(rules.size()),
      workflows_(rules.size()),
      all_(words_),
      allows_(words_),
      holds_(words_),
      tighteners_(words_),
      denies_(words_),
      unattended_(words_),
      samplers_(words_),
      grouped_(words_),
      partly_general_(words_) {
  Builder builder(*this, environment);
  for (const PlannedRule& rule : rules) builder.take(rule);
  builder.finish();
  for (std::size_t i = 0; i < rules_; ++i) set_bit(all_, i);
}

}  // namespace bw::policy
