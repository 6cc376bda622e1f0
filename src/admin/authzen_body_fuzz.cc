// SPDX-License-Identifier: Apache-2.0
// A request of AuthZEN, with and without a batch: whatever is taken names an agent, and holds arguments that are an object.
#include <cstddef>
#include <cstdint>

#include "admin/authzen_body.h"
#include "json/document.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bw;
  for (bool may_batch : {false, true}) {
    auto questions = admin::read_questions(std::string(reinterpret_cast<const char*>(data), size), may_batch);
    if (!questions) continue;
    BW_ASSERT(!questions->items.empty() && questions->items.size() <= admin::kQuestionsMax);
    for (const auto& question : questions->items) {
      if (!question) continue;
      auto arguments = json::Document::parse(question->arguments);
      BW_ASSERT(arguments && arguments->root().is(json::Kind::object));
      BW_ASSERT(!question->agent.empty() && question->tool.empty() != question->unknown.empty());
    }
  }
  return 0;
}
