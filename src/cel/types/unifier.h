// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "cel/function.h"
#include "cel/type.h"

namespace bw::cel {

// Whether the overload takes that many arguments.
bool takes(const Overload& overload, std::size_t arguments);

// What the type variables of one check stand for so far.
class Unifier {
 public:
  Type fresh() {
    bindings_.emplace_back();
    return Type::variable(bindings_.size() - 1);
  }

  // Whether a value of type `from` fits where `to` is wanted. Binds variables so that it does; on failure leaves none
  // bound anew.
  bool assign(const Type& to, const Type& from);

  // The type all of several branches or elements have, or nothing.
  std::optional<Type> join(const Type& a, const Type& b);

  // The result of calling `overload` with these, if it takes them.
  std::optional<Type> call(const Overload& overload, std::span<const Type> arguments);

  Type resolve(Type type) const;       // a bound variable's meaning, at the top only
  Type apply(const Type& type) const;  // everywhere; what is still open becomes dyn

  // A place to return to: everything bound or made since is forgotten.
  struct Mark {
    std::size_t variables = 0;
    std::size_t changes = 0;
  };
  Mark mark() const { return {bindings_.size(), changes_.size()}; }
  void rewind(Mark mark);

 private:
  bool unify(const Type& to, const Type& from);
  std::optional<std::size_t> bound(const Type& type) const;
  bool widens(const Type& wide, const Type& narrow) const;
  bool bind(std::size_t variable, const Type& type);
  bool occurs(std::size_t variable, const Type& type) const;
  Type instantiate(const Type& type, std::span<const Type> fresh) const;

  void set(std::size_t variable, Type meaning);

  struct Change {
    std::size_t variable = 0;
    std::optional<Type> before;
  };
  std::vector<std::optional<Type>> bindings_;
  std::vector<Change> changes_;  // what rewinding undoes
};

}  // namespace bw::cel
