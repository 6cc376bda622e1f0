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
    if (!planned.any.empty()) index_.kinds_[number / 64].grouped |= bit(number);
    for (const Condition& condition : planned.any) place_all(number, Role::any, cel::disjuncts(condition.program));
    for (const Condition& condition : planned.all) {
      for (const auto& part : cel::conjuncts(condition.program)) {
        // The group of a rule without `any` may be an || of its conditions.
        auto choices = cel::disjuncts(part);
        if (choices.size() == 1 || (index_.kinds_[number / 64].grouped & bit(number)) != 0) {
          place(number, Role::must, part);
          continue;
        }
        index_.kinds_[number / 64].grouped |= bit(number);
        place_all(number, Role::any, choices);
      }
    }
    for (const Condition& condition : planned.unless)
      place_all(number, Role::must_not, cel::disjuncts(condition.program));
  }

  void finish() {
    index_.agents_.finish(index_.block_);
    index_.workflows_.finish(index_.block_);
    std::vector<AttributeIndex> made;
    for (AttributeBuilder& builder : builders_) made.push_back(builder.finish(index_.block_));
    std::vector<std::uint32_t> order(made.size()), place(made.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) {
      if (made[a].rules_out() != made[b].rules_out()) return made[a].rules_out() > made[b].rules_out();
      return made[a].reading() < made[b].reading();
    });
    index_.attributes_.reserve(made.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) {
      index_.attributes_.push_back(std::move(made[order[i]]));
      place[order[i]] = i;
    }
    note_uses();
    for (General& general : index_.generals_) {
      if (general.attribute != none) general.attribute = place[general.attribute];
    }
  }

 private:
  static Word bit(std::size_t number) { return Word{1} << (number % 64); }

  void note_effect(std::size_t number, const domain::Rule& rule) {
    Kinds& kinds = index_.kinds_[number / 64];
    auto note = [&](Word& kind, Mask& told) {
      kind |= bit(number);
      set_bit(told, index_.order_[number]);
    };
    switch (rule.effect) {
      case domain::Verdict::deny: note(kinds.denies, index_.denies_); break;
      case domain::Verdict::allow: note(kinds.allows, index_.allows_); break;
      case domain::Verdict::hold:
        if (rule.tightens) {
          note(kinds.tighteners, index_.tighteners_);
        } else {
          note(kinds.holds, index_.holds_);
        }
    }
    if (rule.effect == domain::Verdict::allow && !rule.unattended.empty()) kinds.unattended |= bit(number);
    bool samples = std::ranges::find(rule.obligations, "sample", &domain::Obligation::type) != rule.obligations.end();
    if (samples) kinds.samplers |= bit(number);
  }

  // Which rules read an attribute, and which denies rest on it and on those before it alone. What a predicate or a group may still
  // say of them does not count here.
  void note_uses() {
    for (const AttributeIndex& attribute : index_.attributes_)
      index_.users_.insert(index_.users_.end(), attribute.users().begin(), attribute.users().end());
    index_.sure_.resize(index_.attributes_.size() * index_.deny_words_);
    for (std::size_t w = 0; w < index_.deny_words_; ++w) {
      const Kinds& kinds = index_.kinds_[w];
      Word unsure = ~kinds.denies | kinds.grouped | kinds.partly_general;
      for (const AttributeIndex& attribute : index_.attributes_)
        unsure |= attribute.open().empty() ? 0 : attribute.open()[w];
      for (std::size_t i = index_.attributes_.size(); i > 0; --i) {
        index_.sure_[(i - 1) * index_.deny_words_ + w] = ~unsure;
        unsure |= index_.attributes_[i - 1].users()[w];
      }
    }
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
      index_.kinds_[rule / 64].partly_general |= bit(rule);
    }
    ++index_.shapes_[rule].count;
    index_.generals_.push_back(general);
  }

  AttributeBuilder& attribute(const cel::Reading& reading, const cel::Type& type) {
    auto [known, fresh] = by_reading_.try_emplace(reading, builders_.size());
    if (fresh) builders_.emplace_back(reading, type, index_.order_.size(), environment_);
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
    : words_(mask_words(rules.size())),
      kinds_(words_),
      agents_(rules.size()),
      workflows_(rules.size()),
      order_(rules.size()),
      allows_(words_),
      holds_(words_),
      tighteners_(words_),
      denies_(words_) {
  std::iota(order_.begin(), order_.end(), 0);
  std::ranges::sort(order_, {},
                    [&](std::uint32_t i) { return std::pair(rules[i].rule->effect != domain::Verdict::deny, i); });
  auto denies =
      std::ranges::count(rules, domain::Verdict::deny, [](const PlannedRule& planned) { return planned.rule->effect; });
  deny_words_ = denies == 0 ? 0 : mask_words(static_cast<std::size_t>(denies));
  Builder builder(*this, environment);
  for (std::uint32_t i : order_) builder.take(rules[i]);
  builder.finish();
}

}  // namespace bw::policy
