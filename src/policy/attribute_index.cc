// SPDX-License-Identifier: Apache-2.0
#include "policy/attribute_index.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/result.h"

namespace bw::policy {
namespace {

using cel::TypeKind;
using cel::Value;
using Kind = Value::Kind;

constexpr std::int64_t exact_max = std::int64_t{1} << 53;  // whole numbers up to here are doubles

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

// Class 2i is the gap below point i, 2i + 1 the point itself; 2n is above all.
template <class T>
std::size_t class_among(const std::vector<T>& points, T value) {
  auto at = std::ranges::lower_bound(points, value);
  std::size_t below = static_cast<std::size_t>(at - points.begin()) * 2;
  return at != points.end() && *at == value ? below + 1 : below;
}

template <class T>
void keep_distinct(std::vector<T>& points) {
  std::ranges::sort(points);
  auto repeated = std::ranges::unique(points);
  points.erase(repeated.begin(), repeated.end());
}

// A number of that class. A gap between neighbouring whole numbers has none; what it settles is then never looked up.
std::int64_t number_of(const std::vector<std::int64_t>& points, std::size_t number) {
  if (number % 2 == 1) return points[number / 2];
  if (number / 2 < points.size()) return points[number / 2] - 1;
  return points.empty() ? 0 : points.back() + 1;
}
double number_of(const std::vector<double>& points, std::size_t number) {
  if (number % 2 == 1) return points[number / 2];
  if (number / 2 < points.size()) return std::nextafter(points[number / 2], -std::numeric_limits<double>::infinity());
  return points.empty() ? 0 : std::nextafter(points.back(), std::numeric_limits<double>::infinity());
}

}  // namespace

bool AttributeIndex::takes(const cel::Test& test) {
  bool ordered = test.relation >= cel::Relation::less && test.relation <= cel::Relation::greater_equal;
  if (ordered && test.type.is(TypeKind::string)) return false;  // a text between two others would need classes too
  return std::ranges::all_of(test.constants, [&](const Value& value) { return is_exact(test.type.kind(), value); });
}

AttributeIndex::AttributeIndex(const cel::Test& first, std::size_t rules)
    : reading_(first.reading), kind_(first.type.kind()), users_((rules + 63) / 64), words_((rules + 63) / 64) {}

void AttributeIndex::add(std::size_t rule, Role role, const cel::Test& test) {
  set_bit(users_, rule);
  has_group_ = has_group_ || role == Role::any;
  for (const Value& constant : test.constants) add_constant(constant);
  uses_.push_back({rule, role, test});
}

void AttributeIndex::add_constant(const Value& value) {
  if (kind_ == TypeKind::string) texts_.add(value.text());
  if (kind_ == TypeKind::int64) integers_.push_back(whole(value));
  if (kind_ == TypeKind::float64) doubles_.push_back(real(value));
}

std::size_t AttributeIndex::class_count() const {
  switch (kind_) {
    case TypeKind::string: return texts_.size() + 1;
    case TypeKind::int64: return integers_.size() * 2 + 1;
    case TypeKind::float64: return doubles_.size() * 2 + 1;
    default: return 2;
  }
}

void AttributeIndex::finish() {
  keep_distinct(integers_);
  keep_distinct(doubles_);
  masks_.assign(class_count() * words_ * (has_group_ ? 2 : 1), 0);
  specials_.assign(specials * words_ * 4, 0);
  for (std::size_t i = 0; i < class_count(); ++i) {
    Value value = representative(i);
    settle(i, &value);
  }
  cel::Arena arena;
  Value absent = Value::absent(), wrong = Value::error(arena, cel::Fault::wrong_type, "");
  Value nan = Value::float64(std::numeric_limits<double>::quiet_NaN());
  settle(class_count() + gone, &absent);
  settle(class_count() + broken, &wrong);
  settle(class_count() + unreached, nullptr);
  settle(class_count() + not_a_number, &nan);
  uses_ = {};
}

Value AttributeIndex::representative(std::size_t number) const {
  switch (kind_) {
    case TypeKind::string:
      // No text that people write has this byte.
      return Value::string(number < texts_.size() ? std::string_view(texts_.text(static_cast<std::uint32_t>(number)))
                                                  : std::string_view("\xff", 1));
    case TypeKind::int64: return Value::int64(number_of(integers_, number));
    case TypeKind::float64: return Value::float64(number_of(doubles_, number));
    default: return Value::boolean(number == 1);
  }
}

void AttributeIndex::settle(std::size_t number, const Value* value) {
  bool is_special = number >= class_count();
  std::size_t stride = is_special ? 4 : has_group_ ? 2 : 1;
  Word* at = is_special ? specials_.data() + (number - class_count()) * stride * words_
                        : masks_.data() + number * stride * words_;
  auto mask = [&](std::size_t which) { return std::span(at + which * words_, words_); };
  for (const Use& use : uses_) {
    Value result = value != nullptr ? cel::apply(use.test, *value) : Value::absent();
    bool failed = !result.is(Kind::boolean);
    BW_ASSERT(is_special || !failed);
    if (use.role == Role::any) {
      if (failed) set_bit(mask(3), use.rule);
      if (result.is_true()) set_bit(mask(1), use.rule);
    } else {
      if (failed) set_bit(mask(2), use.rule);
      if (use.role == Role::must ? result.is_false() : result.is_true()) set_bit(mask(0), use.rule);
    }
  }
}

Settled AttributeIndex::special(Special which) const {
  const Word* at = specials_.data() + which * words_ * 4;
  auto mask = [&](std::size_t i) { return std::span(at + i * words_, words_); };
  return {mask(0), mask(1), mask(2), mask(3)};
}

std::size_t AttributeIndex::class_of(const Value& value) const {
  switch (kind_) {
    case TypeKind::string: return std::min<std::size_t>(texts_.find(value.text()), texts_.size());
    case TypeKind::int64: return class_among(integers_, value.int64());
    case TypeKind::float64: return class_among(doubles_, value.float64());
    default: return value.boolean() ? 1 : 0;
  }
}

Settled AttributeIndex::look_up(const cel::Activation& activation) const {
  auto value = cel::read(reading_, activation);
  if (!value) return special(unreached);
  if (value->is(Kind::absent)) return special(gone);
  if (value->is(Kind::error)) return special(value->failure().fault == cel::Fault::no_such_field ? gone : broken);
  Kind wanted = kind_ == TypeKind::string    ? Kind::string
                : kind_ == TypeKind::int64   ? Kind::int64
                : kind_ == TypeKind::float64 ? Kind::float64
                                             : Kind::boolean;
  if (!value->is(wanted)) return special(unreached);
  if (kind_ == TypeKind::float64 && std::isnan(value->float64())) return special(not_a_number);
  std::size_t stride = has_group_ ? 2 : 1;
  const Word* at = masks_.data() + class_of(*value) * stride * words_;
  return {{at, words_}, has_group_ ? std::span(at + words_, words_) : std::span<const Word>(), {}, {}};
}

}  // namespace bw::policy
