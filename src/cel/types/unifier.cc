// SPDX-License-Identifier: Apache-2.0
#include "cel/types/unifier.h"

#include <algorithm>
#include <utility>

namespace bw::cel {
namespace {

bool fits_everything(const Type& type) { return type.is(TypeKind::dyn) || type.is(TypeKind::erroneous); }

// null goes where a message, or a value kept as one, may be missing.
bool takes_null(const Type& type) {
  return type.is(TypeKind::object) || type.is(TypeKind::optional) || type.is(TypeKind::timestamp) ||
         type.is(TypeKind::duration) || type.is(TypeKind::wrapper);
}

const Type& unwrapped(const Type& type) { return type.is(TypeKind::wrapper) ? type.parameter(0) : type; }

Type rebuild(const Type& type, std::vector<Type> parameters) {
  switch (type.kind()) {
    case TypeKind::list: return Type::list(std::move(parameters[0]));
    case TypeKind::map: return Type::map(std::move(parameters[0]), std::move(parameters[1]));
    case TypeKind::optional: return Type::optional(std::move(parameters[0]));
    case TypeKind::wrapper: return Type::wrapper(std::move(parameters[0]));
    case TypeKind::type: return Type::type(std::move(parameters[0]));
    case TypeKind::opaque: return Type::opaque(type.name(), std::move(parameters));
    default: return type;
  }
}

std::size_t count_variables(const Type& type) {
  std::size_t count = type.is(TypeKind::variable) ? type.number() + 1 : 0;
  for (const Type& parameter : type.parameters()) count = std::max(count, count_variables(parameter));
  return count;
}

}  // namespace

Type Unifier::resolve(Type type) const {
  while (type.is(TypeKind::variable) && bindings_[type.number()]) type = *bindings_[type.number()];
  return type;
}

Type Unifier::apply(const Type& type) const {
  Type known = resolve(type);
  if (known.is(TypeKind::variable)) return Type::dyn();
  if (known.parameters().empty()) return known;
  std::vector<Type> parameters;
  for (const Type& parameter : known.parameters()) parameters.push_back(apply(parameter));
  return rebuild(known, std::move(parameters));
}

bool Unifier::occurs(std::size_t variable, const Type& type) const {
  Type known = resolve(type);
  if (known.is(TypeKind::variable)) return known.number() == variable;
  return std::ranges::any_of(known.parameters(), [&](const Type& parameter) { return occurs(variable, parameter); });
}

bool Unifier::bind(std::size_t variable, const Type& type) {
  if (occurs(variable, type)) return false;
  set(variable, type);
  return true;
}

void Unifier::set(std::size_t variable, Type meaning) {
  changes_.push_back({variable, std::move(bindings_[variable])});
  bindings_[variable] = std::move(meaning);
}

void Unifier::rewind(Mark mark) {
  while (changes_.size() > mark.changes) {
    bindings_[changes_.back().variable] = std::move(changes_.back().before);
    changes_.pop_back();
  }
  bindings_.resize(mark.variables);
}

bool Unifier::assign(const Type& to, const Type& from) {
  Mark before = mark();
  if (unify(to, from)) return true;
  rewind(before);
  return false;
}

// The last variable of a chain of variables that has a meaning.
std::optional<std::size_t> Unifier::bound(const Type& type) const {
  std::optional<std::size_t> last;
  Type at = type;
  while (at.is(TypeKind::variable) && bindings_[at.number()]) {
    last = at.number();
    at = *bindings_[at.number()];
  }
  return last;
}

// Whether `wide` takes all that `narrow` takes, and more. What is still open says nothing.
bool Unifier::widens(const Type& wide, const Type& narrow) const {
  Type a = resolve(wide);
  Type b = resolve(narrow);
  if (a.is(TypeKind::variable) || b.is(TypeKind::variable) || a == b) return false;
  if (a.is(TypeKind::dyn)) return true;
  if (a.is(TypeKind::wrapper) && !b.is(TypeKind::wrapper)) return true;
  if (a.kind() != b.kind()) return false;
  if (a.is(TypeKind::string)) return a.members().empty();
  if (a.parameters().size() != b.parameters().size()) return false;
  bool any = false;
  for (std::size_t i = 0; i < a.parameters().size(); ++i) any = any || widens(a.parameter(i), b.parameter(i));
  return any;
}

bool Unifier::unify(const Type& wanted, const Type& given) {
  if (auto meaning = bound(wanted)) {
    // By value: unifying may move the bindings.
    Type now = *bindings_[*meaning];
    if (!unify(now, given)) return false;
    if (widens(given, now)) set(*meaning, resolve(given));
    return true;
  }
  const Type& to = wanted;
  Type from = resolve(given);
  if (to.is(TypeKind::variable)) {
    return (from.is(TypeKind::variable) && from.number() == to.number()) || bind(to.number(), from);
  }
  if (from.is(TypeKind::variable)) return bind(from.number(), to);
  if (fits_everything(to) || fits_everything(from)) return true;
  if (from.is(TypeKind::null) && takes_null(to)) return true;
  if (to.is(TypeKind::null) && takes_null(from)) return true;
  if (to.is(TypeKind::wrapper) || from.is(TypeKind::wrapper)) return unify(unwrapped(to), unwrapped(from));
  if (to.kind() != from.kind()) return false;
  if (to.is(TypeKind::object)) return to.object() == from.object();
  if (to.is(TypeKind::type)) return true;
  if (to.parameters().size() != from.parameters().size() || to.name() != from.name()) return false;
  for (std::size_t i = 0; i < to.parameters().size(); ++i) {
    if (!unify(to.parameter(i), from.parameter(i))) return false;
  }
  return true;
}

std::optional<Type> Unifier::join(const Type& a, const Type& b) {
  Type left = resolve(a);
  Type right = resolve(b);
  if (left.is(TypeKind::erroneous)) return right;
  if (right.is(TypeKind::erroneous)) return left;
  if (!assign(left, right)) return {};
  if (left.is(TypeKind::dyn) || right.is(TypeKind::dyn)) return Type::dyn();
  if (left.is(TypeKind::null)) return right;
  if (right.is(TypeKind::null)) return left;
  // Strings out of different sets have just "string" in common.
  if (left.is(TypeKind::string) && left != right) return Type::string();
  return widens(right, left) ? right : left;
}

Type Unifier::instantiate(const Type& type, std::span<const Type> fresh) const {
  if (type.is(TypeKind::variable)) return fresh[type.number()];
  if (type.parameters().empty()) return type;
  std::vector<Type> parameters;
  for (const Type& parameter : type.parameters()) parameters.push_back(instantiate(parameter, fresh));
  return rebuild(type, std::move(parameters));
}

bool takes(const Overload& overload, std::size_t arguments) {
  std::size_t parameters = overload.parameters.size();
  return arguments == parameters || (overload.repeats && arguments > parameters);
}

std::optional<Type> Unifier::call(const Overload& overload, std::span<const Type> arguments) {
  if (!takes(overload, arguments.size())) return {};
  std::size_t variables = count_variables(overload.result);
  for (const Type& parameter : overload.parameters) variables = std::max(variables, count_variables(parameter));
  Mark before = mark();
  std::vector<Type> own;
  for (std::size_t i = 0; i < variables; ++i) own.push_back(fresh());
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const Type& parameter = overload.parameters[std::min(i, overload.parameters.size() - 1)];
    if (assign(instantiate(parameter, own), arguments[i])) continue;
    rewind(before);
    return {};
  }
  return instantiate(overload.result, own);
}

}  // namespace bw::cel
