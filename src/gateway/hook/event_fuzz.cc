// SPDX-License-Identifier: Apache-2.0
// What a coding agent says to its hook: whatever is taken names a session, a tool and its use, and holds JSON.
#include <cstddef>
#include <cstdint>

#include "gateway/hook/event.h"
#include "json/document.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bw;
  auto event = gateway::hook::read_event(std::string(reinterpret_cast<const char*>(data), size));
  if (!event) return 0;
  BW_ASSERT(!event->session.empty() && !event->tool.empty() && !event->use.empty());
  auto input = json::Document::parse(event->input);
  BW_ASSERT(input && input->root().is(json::Kind::object));
  BW_ASSERT(event->response.empty() || json::Document::parse(event->response));
  return 0;
}
