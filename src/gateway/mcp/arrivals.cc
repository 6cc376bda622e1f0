// SPDX-License-Identifier: Apache-2.0
#include "gateway/mcp/arrivals.h"

#include <algorithm>
#include <array>

#include "async/deadline.h"
#include "gateway/companion_names.h"
#include "mcp/protocol.h"

namespace bw::gateway {

namespace {

// What is answered from the lists of all upstreams that the caller may use.
constexpr std::array kOfAll = {mcp::method::tools_list,     mcp::method::resources_list,
                               mcp::method::prompts_list,   mcp::method::resources_templates_list,
                               mcp::method::resources_read, mcp::method::resources_subscribe,
                               mcp::method::prompts_get,    mcp::method::complete,
                               mcp::method::listen};

}  // namespace

Arrivals::Arrivals(McpParts parts) : parts_(parts) { parts_.changes.add(*this); }

Arrivals::~Arrivals() { parts_.changes.remove(*this); }

void Arrivals::changed() {
  all_came_ = false;
  news_.set();
  news_.reset();
}

// How much longer it is expected. One that was connected before, or has failed, keeps nobody waiting; nor does one whose
// beginning lies in the future, because the clock was set back.
std::int64_t Arrivals::expected_for_ms(const execution::Upstream& upstream) const {
  auto health = upstream.health();
  bool is_first = health.state == execution::Health::State::connecting && health.restarts == 0;
  auto age_ms = parts_.clock.now_ms() - health.since_ms;
  return is_first && age_ms >= 0 && age_ms < kFirstListMs ? kFirstListMs - age_ms : 0;
}

std::int64_t Arrivals::expected_for_ms(const std::vector<std::string>& upstreams) const {
  std::int64_t longest_ms = 0;
  for (const auto& name : upstreams) {
    const auto* upstream = parts_.upstreams.find(name);
    if (upstream != nullptr) longest_ms = std::max(longest_ms, expected_for_ms(*upstream));
  }
  return longest_ms;
}

bool Arrivals::is_any_expected() {
  if (all_came_) return false;
  all_came_ = std::ranges::none_of(parts_.upstreams.all(), [&](const auto* one) { return expected_for_ms(*one) > 0; });
  return !all_came_;
}

std::vector<std::string> Arrivals::expected_by(const Ask& ask) {
  if (!ask.message.is_request() || !is_any_expected()) return {};
  auto method = ask.message.method;
  auto tool = ask.message.params["name"].string().value_or("");
  if (method == mcp::method::tools_call && tool != companion::await) {
    auto name = parts_.catalogue.exposed_to_name(ask.principal, tool);
    if (name.empty()) return {};
    return {name.substr(0, name.find('/'))};
  }
  std::vector<std::string> names;
  if (method != mcp::method::tools_call && std::ranges::find(kOfAll, method) == kOfAll.end()) return names;
  for (const auto* upstream : parts_.catalogue.upstreams(ask.principal)) names.emplace_back(upstream->name());
  return names;
}

async::Task<void> Arrivals::wait(std::vector<std::string> upstreams) {
  async::Deadline deadline(parts_.loop, kFirstListMs);
  for (;;) {
    auto left_ms = std::min(expected_for_ms(upstreams), deadline.left_ms());
    if (left_ms <= 0) co_return;
    [[maybe_unused]] auto first = co_await async::wait_any(left_ms, news_);
  }
}

}  // namespace bw::gateway
