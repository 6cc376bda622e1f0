// SPDX-License-Identifier: Apache-2.0
#include "json/embed.h"

#include "json/document.h"

namespace bw::json {

void embed(Writer& writer, std::string_view name, const std::string& text) {
  if (text.empty()) return;
  if (Document::parse(text)) {
    writer.member_raw(name, text);
  } else {
    writer.member(name, text);
  }
}

}  // namespace bw::json
