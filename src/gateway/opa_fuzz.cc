// SPDX-License-Identifier: Apache-2.0
// What OPA answers: whatever is taken holds a document, and names nothing that a terminal would not show as it is.
#include <cstddef>
#include <cstdint>

#include "base/text.h"
#include "gateway/opa.h"
#include "json/document.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bw;
  auto answer = gateway::read_opa_answer(std::string(reinterpret_cast<const char*>(data), size));
  if (!answer) return 0;
  BW_ASSERT(json::Document::parse(answer->result) && answer->digest.size() == 64);
  BW_ASSERT(printable(answer->decision_id) == answer->decision_id || answer->decision_id.contains('\\'));
  return 0;
}
