// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "cel/type.h"
#include "cel/value.h"
#include "json/document.h"
#include "messages.h"

namespace bw::cel {

std::string text_of(const json::Value& value);

// The corpus as dump.mjs wrote it, and the messages it speaks of.
class Corpus {
 public:
  // The file that BW_CEL_SPEC names; null when it names none. Read once.
  static const Corpus* given();

  json::Value cases() const { return document_.root()["cases"]; }
  const Messages& messages(bool strong_enums) const { return strong_enums ? *strong_ : *plain_; }

 private:
  explicit Corpus(json::Document document);
  json::Document document_;
  std::unique_ptr<Messages> plain_;
  std::unique_ptr<Messages> strong_;
};

// cel.expr.Value and cel.expr.Type in their JSON form.
Value value_of(const json::Value& json, const Messages& messages, Arena& arena);
// Type parameters (`T`) are for signatures: elsewhere they are Unsupported.
Type type_of(const json::Value& json, const Messages& messages, bool in_signature = false);

}  // namespace bw::cel
