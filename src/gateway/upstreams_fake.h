// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "crypto/hash.h"
#include "execution/upstreams.h"
#include "gateway/pins.h"
#include "registry/load.h"

// Upstreams without sockets, and a registry that declares them. What they offer is set by hand.
namespace bw::gateway::testing {

class FakeUpstream final : public execution::Upstream {
 public:
  explicit FakeUpstream(std::string name) : name_(std::move(name)) {}

  std::string_view name() const override { return name_; }
  execution::Health health() const override { return {.state = state, .since_ms = since_ms, .restarts = restarts}; }
  std::shared_ptr<const execution::Catalog> catalog() const override { return catalog_; }

  async::Task<execution::CallResult> call(execution::Call call) override {
    calls.push_back(call);
    if (gate) co_await async::wait(*gate);
    co_return execution::Reply{.body = answer};
  }
  async::Task<Status> listen(execution::Caller caller, std::vector<std::string> uris, execution::Peer* peer) override {
    listening[peer] = std::move(uris);
    callers.push_back(std::move(caller));
    co_return Status{};
  }
  void forget(execution::Peer* peer) override { listening.erase(peer); }
  void close_session(std::string_view session) override { closed.emplace_back(session); }
  void roots_changed(std::string_view session) override { roots_changes.emplace_back(session); }

  void offer(execution::Catalog catalog) { catalog_ = std::make_shared<execution::Catalog>(std::move(catalog)); }

  execution::Health::State state = execution::Health::State::ready;
  std::int64_t since_ms = 0;
  std::uint32_t restarts = 0;
  std::string answer = "{}";
  async::Event* gate = nullptr;  // calls are answered once it is set
  std::vector<execution::Call> calls;
  std::vector<execution::Caller> callers;
  std::map<execution::Peer*, std::vector<std::string>> listening;
  std::vector<std::string> closed;
  std::vector<std::string> roots_changes;

 private:
  std::string name_;
  std::shared_ptr<const execution::Catalog> catalog_ = std::make_shared<execution::Catalog>();
};

class FakeUpstreams final : public execution::Upstreams {
 public:
  explicit FakeUpstreams(const std::vector<std::string>& names) {
    for (const auto& name : names) upstreams_.push_back(std::make_unique<FakeUpstream>(name));
  }
  void apply(std::shared_ptr<const registry::Snapshot>) override {}
  execution::Upstream* find(std::string_view name) override { return find_fake(name); }
  std::vector<execution::Upstream*> all() override {
    std::vector<execution::Upstream*> found;
    for (const auto& upstream : upstreams_) found.push_back(upstream.get());
    return found;
  }
  async::Task<void> stop() override { co_return; }

  FakeUpstream* find_fake(std::string_view name) {
    auto at = std::ranges::find_if(upstreams_, [&](const auto& upstream) { return upstream->name() == name; });
    return at == upstreams_.end() ? nullptr : at->get();
  }
  FakeUpstream& operator[](std::string_view name) { return *find_fake(name); }

 private:
  std::vector<std::unique_ptr<FakeUpstream>> upstreams_;
};

inline execution::ToolDefinition tool(const std::string& name, const std::string& description = "does it",
                                      const std::string& schema = R"({"type":"object"})") {
  auto definition = fmt::format(R"({{"name":"{}","description":"{}","inputSchema":{}}})", name, description, schema);
  auto digest = to_hex(crypto::sha256(definition));
  return {.name = name, .definition = std::move(definition), .digest = std::move(digest)};
}

class FakePinStore final : public PinStore {
 public:
  void record(Sighting sighting) override { recorded.push_back(std::move(sighting)); }
  std::vector<Sighting> recorded;
};

// Two upstreams, `desk` and `notes`; agent `bot` in workflow `job` may use most of them, `guest` in `visit` little.
inline constexpr std::string_view kRegistry = R"(kind: Person
name: ana
full_name: Ana
email: ana@example.com
---
kind: Agent
name: bot
owner: ana
steward: ana
may:
  environments: [sandbox]
  tools: ["desk/*", "notes/*", desk/refund]
  resources: ["note://*"]
  prompts: ["notes/*"]
---
kind: Agent
name: guest
owner: ana
steward: ana
may: {environments: [sandbox], tools: [desk/look]}
---
kind: Workflow
name: job
accountable: ana
agents: [bot]
autonomy: production
may:
  environments: [sandbox]
  tools: ["desk/*", "notes/*", desk/refund]
  resources: ["note://*"]
  prompts: ["notes/*"]
---
kind: Workflow
name: visit
accountable: ana
agents: [guest]
may: {environments: [sandbox], tools: [desk/look]}
---
kind: Upstream
name: desk
url: http://127.0.0.1:1/mcp
environment: sandbox
system_owner: ana
risk_owner: ana
tools:
  look: {tier: read}
  refund: {tier: execute, touches: [money], reversible: true}
  later: {tier: read}
---
kind: Upstream
name: notes
url: http://127.0.0.1:2/mcp
environment: sandbox
system_owner: ana
prefix: ""
resources: ["note://*"]
prompts: ["*"]
tools:
  find: {tier: read}
  region: {tier: read}
)";

inline std::shared_ptr<const registry::Snapshot> snapshot(std::string_view yaml = kRegistry) {
  registry::Sources sources;
  sources.emplace("registry.yaml", std::string(yaml));
  auto loaded = registry::load(std::move(sources));
  if (loaded.snapshot == nullptr) fmt::print(stderr, "{}", registry::format(loaded));
  return loaded.snapshot;
}

inline void offer_everything(FakeUpstreams& upstreams) {
  upstreams["desk"].offer({.tools = {tool("refund"), tool("look"), tool("undeclared")}});
  upstreams["notes"].offer(
      {.tools = {tool("find"),
                 tool("region", "needs a field",
                      R"({"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"}}})")},
       .resources = {R"({"uri":"note://1","name":"One"})", R"({"uri":"secret://1","name":"Not granted"})"},
       .resource_templates = {R"({"uriTemplate":"note://by/{author}","name":"By author"})"},
       .prompts = {R"({"name":"greet","arguments":[{"name":"who"}]})"}});
}

}  // namespace bw::gateway::testing
