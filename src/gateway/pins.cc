// SPDX-License-Identifier: Apache-2.0
#include "gateway/pins.h"

#include <fmt/core.h>

#include <utility>

#include "base/log.h"

namespace bw::gateway {

namespace {

std::string key(std::string_view upstream, std::string_view tool) { return fmt::format("{}/{}", upstream, tool); }

}  // namespace

Pins::Pins(std::vector<Pin> known, PinStore& store) : store_(store) {
  for (auto& pin : known) {
    auto name = key(pin.upstream, pin.tool);
    pins_.insert_or_assign(std::move(name), std::move(pin));
  }
}

void Pins::record(std::string_view upstream, const execution::ToolDefinition& tool, Standing standing) {
  ++version_;
  store_.record({.upstream = std::string(upstream),
                 .tool = tool.name,
                 .digest = tool.digest,
                 .definition = tool.definition,
                 .accepted = standing == Standing::accepted});
}

Pins::Standing Pins::observe(std::string_view upstream, const execution::ToolDefinition& tool) {
  auto [at, is_new] = pins_.try_emplace(key(upstream, tool.name));
  auto& pin = at->second;
  if (is_new) {
    pin = {.upstream = std::string(upstream), .tool = tool.name, .digest = tool.digest, .definition = tool.definition};
    record(upstream, tool, Standing::accepted);
    return Standing::accepted;
  }
  if (pin.digest == tool.digest) {
    if (!pin.changed_digest.empty()) {
      pin.changed_digest.clear();
      pin.changed_definition.clear();
      record(upstream, tool, Standing::accepted);
    }
    return Standing::accepted;
  }
  if (pin.changed_digest != tool.digest) {
    pin.changed_digest = tool.digest;
    pin.changed_definition = tool.definition;
    log::warn("upstream {}: the definition of tool {} changed; it waits in quarantine", upstream, tool.name);
    record(upstream, tool, Standing::quarantined);
  }
  return Standing::quarantined;
}

Status Pins::accept(std::string_view upstream, std::string_view tool, std::string_view digest) {
  auto at = pins_.find(key(upstream, tool));
  if (at == pins_.end()) return fail(Code::not_found, fmt::format("no pin of `{}/{}`", upstream, tool));
  auto& pin = at->second;
  if (pin.digest == digest) return {};
  if (pin.changed_digest != digest) {
    return fail(Code::failed_precondition, fmt::format("`{}/{}` has another definition by now", upstream, tool));
  }
  pin.digest = std::exchange(pin.changed_digest, {});
  pin.definition = std::exchange(pin.changed_definition, {});
  ++version_;
  return {};
}

const Pin* Pins::find(std::string_view upstream, std::string_view tool) const {
  auto at = pins_.find(key(upstream, tool));
  return at == pins_.end() ? nullptr : &at->second;
}

std::vector<Pin> Pins::quarantined() const {
  std::vector<Pin> found;
  for (const auto& [name, pin] : pins_) {
    if (!pin.changed_digest.empty()) found.push_back(pin);
  }
  return found;
}

}  // namespace bw::gateway
