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
    : type_(type), environment_(environment), words_((rules + 63) / 64) {
  index_.reading_ = reading;
  index_.kind_ = kind_of(type);
  index_.words_ = words_;
  if (index_.kind_ == Kind::string) index_.texts_ = std::make_unique<TextClasses>();
  index_.variable_ = static_cast<std::uint32_t>(reading.variable);
  index_.is_direct_ = reading.fields.size() == 1;
  if (index_.is_direct_) index_.field_ = reading.fields.front();
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
    case Kind::int64: return cut(index_.cuts_, test.relation, whole(value));
    case Kind::float64: return cut(index_.cuts_, test.relation, Cuts::place_of(real(value)));
    default: return;
  }
}

AttributeIndex AttributeBuilder::finish() {
  index_.cuts_.finish();
  if (index_.texts_) index_.texts_->finish();
  std::size_t whole = open_uses_.empty() ? class_count() : evaluate_open() ? index_.texts_->named() : 0;
  index_.whole_ = static_cast<std::uint32_t>(whole);
  settle_classes();
  settle_specials();
  index_.rules_out_ = rules_out();
  return std::move(index_);
}

std::size_t AttributeBuilder::class_count() const {
  switch (index_.kind_) {
    case Kind::string: return index_.texts_->count();
    case Kind::boolean: return 2;
    default: return index_.cuts_.size() + 1;
  }
}

// Of numbers the lowest; what lies below the first cut has none, and stands right under it.
Value AttributeBuilder::representative(std::size_t number) {
  if (index_.kind_ == Kind::boolean) return Value::boolean(number == 1);
  if (index_.kind_ == Kind::string) return Value::string(arena_.copy(index_.texts_->representative(number)));
  std::int64_t place = number > 0 ? index_.cuts_[number - 1] : index_.cuts_.size() > 0 ? index_.cuts_[0] - 1 : 0;
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

// Narrow rows where nothing more can be said: most attributes of most policies are in no group, and no test of them fails.
std::uint32_t AttributeBuilder::stride() const {
  bool fails = std::ranges::any_of(open_uses_, [](const OpenUse& use) {
    return std::ranges::any_of(use.results, [](const Value& result) { return !result.is(Kind::boolean); });
  });
  return fails ? 4 : has_group_ ? 2 : 1;
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

void AttributeBuilder::settle_classes() {
  index_.stride_ = stride();
  std::size_t length = words_ * index_.stride_;
  index_.row_ = static_cast<std::uint32_t>(length);
  // Rows that fill a line of memory exactly begin with one.
  constexpr std::size_t line = 64 / sizeof(Word);
  index_.rows_.resize(class_count() * length + line);
  std::size_t off = reinterpret_cast<std::uintptr_t>(index_.rows_.data()) / sizeof(Word) % line;
  std::size_t skipped = (line - off) % line;
  index_.classes_ = index_.rows_.data() + skipped;
  for (std::size_t i = 0; i < class_count(); ++i) {
    Row row{std::span(index_.rows_).subspan(skipped + i * length, length), index_.stride_};
    Value value = representative(i);
    for (const Use& use : uses_) {
      Value result = cel::apply(use.test, value);
      BW_ASSERT(result.is(Kind::boolean));
      row.settle(use.rule, use.role, result);
    }
    if (i >= index_.whole_) continue;
    for (const OpenUse& use : open_uses_) row.settle(use.rule, use.role, use.results[i]);
  }
}

// What is no value of the type leaves every predicate open; a test fails of it, unless it asks whether there is one.
void AttributeBuilder::settle_specials() {
  constexpr std::uint32_t stride = 4;
  index_.specials_.assign(AttributeIndex::specials * words_ * stride, 0);
  auto row = [&](AttributeIndex::Special which) {
    return Row{std::span(index_.specials_).subspan(which * words_ * stride, words_ * stride), stride};
  };
  Value wrong = Value::error(arena_, cel::Fault::wrong_type, "");
  Value nan = Value::float64(std::numeric_limits<double>::quiet_NaN());
  for (const Use& use : uses_) {
    row(AttributeIndex::gone).settle(use.rule, use.role, cel::apply(use.test, Value::absent()));
    row(AttributeIndex::broken).settle(use.rule, use.role, cel::apply(use.test, wrong));
    row(AttributeIndex::unreached).settle(use.rule, use.role, Value::absent());
    row(AttributeIndex::not_a_number).settle(use.rule, use.role, cel::apply(use.test, nan));
  }
}

double AttributeBuilder::rules_out() const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < class_count() * index_.row_; i += index_.stride_)
    count += static_cast<std::size_t>(std::popcount(index_.classes_[i]));
  return static_cast<double>(count) / static_cast<double>(class_count());
}

}  // namespace bw::policy
