// SPDX-License-Identifier: Apache-2.0
#include "gateway/catalogue.h"

#include <fmt/core.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "gateway/catalogue_index.h"
#include "gateway/uri_template.h"

namespace bw::gateway {

namespace {

using domain::ActionKind;
using domain::Principal;

constexpr std::size_t kViewsMax = 4096;

// A tool that one principal may know of.
struct Granted {
  const IndexedTool* tool = nullptr;
  domain::ToolProfile profile;
};

// What one principal may know of. The keys are views into `index`.
struct View {
  std::shared_ptr<const Index> index;
  std::vector<Granted> tools;
  std::vector<const IndexedPrompt*> prompts;
  std::vector<const IndexedResource*> resources;
  std::vector<const IndexedResource*> templates;
  std::unordered_map<std::string_view, std::size_t> by_exposed;
  std::unordered_map<std::string_view, std::size_t> by_name;
  std::unordered_map<std::string_view, const IndexedPrompt*> prompt_by_exposed;
  std::unordered_map<std::string_view, const IndexedResource*> resource_by_uri;
};

// Whether registry and token let the principal use this at all.
class Grants {
 public:
  Grants(const registry::Snapshot& snapshot, const Principal& principal) : snapshot_(snapshot), principal_(principal) {}

  std::optional<domain::ToolProfile> tool(std::string_view upstream, std::string_view tool,
                                          std::string_view name) const {
    auto profile = snapshot_.profile(upstream, tool, principal_.workflow);
    if (!profile || !may(ActionKind::tool, upstream, name, profile->tier)) return std::nullopt;
    return profile;
  }
  std::optional<domain::ToolProfile> read(ActionKind kind, std::string_view upstream, std::string_view name) const {
    auto profile = snapshot_.read_profile(upstream, kind, name, principal_.workflow);
    if (!profile || !may(kind, upstream, name, profile->tier)) return std::nullopt;
    return profile;
  }

 private:
  bool may(ActionKind kind, std::string_view upstream, std::string_view name, domain::Tier tier) const {
    const auto* declared = snapshot_.upstream(upstream);
    if (declared == nullptr || declared->environment != principal_.environment) return false;
    return snapshot_
        .granted({.agent = principal_.agent,
                  .workflow = principal_.workflow,
                  .kind = kind,
                  .upstream = upstream,
                  .name = name,
                  .tier = tier})
        .has_value();
  }

  const registry::Snapshot& snapshot_;
  const Principal& principal_;
};

std::shared_ptr<const View> make_view(std::shared_ptr<const Index> index, const Principal& principal) {
  auto view = std::make_shared<View>();
  Grants grants(*index->snapshot, principal);
  for (const auto& tool : index->tools) {
    auto profile = grants.tool(tool.upstream, tool.tool, tool.listed.name);
    if (!profile) continue;
    if (!tool.external) view->by_exposed.emplace(tool.listed.exposed, view->tools.size());
    view->by_name.emplace(tool.listed.name, view->tools.size());
    view->tools.push_back({&tool, std::move(*profile)});
  }
  for (const auto& prompt : index->prompts) {
    if (!grants.read(ActionKind::prompt, prompt.upstream, prompt.name)) continue;
    view->prompts.push_back(&prompt);
    view->prompt_by_exposed.emplace(prompt.exposed, &prompt);
  }
  for (const auto& resource : index->resources) {
    if (!grants.read(ActionKind::resource, resource.upstream, resource.uri)) continue;
    // The first upstream that offers a URI is the one that is read.
    if (view->resource_by_uri.emplace(resource.uri, &resource).second) view->resources.push_back(&resource);
  }
  // A template is listed when something that it stands for can be granted: its text is matched as if it were a URI.
  for (const auto& pattern : index->templates) {
    if (grants.read(ActionKind::resource, pattern.upstream, pattern.uri)) view->templates.push_back(&pattern);
  }
  view->index = std::move(index);
  return view;
}

class LiveCatalogue final : public Catalogue {
 public:
  LiveCatalogue(execution::Upstreams& upstreams, Pins& pins, LiveSnapshot live)
      : upstreams_(upstreams), pins_(pins), live_(std::move(live)) {}

  void list_changed(std::string_view) override { bring_up_to_date(); }

  std::vector<const ListedTool*> tools(const Principal& principal) override {
    const auto& view = current(principal);
    std::vector<const ListedTool*> listed;
    for (const auto& granted : view.tools) {
      if (granted.tool->code.empty() && !granted.tool->external) listed.push_back(&granted.tool->listed);
    }
    return listed;
  }

  std::string exposed_to_name(const Principal& principal, std::string_view exposed) override {
    if (const auto* granted = find(principal, &View::by_exposed, exposed)) return granted->tool->listed.name;
    const auto* tool = current(principal).index->tool_by_exposed(exposed);
    return tool == nullptr ? std::string() : tool->listed.name;
  }

  const ListedTool* listed(const Principal& principal, std::string_view exposed) override {
    const auto* granted = find(principal, &View::by_exposed, exposed);
    return granted == nullptr || !granted->tool->code.empty() ? nullptr : &granted->tool->listed;
  }

  std::vector<std::string> resources(const Principal& principal) override {
    return definitions(current(principal).resources);
  }
  std::vector<std::string> resource_templates(const Principal& principal) override {
    return definitions(current(principal).templates);
  }
  std::vector<std::string> prompts(const Principal& principal) override {
    return definitions(current(principal).prompts);
  }

  std::string exposed_to_prompt(const Principal& principal, std::string_view exposed) override {
    const auto& view = current(principal);
    auto at = view.prompt_by_exposed.find(exposed);
    if (at == view.prompt_by_exposed.end()) return {};
    return at->second->name;
  }

  std::string upstream_of_resource(const Principal& principal, std::string_view uri) override {
    const auto& view = current(principal);
    if (auto at = view.resource_by_uri.find(uri); at != view.resource_by_uri.end()) return at->second->upstream;
    Grants grants(*view.index->snapshot, principal);
    auto may = [&](std::string_view upstream) { return grants.read(ActionKind::resource, upstream, uri).has_value(); };
    for (const auto& pattern : view.index->templates) {
      if (uri_template_matches(pattern.uri, uri) && may(pattern.upstream)) return pattern.upstream;
    }
    for (const auto& [upstream, catalog] : view.index->catalogs) {
      if (may(upstream)) return upstream;
    }
    return {};
  }

  std::string upstream_of_template(const Principal& principal, std::string_view uri_template) override {
    for (const auto* pattern : current(principal).templates) {
      if (pattern->uri == uri_template) return pattern->upstream;
    }
    return {};
  }

  std::string any_prompt(std::string_view exposed) override {
    bring_up_to_date();
    auto at = std::ranges::find(index_->prompts, exposed, &IndexedPrompt::exposed);
    return at == index_->prompts.end() ? std::string() : at->name;
  }

  std::string any_upstream_of_resource(std::string_view uri) override {
    bring_up_to_date();
    for (const auto& [upstream, catalog] : index_->catalogs) {
      if (index_->snapshot->read_profile(upstream, ActionKind::resource, uri, {})) return upstream;
    }
    return {};
  }

  std::vector<execution::Upstream*> upstreams(const Principal& principal) override {
    const auto& view = current(principal);
    std::unordered_map<std::string_view, bool> used;
    for (const auto& granted : view.tools) {
      if (!granted.tool->external) used.emplace(granted.tool->upstream, true);
    }
    for (const auto* prompt : view.prompts) used.emplace(prompt->upstream, true);
    for (const auto* resource : view.resources) used.emplace(resource->upstream, true);
    for (const auto* pattern : view.templates) used.emplace(pattern->upstream, true);
    std::vector<execution::Upstream*> found;
    for (auto* upstream : upstreams_.all()) {
      if (used.contains(upstream->name()) || may_come_to_offer(principal, *upstream)) found.push_back(upstream);
    }
    return found;
  }

  Resolved resolve(const Principal& principal, ActionKind kind, std::string_view upstream,
                   std::string_view name) override {
    if (kind == ActionKind::tool) return resolve_tool(principal, name);
    return resolve_read(principal, kind, upstream, name);
  }

 private:
  template <class Thing>
  static std::vector<std::string> definitions(const std::vector<const Thing*>& things) {
    std::vector<std::string> texts;
    texts.reserve(things.size());
    for (const auto* thing : things) texts.push_back(thing->definition);
    return texts;
  }

  static std::string key_of(const Principal& principal) {
    return fmt::format("{}\x1f{}\x1f{}", principal.agent, principal.workflow, principal.environment);
  }

  bool may_come_to_offer(const Principal& principal, const execution::Upstream& upstream) const {
    auto live = live_();
    const auto* declared = live->upstream(upstream.name());
    const auto* agent = live->agent(principal.agent);
    const auto* workflow = live->workflow(principal.workflow);
    if (declared == nullptr || agent == nullptr || workflow == nullptr) return false;
    if (declared->environment != principal.environment) return false;
    if (upstream.health().state != execution::Health::State::connecting) return false;
    auto all = [](const auto&... patterns) { return (!patterns.empty() && ...); };
    return all(declared->resources, agent->may.resources, workflow->may.resources) ||
           all(declared->prompts, agent->may.prompts, workflow->may.prompts);
  }

  // The view as it was made last, or null.
  const View* cached(const Principal& principal) const {
    auto at = views_.find(key_of(principal));
    return at == views_.end() ? nullptr : at->second.get();
  }

  void bring_up_to_date() {
    auto live = live_();
    if (index_ != nullptr && index_->is_current(*live, upstreams_, pins_)) return;
    index_ = make_index(std::move(live), upstreams_, pins_);
    views_.clear();
  }

  // The view, from what is true now.
  const View& current(const Principal& principal) {
    bring_up_to_date();
    auto key = key_of(principal);
    if (auto at = views_.find(key); at != views_.end()) return *at->second;
    if (views_.size() >= kViewsMax) views_.clear();
    return *views_.emplace(std::move(key), make_view(index_, principal)).first->second;
  }

  // A tool of the principal's view. One that is found in the view as it was made last is good as long as nothing that
  // concerns it has changed since, whatever has happened to other upstreams.
  const Granted* find(const Principal& principal, std::unordered_map<std::string_view, std::size_t> View::* by,
                      std::string_view key) {
    if (const auto* view = cached(principal)) {
      if (auto at = (view->*by).find(key); at != (view->*by).end()) {
        const auto& granted = view->tools[at->second];
        const auto* upstream = upstreams_.find(granted.tool->upstream);
        if (upstream != nullptr && view->index->is_current(*live_(), *upstream, pins_)) return &granted;
      }
    }
    const auto& view = current(principal);
    auto at = (view.*by).find(key);
    return at == (view.*by).end() ? nullptr : &view.tools[at->second];
  }

  Resolved resolve_tool(const Principal& principal, std::string_view name) {
    const auto* granted = find(principal, &View::by_name, name);
    if (granted == nullptr)
      return unknown(declared_profile(principal, name), fmt::format("there is no tool `{}`", name));
    Resolved resolved{.tool = granted->tool->tool,
                      .profile = granted->profile,
                      .tool_digest = granted->tool->digest,
                      .refused = granted->tool->refused,
                      .code = granted->tool->code,
                      .external = granted->tool->external};
    if (resolved.code.empty()) resolved.upstream = upstreams_.find(granted->tool->upstream);
    return resolved;
  }

  // `name` is "UPSTREAM/PROMPT" or a URI.
  Resolved resolve_read(const Principal& principal, ActionKind kind, std::string_view upstream, std::string_view name) {
    const bool is_prompt = kind == ActionKind::prompt;
    if (is_prompt) upstream = name.substr(0, name.find('/'));
    std::string owner(upstream);
    if (!is_prompt && owner.empty()) owner = upstream_of_resource(principal, name);
    const auto& snapshot = *current(principal).index->snapshot;
    auto profile = Grants(snapshot, principal).read(kind, owner, name);
    if (!profile) {
      auto declared = snapshot.read_profile(owner, kind, name, principal.workflow);
      return unknown(std::move(declared), fmt::format("there is no {} `{}`", domain::name(kind), name));
    }
    auto own_name = is_prompt ? name.substr(owner.size() + 1) : name;
    Resolved resolved{
        .upstream = upstreams_.find(owner), .tool = std::string(own_name), .profile = std::move(*profile)};
    if (resolved.upstream == nullptr) {
      resolved.code = "unavailable";
      resolved.refused = "its server cannot be reached at present; try again later";
    }
    return resolved;
  }

  // `declared`: what it is, when there is such a thing at all.
  static Resolved unknown(std::optional<domain::ToolProfile> declared, std::string refused) {
    Resolved resolved{.refused = std::move(refused), .code = declared ? "not_granted" : "unknown"};
    if (declared) resolved.profile = std::move(*declared);
    return resolved;
  }

  std::optional<domain::ToolProfile> declared_profile(const Principal& principal, std::string_view name) const {
    auto slash = name.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    return live_()->profile(name.substr(0, slash), name.substr(slash + 1), principal.workflow);
  }

  execution::Upstreams& upstreams_;
  Pins& pins_;
  LiveSnapshot live_;
  std::shared_ptr<const Index> index_;
  std::unordered_map<std::string, std::shared_ptr<const View>> views_;
};

}  // namespace

std::unique_ptr<Catalogue> make_catalogue(execution::Upstreams& upstreams, Pins& pins, LiveSnapshot live) {
  return std::make_unique<LiveCatalogue>(upstreams, pins, std::move(live));
}

}  // namespace bw::gateway
