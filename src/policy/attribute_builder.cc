// SPDX-License-Identifier: Apache-2.0
#include "policy/attribute_builder.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/result.h"

namespace bw::policy {
namespace {

using cel::TypeKind;
using cel::Value;
using Kind = Value::Kind;

constexpr std::int64_t exact_max = std::int64_t{1} << 53;  // whole numbers up to here are doubles

// How often predicates about one attribute are evaluated while loading, at most; a policy that needs more leaves them open.
constexpr std::size_t evaluations_max = 100'000;

bool is_exact(std::int64_t value) { return value >= -exact_max && value <= exact_max; }

bool is_exact(TypeKind kind, const Value& value) {
  switch (value.kind()) {
    case Kind::int64: return is_exact(value.int64());
    case Kind::float64:
      if (!std::isfinite(value.float64())) return false;
      return kind == TypeKind::float64 || (std::abs(value.float64()) <= static_cast<double>(exact_max) &&
                                           std::trunc(value.float64()) == value.float64());
    case Kind::uint64: return false;
    default: return true;
  }
}

std::int64_t whole(const Value& value) {
  return value.is(Kind::int64) ? value.int64() : static_cast<std::int64_t>(value.float64());
}
double real(const Value& value) { return value.is(Kind::int64) ? static_cast<double>(value.int64()) : value.float64(); }

// Where the test changes its mind about numbers around the one at this place.
void cut(Cuts& cuts, cel::Relation relation, std::int64_t place) {
  using cel::Relation;
  if (relation != Relation::less_equal && relation != Relation::greater) cuts.add(place);
  if (relation != Relation::less && relation != Relation::greater_equal) cuts.add(place + 1);
}

Kind kind_of(const cel::Type& type) {
  switch (type.kind()) {
    case TypeKind::string: return Kind::string;
    case TypeKind::int64: return Kind::int64;
    case TypeKind::float64: return Kind::float64;
    default: return Kind::boolean;
  }
}

}  // namespace

bool AttributeBuilder::takes(const cel::Test& test) {
  bool ordered = test.relation >= cel::Relation::less && test.relation <= cel::Relation::greater_equal;
  if (ordered && test.type.is(TypeKind::string)) return false;  // a text between two others would need classes too
  return std::ranges::all_of(test.constants, [&](const Value& value) { return is_exact(test.type.kind(), value); });
}

AttributeBuilder::AttributeBuilder(const cel::Reading& reading, const cel::Type& type, std::size_t rules,
                                   const cel::Environment& environment)
    : type_(type), environment_(environment), words_(mask_words(rules)) {
  index_.reading_ = reading;
  index_.kind_ = kind_of(type);
  if (index_.kind_ == Kind::string) index_.texts_ = std::make_unique<TextClasses>();
  index_.is_direct_ =
      reading.fields.size() == 1 && std::max<std::size_t>(reading.variable, reading.fields.front()) <= UINT16_MAX;
  if (index_.is_direct_) {
    index_.variable_ = static_cast<std::uint16_t>(reading.variable);
    index_.field_ = static_cast<std::uint16_t>(reading.fields.front());
  }
  index_.users_.resize(words_);
}

void AttributeBuilder::add(std::size_t rule, Role role, const cel::Test& test) {
  set_bit(index_.users_, rule);
  has_group_ = has_group_ || role == Role::any;
  for (const Value& constant : test.constants) add_constant(test, constant);
  uses_.push_back({rule, role, test});
}

void AttributeBuilder::add(std::size_t rule, Role role, const cel::Program& predicate) {
  set_bit(index_.users_, rule);
  index_.open_.resize(words_);
  set_bit(index_.open_, rule);
  has_group_ = has_group_ || role == Role::any;
  open_uses_.push_back({rule, role, predicate, {}});
}

void AttributeBuilder::add_constant(const cel::Test& test, const Value& value) {
  switch (index_.kind_) {
    case Kind::string:
      if (test.relation == cel::Relation::starts_with) return index_.texts_->prefix(value.text());
      return index_.texts_->name(value.text());
    case Kind::int64: return cut(cuts_, test.relation, whole(value));
    case Kind::float64: return cut(cuts_, test.relation, Cuts::place_of(real(value)));
    default: return;
  }
}

AttributeIndex AttributeBuilder::finish(Block& block) {
  if (index_.kind_ == Kind::string) {
    index_.texts_->finish();
    index_.by_.names = index_.texts_->lay_out_names(block);
  } else {
    cuts_.finish();
    index_.by_.cuts = cuts_.lay_out(block);
  }
  std::size_t whole = open_uses_.empty() ? class_count() : evaluate_open() ? index_.texts_->named() : 0;
  index_.whole_ = static_cast<std::uint32_t>(whole);
  settle_classes(block);
  settle_specials(block);
  index_.rules_out_ = rules_out();
  return std::move(index_);
}

std::size_t AttributeBuilder::class_count() const {
  switch (index_.kind_) {
    case Kind::string: return index_.texts_->count();
    case Kind::boolean: return 2;
    default: return cuts_.size() + 1;
  }
}

// Of numbers the lowest; what lies below the first cut has none, and stands right under it.
Value AttributeBuilder::representative(std::size_t number) {
  if (index_.kind_ == Kind::boolean) return Value::boolean(number == 1);
  if (index_.kind_ == Kind::string) return Value::string(arena_.copy(index_.texts_->representative(number)));
  std::int64_t place = number > 0 ? cuts_[number - 1] : cuts_.size() > 0 ? cuts_[0] - 1 : 0;
  return index_.kind_ == Kind::int64 ? Value::int64(place) : Value::float64(Cuts::at_place(place));
}

// False when that would be too much work, for all of them or for a single one.
bool AttributeBuilder::evaluate_open() {
  std::size_t named = index_.texts_->named();
  if (named * open_uses_.size() > evaluations_max) return false;
  cel::SoleText sole{index_.reading_, type_};
  for (OpenUse& use : open_uses_) {
    for (std::size_t i = 0; i < named; ++i) {
      Value result = cel::evaluate_for(use.predicate, environment_, sole, representative(i).text(), arena_);
      if (result.is(Kind::error) && result.failure().fault == cel::Fault::cost_exceeded) return false;
      use.results.push_back(result);
    }
  }
  return true;
}

// Nothing is kept where nothing can be said: most attributes of most policies are in no group, and no test of them fails.
std::uint8_t AttributeBuilder::parts() const {
  bool fails = std::ranges::any_of(open_uses_, [](const OpenUse& use) {
    return std::ranges::any_of(use.results, [](const Value& result) { return !result.is(Kind::boolean); });
  });
  return fails ? Settled::all_parts : has_group_ ? Settled::one_true + 1 : Settled::out + 1;
}

void AttributeBuilder::Row::settle(std::size_t rule, Role role, const Value& result) const {
  bool failed = !result.is(Kind::boolean);
  if (role == Role::any) {
    if (failed) set(Settled::one_failed, rule);
    if (result.is_true()) set(Settled::one_true, rule);
  } else {
    if (failed) set(Settled::failed, rule);
    if (role == Role::must ? result.is_false() : result.is_true()) set(Settled::out, rule);
  }
}

void AttributeBuilder::settle_classes(Block& block) {
  index_.parts_ = parts();
  index_.row_ = static_cast<std::uint32_t>(words_ * index_.parts_);
  Mask rows(class_count() * index_.row_);
  for (std::size_t i = 0; i < class_count(); ++i) {
    Row row{std::span(rows).subspan(i * index_.row_, index_.row_), words_};
    Value value = representative(i);
    for (const Use& use : uses_) {
      Value result = cel::apply(use.test, value);
      BW_ASSERT(result.is(Kind::boolean));
      row.settle(use.rule, use.role, result);
    }
    if (i >= index_.whole_) continue;
    for (const OpenUse& use : open_uses_) row.settle(use.rule, use.role, use.results[i]);
  }
  index_.classes_ = block.keep<Word>(rows).data();
}

// What is no value of the type leaves every predicate open; a test fails of it, unless it asks whether there is one.
void AttributeBuilder::settle_specials(Block& block) {
  Value wrong = Value::error(arena_, cel::Fault::wrong_type, "");
  Value nan = Value::float64(std::numeric_limits<double>::quiet_NaN());
  auto settle = [&](AttributeIndex::Special which, auto result_of) {
    Mask row(words_ * Settled::all_parts);
    for (const Use& use : uses_) Row{row, words_}.settle(use.rule, use.role, result_of(use));
    // A field that is left out fails no rule that asks whether it is there.
    auto failing = std::span(row).subspan(Settled::failed * words_);
    bool fails = std::ranges::any_of(failing, [](Word word) { return word != 0; });
    std::uint8_t parts = fails ? Settled::all_parts : index_.parts_;
    row.resize(parts * words_);
    index_.specials_[which] = {block.keep<Word>(row).data(), parts, index_.open_.empty()};
  };
  settle(AttributeIndex::gone, [&](const Use& use) { return cel::apply(use.test, Value::absent()); });
  settle(AttributeIndex::broken, [&](const Use& use) { return cel::apply(use.test, wrong); });
  settle(AttributeIndex::unreached, [&](const Use&) { return Value::absent(); });
  settle(AttributeIndex::not_a_number, [&](const Use& use) { return cel::apply(use.test, nan); });
}

double AttributeBuilder::rules_out() const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < class_count(); ++i) {
    for (std::size_t w = 0; w < words_; ++w)
      count += static_cast<std::size_t>(std::popcount(index_.classes_[i * index_.row_ + w]));
  }
  return static_cast<double>(count) / static_cast<double>(class_count());
}

}  // namespace bw::policy
