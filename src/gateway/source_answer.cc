// SPDX-License-Identifier: Apache-2.0
#include "gateway/source_answer.h"

#include "base/text.h"

namespace bw::gateway {

bool is_json(const http::Headers& headers) {
  auto type = lower_ascii(headers.find("content-type").value_or(""));
  auto name = trim(std::string_view(type).substr(0, type.find(';')));
  return name == "application/json" || (name.starts_with("application/") && name.ends_with("+json"));
}

}  // namespace bw::gateway
