// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/result.h"
#include "json/document.h"

namespace bw::admin {

// The JSON object that a change is asked for with. Unknown keys are refused, with the nearest right one.
class Body {
 public:
  static Result<Body> read(std::string text, std::initializer_list<std::string_view> keys);

  std::string text(std::string_view key) const { return std::string(document_.root()[key].string().value_or("")); }
  Result<std::string> required(std::string_view key) const;  // a string that is not empty
  bool flag(std::string_view key, bool otherwise) const { return document_.root()[key].boolean().value_or(otherwise); }

 private:
  explicit Body(json::Document document) : document_(std::move(document)) {}
  json::Document document_;
};

}  // namespace bw::admin
