// SPDX-License-Identifier: Apache-2.0
#include "policy/rule_index.h"

#include <algorithm>
#include <bit>

namespace bw::policy {
namespace {

using cel::Value;

enum class Known : std::uint8_t { not_yet, no, yes, failed };

}  // namespace

// One decision.
class Deciding {
 public:
  Deciding(const RuleIndex& index, const cel::Activation& activation, std::int64_t cost_max, Scratch& scratch)
      : index_(index), activation_(activation), scratch_(scratch), budget_(cost_max) {}

  Standing run() {
    std::span<Word> concerned = index_.part(scratch_, 0), satisfied = index_.part(scratch_, 1);
    scratch_.settled.assign(index_.attributes_.size(), Settled{});
    for (std::size_t w = 0; w < index_.words_; ++w) satisfied[w] = concerned[w] == 0 ? 0 : decide(w, concerned[w]);
    return {concerned, satisfied, exceeded_};
  }

 private:
  // Where 64 rules stand.
  struct Stand {
    Word standing;  // not ruled out
    Word open;      // with a predicate that is not settled
    Word one_true = 0, failed = 0, one_failed = 0;
  };

  // Those that are satisfied.
  Word decide(std::size_t w, Word concerned) {
    Stand stand{.standing = concerned, .open = index_.partly_general_[w]};
    look_up(w, stand);
    for (Word left = stand.standing & stand.open; left != 0; left &= left - 1) evaluate(w, left & -left, stand);
    Word undecided = index_.grouped_[w] & ~stand.one_true;
    Word errors = stand.failed | (undecided & stand.one_failed);
    return stand.standing & ~(undecided & ~stand.one_failed) & ~(errors & index_.allows_[w]);
  }

  // What the attributes settle. Nearly all of deciding happens in this loop: what it changes stays in registers.
  void look_up(std::size_t w, Stand& stand) {
    std::size_t count = index_.attributes_.size();
    const Word* users = index_.users_.data() + w * count;
    Settled* known = scratch_.settled.data();
    Word standing = stand.standing, one_true = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if ((standing & users[i]) == 0) continue;
      if (known[i].words == nullptr) known[i] = index_.attributes_[i].look_up(activation_);
      const Word* at = known[i].words + w * known[i].stride;
      standing &= ~at[Settled::out];
      if (known[i].stride > 1) one_true |= at[Settled::one_true];
      if (known[i].stride > 2 || !known[i].is_whole) note(i, w, stand);
    }
    stand.standing = standing;
    stand.one_true = one_true;
  }

  [[gnu::noinline]] void note(std::size_t number, std::size_t w, Stand& stand) {
    const Settled& settled = scratch_.settled[number];
    const Word* at = settled.words + w * settled.stride;
    if (!settled.is_whole) stand.open |= index_.attributes_[number].open()[w];
    if (settled.stride <= 2) return;
    stand.failed |= at[Settled::failed];
    stand.one_failed |= at[Settled::one_failed];
  }

  // Predicates that an attribute has settled have had their say.
  bool is_settled(const RuleIndex::General& general) const {
    return general.attribute != RuleIndex::none && scratch_.settled[general.attribute].is_whole;
  }

  void evaluate(std::size_t w, Word bit, Stand& stand) {
    RuleIndex::Shape shape = index_.shapes_[w * 64 + static_cast<std::size_t>(std::countr_zero(bit))];
    bool undecided = (index_.grouped_[w] & ~stand.one_true & bit) != 0;
    for (const auto& general : std::span(index_.generals_).subspan(shape.first, shape.count)) {
      if (is_settled(general) || (general.role == Role::any && !undecided)) continue;
      Known known = value_of(general.predicate);
      if (general.role == Role::any) {
        if (known == Known::failed) stand.one_failed |= bit;
        if (known != Known::yes) continue;
        stand.one_true |= bit;
        undecided = false;
      } else if (known == Known::failed) {
        stand.failed |= bit;
      } else if ((known == Known::yes) != (general.role == Role::must)) {
        stand.standing &= ~bit;
        return;
      }
    }
  }

  Known value_of(std::uint32_t predicate) {
    if (!has_evaluated_) scratch_.predicates.assign(index_.predicates_.size(), 0);
    has_evaluated_ = true;
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
  bool has_evaluated_ = false, exceeded_ = false;
};

std::span<Word> RuleIndex::concerned(const domain::Principal& principal, Scratch& scratch) const {
  scratch.words.resize(std::max(scratch.words.size(), words_ * 2));
  auto out = part(scratch, 0);
  std::ranges::copy(all_, out.begin());
  agents_.narrow(principal.agent, out, part(scratch, 1));
  workflows_.narrow(principal.workflow, out, part(scratch, 1));
  return out;
}

Standing RuleIndex::decide(const cel::Activation& activation, std::int64_t cost_max, Scratch& scratch) const {
  return Deciding(*this, activation, cost_max, scratch).run();
}

}  // namespace bw::policy
