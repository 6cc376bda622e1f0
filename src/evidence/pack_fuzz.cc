// SPDX-License-Identifier: Apache-2.0
// A content of an export that is read is written again with the same meaning, and no statement crashes its reader.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "evidence/statement.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bw::evidence;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (auto content = parse_content(bytes); content && content->path.empty()) {
    auto again = parse_content(format(*content));
    BW_ASSERT(again.has_value() && again->salted == content->salted && again->state == content->state);
  }
  if (auto basis = parse_statement(bytes)) {
    Survey survey({.approval = [](const auto&) {}, .exception = [](const auto&) {}});
    BW_ASSERT(parse_statement(statement(*basis, survey)).has_value());
  }
  return 0;
}
