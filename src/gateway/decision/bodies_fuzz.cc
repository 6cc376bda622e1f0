// SPDX-License-Identifier: Apache-2.0
// A body as an agent sends it to the decision API, read as each of its requests: what is taken is well formed.
#include <cstddef>
#include <cstdint>
#include <string>

#include "gateway/decision/bodies.h"
#include "gateway/run_name.h"
#include "json/document.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bw;
  std::string body(reinterpret_cast<const char*>(data), size);
  if (auto proposal = gateway::read_proposal(body)) {
    BW_ASSERT(proposal->tool.contains('/'));
    BW_ASSERT(proposal->run.empty() || gateway::is_run_name(proposal->run));
    BW_ASSERT(proposal->hold_ms >= -1 && proposal->hold_ms <= gateway::kHoldMsMax);
    auto arguments = json::Document::parse(proposal->arguments);
    BW_ASSERT(arguments && arguments->root().is(json::Kind::object));
  }
  if (auto report = gateway::read_report(body)) {
    BW_ASSERT(report->outcome != domain::Outcome::not_executed);
    BW_ASSERT(report->result.empty() || json::Document::parse(report->result));
  }
  if (auto hold = gateway::read_hold(body)) BW_ASSERT(*hold >= -1 && *hold <= gateway::kHoldMsMax);
  return 0;
}
