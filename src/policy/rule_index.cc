// SPDX-License-Identifier: Apache-2.0
#include "policy/rule_index.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <memory>

namespace bw::policy {
namespace {

using cel::Value;

enum class Known : std::uint8_t { not_yet, no, yes, failed };

}  // namespace

// One decision.
class Deciding {
 public:
  Deciding(const RuleIndex& index, const cel::Activation& activation, std::int64_t cost_max, Scratch& scratch)
      : index_(index),
        activation_(activation),
        scratch_(scratch),
        concerned_(index.part(scratch, 0).data()),
        budget_(cost_max) {
    std::size_t count = index_.attributes_.size();
    if (count > few) scratch_.settled.resize(std::max(scratch_.settled.size(), count));
    settled_ = count > few ? scratch_.settled.data() : reinterpret_cast<Settled*>(own_.data());
    std::uninitialized_value_construct_n(settled_, count);
  }

  Standing run(Extent extent) {
    if (extent == Extent::verdict) {
      for (std::size_t w = 0; w < index_.deny_words_; w += stretch) {
        if (is_denied_by_some(w)) return {.met = {.deny = true}, .cost_exceeded = exceeded_};
      }
    }
    for (std::size_t w = 0; w < index_.words_; w += stretch) decide_some(w);
    return {met_, exceeded_, true};
  }

 private:
  static constexpr std::size_t few = 64;      // attributes
  static constexpr std::size_t together = 8;  // that are asked for before what they settle is needed
  static constexpr std::size_t stretch = 8;   // words of rules that are looked at together

  // For as many words as are left, of which there are 1, 2, 4, or a multiple of 8.
  bool is_denied_by_some(std::size_t w) {
    switch (index_.deny_words_ - w) {
      case 1: return is_denied_by<1>(w);
      case 2: return is_denied_by<2>(w);
      case 4: return is_denied_by<4>(w);
      default: return is_denied_by<stretch>(w);
    }
  }
  void decide_some(std::size_t w) {
    switch (index_.words_ - w) {
      case 1: return decide<1>(w);
      case 2: return decide<2>(w);
      case 4: return decide<4>(w);
      default: return decide<stretch>(w);
    }
  }

  // Where 64 times N rules stand.
  template <std::size_t N>
  struct Stand {
    std::array<Word, N> standing{};  // not ruled out
    std::array<Word, N> open{};      // with a predicate that is not settled
    std::array<Word, N> one_true{}, failed{}, one_failed{};

    bool any_of(const Word* mask) const {
      Word any = 0;
      for (std::size_t k = 0; k < N; ++k) any |= standing[k] & mask[k];
      return any != 0;
    }
    bool is_over() const { return !any_of(standing.data()); }
  };

  // Nothing is looked at but denies. One that is settled spares the evaluation of others.
  template <std::size_t N>
  bool is_denied_by(std::size_t w) {
    Stand<N> stand;
    for (std::size_t k = 0; k < N; ++k) stand.standing[k] = concerned_[w + k] & index_.kinds_[w + k].denies;
    if (look_up(w, stand, index_.sure_.data())) return true;
    auto is_met = [&](bool also_open) {
      Word met = 0;
      for (std::size_t k = 0; k < N; ++k) met |= satisfied(w, k, stand) & (also_open ? ~Word{0} : ~stand.open[k]);
      return met != 0;
    };
    for (std::size_t k = 0; k < N; ++k) stand.open[k] |= index_.kinds_[w + k].partly_general;
    if (is_met(false)) return true;
    evaluate_all(w, stand);
    return is_met(true);
  }

  template <std::size_t N>
  void decide(std::size_t w) {
    Stand<N> stand;
    for (std::size_t k = 0; k < N; ++k) {
      stand.standing[k] = concerned_[w + k];
      stand.open[k] = index_.kinds_[w + k].partly_general;
    }
    look_up(w, stand, nullptr);
    evaluate_all(w, stand);
    Word* out = index_.part(scratch_, 1).data() + w;
    for (std::size_t k = 0; k < N; ++k) {
      out[k] = satisfied(w, k, stand);
      note(index_.kinds_[w + k], out[k]);
    }
  }

  template <std::size_t N>
  Word satisfied(std::size_t w, std::size_t k, const Stand<N>& stand) const {
    const RuleIndex::Kinds& kinds = index_.kinds_[w + k];
    Word undecided = kinds.grouped & ~stand.one_true[k];
    Word errors = stand.failed[k] | (undecided & stand.one_failed[k]);
    return stand.standing[k] & ~(undecided & ~stand.one_failed[k]) & ~(errors & kinds.allows);
  }

  void note(const RuleIndex::Kinds& kinds, Word satisfied) {
    met_.deny = met_.deny || (satisfied & kinds.denies) != 0;
    met_.hold = met_.hold || (satisfied & kinds.holds) != 0;
    met_.tighten = met_.tighten || (satisfied & kinds.tighteners) != 0;
    met_.allow = met_.allow || (satisfied & kinds.allows) != 0;
    met_.unattended = met_.unattended || (satisfied & kinds.unattended) != 0;
    met_.sample = met_.sample || (satisfied & kinds.samplers) != 0;
  }

  // What the attributes settle. Nearly all of deciding happens here, and much of it is waiting for memory: what several attributes
  // settle is asked for before any of it is needed. With `sure`, true as soon as a rule is satisfied whatever the rest settles.
  template <std::size_t N>
  bool look_up(std::size_t w, Stand<N>& stand, const Word* sure) {
    std::size_t count = index_.attributes_.size();
    for (std::size_t i = 0; i < count && !stand.is_over(); i += together) {
      std::size_t end = std::min(i + together, count);
      ask_for(i, end, w, stand);
      for (std::size_t j = i; j < end; ++j) {
        if (settled_[j].words != nullptr) apply(j, w, stand);
      }
      if (sure != nullptr && stand.any_of(sure + (end - 1) * index_.deny_words_ + w)) return true;
    }
    return false;
  }

  template <std::size_t N>
  void ask_for(std::size_t i, std::size_t end, std::size_t w, const Stand<N>& stand) {
    const AttributeIndex* attributes = index_.attributes_.data();
    const Word* users = index_.users_.data() + w;
    for (; i < end; ++i) {
      if (settled_[i].words != nullptr || !stand.any_of(users + i * index_.words_)) continue;
      settled_[i] = attributes[i].look_up(activation_);
      __builtin_prefetch(settled_[i].words + w);
    }
  }

  template <std::size_t N>
  void apply(std::size_t i, std::size_t w, Stand<N>& stand) {
    const Settled& known = settled_[i];
    const Word* at = known.words + w;
    for (std::size_t k = 0; k < N; ++k) stand.standing[k] &= ~at[k];
    if (known.parts <= Settled::one_true && known.is_whole) return;
    if (known.parts > Settled::one_true) {
      at += index_.words_;
      for (std::size_t k = 0; k < N; ++k) stand.one_true[k] |= at[k];
    }
    if (known.parts > Settled::failed || !known.is_whole) note(i, w, stand);
  }

  template <std::size_t N>
  [[gnu::noinline]] void note(std::size_t i, std::size_t w, Stand<N>& stand) {
    const Settled& known = settled_[i];
    for (std::size_t k = 0; k < N; ++k) {
      if (!known.is_whole) stand.open[k] |= index_.attributes_[i].open()[w + k];
      if (known.parts <= Settled::failed) continue;
      stand.failed[k] |= known.words[Settled::failed * index_.words_ + w + k];
      stand.one_failed[k] |= known.words[Settled::one_failed * index_.words_ + w + k];
    }
  }

  template <std::size_t N>
  void evaluate_all(std::size_t w, Stand<N>& stand) {
    for (std::size_t k = 0; k < N; ++k) {
      for (Word left = stand.standing[k] & stand.open[k]; left != 0; left &= left - 1)
        evaluate(w + k, left & -left, {stand.standing[k], stand.one_true[k], stand.failed[k], stand.one_failed[k]});
    }
  }

  // What evaluating one rule may change.
  struct Outcome {
    Word &standing, &one_true, &failed, &one_failed;
  };

  // Predicates that an attribute has settled have had their say.
  bool is_settled(const RuleIndex::General& general) const {
    return general.attribute != RuleIndex::none && settled_[general.attribute].is_whole;
  }

  void evaluate(std::size_t w, Word bit, Outcome outcome) {
    RuleIndex::Shape shape = index_.shapes_[w * 64 + static_cast<std::size_t>(std::countr_zero(bit))];
    bool undecided = (index_.kinds_[w].grouped & ~outcome.one_true & bit) != 0;
    for (const auto& general : std::span(index_.generals_).subspan(shape.first, shape.count)) {
      if (is_settled(general) || (general.role == Role::any && !undecided)) continue;
      Known known = value_of(general.predicate);
      if (general.role == Role::any) {
        if (known == Known::failed) outcome.one_failed |= bit;
        if (known != Known::yes) continue;
        outcome.one_true |= bit;
        undecided = false;
      } else if (known == Known::failed) {
        outcome.failed |= bit;
      } else if ((known == Known::yes) != (general.role == Role::must)) {
        outcome.standing &= ~bit;
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
  const Word* concerned_;
  std::int64_t budget_;
  alignas(Settled) std::array<std::byte, few * sizeof(Settled)> own_;  // holds as many as there are attributes
  Settled* settled_ = nullptr;                                         // by attribute, as far as they were looked up
  Standing::Met met_;
  bool has_evaluated_ = false, exceeded_ = false;
};

std::span<Word> RuleIndex::concerned(const domain::Principal& principal, Scratch& scratch) const {
  constexpr std::size_t parts = 6;  // concerned, satisfied, both in the order of rules; what is chosen of them
  scratch.words.resize(std::max(scratch.words.size(), words_ * parts));
  auto out = part(scratch, 0);
  for (std::size_t w = 0; w < words_; ++w) {
    const Kinds& kinds = kinds_[w];
    out[w] = kinds.allows | kinds.holds | kinds.tighteners | kinds.denies;
  }
  agents_.narrow(principal.agent, out, part(scratch, 1));
  workflows_.narrow(principal.workflow, out, part(scratch, 1));
  return out;
}

Standing RuleIndex::decide(const cel::Activation& activation, std::int64_t cost_max, Extent extent,
                           Scratch& scratch) const {
  return Deciding(*this, activation, cost_max, scratch).run(extent);
}

RuleIndex::Told RuleIndex::tell(Scratch& scratch) const {
  put_in_order(part(scratch, 0), part(scratch, 2));
  put_in_order(part(scratch, 1), part(scratch, 3));
  return {part(scratch, 2), part(scratch, 3)};
}

void RuleIndex::put_in_order(std::span<const Word> mask, std::span<Word> out) const {
  std::ranges::fill(out, 0);
  for (std::size_t w = 0; w < words_; ++w) {
    for (Word left = mask[w]; left != 0; left &= left - 1)
      set_bit(out, order_[w * 64 + static_cast<std::size_t>(std::countr_zero(left))]);
  }
}

}  // namespace bw::policy
