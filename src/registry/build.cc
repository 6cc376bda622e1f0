// SPDX-License-Identifier: Apache-2.0
#include "registry/build.h"

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "crypto/hash.h"
#include "registry/read.h"

namespace bw::registry {
namespace {

Person person(const Document& document) {
  const Node& body = document.body;
  return {.name = document.name,
          .full_name = text_of(body, "full_name"),
          .email = text_of(body, "email"),
          .human = text_of(body, "kind_of") == "human",
          .left = text_of(body, "left"),
          .where = document.where};
}

Team team(const Document& document) {
  return {.name = document.name, .members = texts_of(document.body, "members"), .where = document.where};
}

Grants grants(const Node& body) {
  const Node* may = body.find("may");
  if (!may) return {};
  return {.environments = texts_of(*may, "environments"),
          .tools = texts_of(*may, "tools"),
          .resources = texts_of(*may, "resources"),
          .prompts = texts_of(*may, "prompts")};
}

Agent agent(const Document& document) {
  const Node& body = document.body;
  return {.name = document.name,
          .description = text_of(body, "description"),
          .owner = text_of(body, "owner"),
          .steward = text_of(body, "steward"),
          .may = grants(body),
          .where = document.where};
}

std::vector<Subscription> subscriptions(const Node& body, std::string_view key) {
  std::vector<Subscription> out;
  for (const Node& item : items_of(body, key)) out.push_back({text_of(item, "who"), texts_of(item, "on")});
  return out;
}

Workflow workflow(const Document& document) {
  const Node& body = document.body;
  const Node& hold = *body.find("hold");
  return {.name = document.name,
          .description = text_of(body, "description"),
          .accountable = text_of(body, "accountable"),
          .system_owner = text_of(body, "system_owner"),
          .risk_owner = text_of(body, "risk_owner"),
          .agents = texts_of(body, "agents"),
          .autonomy = *domain::parse_autonomy(text_of(body, "autonomy")),
          .consulted = subscriptions(body, "consulted"),
          .informed = subscriptions(body, "informed"),
          .reviewers = texts_of(body, "reviewers"),
          .may = grants(body),
          .hold_budget_ms = duration_of(hold, "budget"),
          .hold_expires_ms = duration_of(hold, "expires"),
          .retention = text_of(body, "retention"),
          .where = document.where};
}

SecretSource secret(const Node& from) {
  if (from.find("file")) return {SecretSource::Kind::file, text_of(from, "file")};
  return {SecretSource::Kind::env, text_of(from, "env")};
}

std::vector<Credential> credentials(const Node& body) {
  std::vector<Credential> out;
  for (const Node& item : items_of(body, "credential")) {
    out.push_back({text_of(item, "header"), text_of(item, "prefix"), text_of(item, "env"), secret(*item.find("from"))});
  }
  return out;
}

std::string json_of(const Node& body, std::string_view key) {
  const Node* given = body.find(key);
  return given ? to_json(*given) : std::string();
}

Tool tool(const Node::Key& key, const Node& body) {
  std::vector<domain::Touch> touches;
  for (const auto& word : texts_of(body, "touches")) touches.push_back(*domain::parse_touch(word));
  return {.name = key.text,
          .description = text_of(body, "description"),
          .input_schema = json_of(body, "input_schema"),
          .output_schema = json_of(body, "output_schema"),
          .tier = *domain::parse_tier(text_of(body, "tier")),
          .reversible = truth_of(body, "reversible"),
          .touches = std::move(touches),
          .undo = text_of(body, "undo"),
          .system_owner = text_of(body, "system_owner"),
          .risk_owner = text_of(body, "risk_owner"),
          .accountable = text_of(body, "accountable"),
          .hold_shape = text_of(body, "hold_shape") == "ticket" ? HoldShape::ticket : HoldShape::wait,
          .labels = texts_of(body, "labels"),
          .retention = text_of(body, "retention"),
          .subjects = texts_of(body, "subject"),
          .where = key.where};
}

Named<Tool> tools(const Node& body) {
  Named<Tool> out;
  const Node* declared = body.find("tools");
  for (std::size_t i = 0; declared && i < declared->items.size(); ++i) {
    out.emplace(declared->keys[i].text, tool(declared->keys[i], declared->items[i]));
  }
  return out;
}

Retention retention(const Document& document) {
  Retention out{.name = document.name,
                .keep_ms = duration_of(document.body, "keep"),
                .is_default = truth_of(document.body, "default"),
                .where = document.where};
  const Node* fields = document.body.find("fields");
  for (std::size_t i = 0; fields && i < fields->items.size(); ++i)
    out.fields.emplace(fields->keys[i].text, duration_of(*fields, fields->keys[i].text));
  return out;
}

std::map<std::string, std::string> variables(const Node& body) {
  std::map<std::string, std::string> out;
  const Node* given = body.find("env");
  for (std::size_t i = 0; given && i < given->items.size(); ++i) out.emplace(given->keys[i].text, given->items[i].text);
  return out;
}

Upstream upstream(const Document& document) {
  const Node& body = document.body;
  return {.name = document.name,
          .description = text_of(body, "description"),
          .url = text_of(body, "url"),
          .command = text_of(body, "command"),
          .external = truth_of(body, "external"),
          .args = texts_of(body, "args"),
          .env = variables(body),
          .cwd = text_of(body, "cwd"),
          .environment = text_of(body, "environment"),
          .prefix = body.find("prefix") ? text_of(body, "prefix") : document.name + "_",
          .credentials = credentials(body),
          .system_owner = text_of(body, "system_owner"),
          .risk_owner = text_of(body, "risk_owner"),
          .timeout_ms = duration_of(body, "timeout"),
          .sessions = text_of(body, "sessions") == "shared" ? Sessions::shared : Sessions::per_agent,
          .concurrency = static_cast<int>(whole_of(body, "concurrency")),
          .tools = tools(body),
          .resources = texts_of(body, "resources"),
          .prompts = texts_of(body, "prompts"),
          .labels = texts_of(body, "labels"),
          .where = document.where};
}

}  // namespace

void Builder::add(Snapshot& snapshot, const Document& document) {
  const auto& kind = document.kind->name;
  const auto& name = document.name;
  if (kind == "Person") snapshot.people_.emplace(name, person(document));
  if (kind == "Team") snapshot.teams_.emplace(name, team(document));
  if (kind == "Agent") snapshot.agents_.emplace(name, agent(document));
  if (kind == "Workflow") snapshot.workflows_.emplace(name, workflow(document));
  if (kind == "Upstream") snapshot.upstreams_.emplace(name, upstream(document));
  if (kind == "Retention") snapshot.retention_.emplace(name, retention(document));
  if (kind == "Policy") snapshot.policies_.push_back(build_policy(document));
  if (kind == "Meters") std::ranges::move(build_meters(document), std::back_inserter(snapshot.meters_));
  if (kind == "Facts") {
    std::ranges::move(build_facts(document), std::back_inserter(snapshot.facts_));
    const Node& named = *document.body.find("facts");
    for (std::size_t i = 0; i < named.items.size(); ++i) {
      if (auto given = credentials(named.items[i]); !given.empty())
        snapshot.fact_credentials_.emplace(named.keys[i].text, std::move(given));
    }
  }
}

std::shared_ptr<Snapshot> Builder::build(const Documents& documents) {
  std::shared_ptr<Snapshot> snapshot(new Snapshot());
  for (const Document& document : documents.all()) {
    if (document.valid) add(*snapshot, document);
  }
  std::ranges::sort(snapshot->policies_, {}, &domain::Policy::name);
  std::ranges::sort(snapshot->meters_, {}, &domain::Meter::name);
  std::ranges::sort(snapshot->facts_, {}, &domain::Fact::name);
  return snapshot;
}

void Builder::seal(Snapshot& snapshot, std::string canonical, std::string places) {
  snapshot.digest_ = to_hex(crypto::sha256(canonical));
  snapshot.canonical_ = std::move(canonical);
  snapshot.places_ = std::move(places);
}

}  // namespace bw::registry
