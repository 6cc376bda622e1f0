// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cel/type.h"

namespace bw::cel {

// The variables that macros and cel.bind introduce, innermost last. A variable's place here is its slot at run time;
// `serial` tells two variables of one name apart.
class Scope {
 public:
  struct Local {
    std::string name;
    Type type;
    std::size_t serial = 0;
  };

  std::size_t push(std::string name, Type type) {
    locals_.push_back({std::move(name), std::move(type), serials_++});
    deepest_ = std::max(deepest_, locals_.size());
    return locals_.size() - 1;
  }
  void pop() { locals_.pop_back(); }

  static constexpr std::size_t npos = static_cast<std::size_t>(-1);
  std::size_t find(std::string_view name) const {
    for (std::size_t i = locals_.size(); i > 0; --i) {
      if (locals_[i - 1].name == name) return i - 1;
    }
    return npos;
  }
  const Local& at(std::size_t slot) const { return locals_[slot]; }
  std::size_t deepest() const { return deepest_; }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& local : locals_) out.push_back(local.name);
    return out;
  }

 private:
  std::vector<Local> locals_;
  std::size_t serials_ = 0;
  std::size_t deepest_ = 0;
};

}  // namespace bw::cel
