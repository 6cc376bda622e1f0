// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "json/document.h"

namespace bw::analysis {

// A JSON object that can be changed: objects are branches, everything else is text. Members are written in the order of
// their names.
class RequestTree {
 public:
  static RequestTree from(json::Value value);

  // The value at a path of names; absent removes it. Branches on the way are made, and replace what is no object.
  void set(std::span<const std::string> path, const std::optional<std::string>& json);
  bool has(std::span<const std::string> path) const;
  std::string text() const;

 private:
  std::string leaf_;  // JSON; empty in a branch
  std::map<std::string, RequestTree> members_;
};

}  // namespace bw::analysis
