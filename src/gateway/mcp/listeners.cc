// SPDX-License-Identifier: Apache-2.0
#include "gateway/mcp/listeners.h"

#include <fmt/core.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "gateway/mcp/post_answer.h"
#include "gateway/mcp/upstream_ear.h"
#include "json/document.h"
#include "json/writer.h"
#include "mcp/build.h"
#include "mcp/splice.h"

namespace bw::gateway {

namespace {

constexpr std::string_view kEmptyResult = R"({"resultType":"complete"})";

struct Wanted {
  bool tools = false;
  bool prompts = false;
  bool resources = false;
  std::vector<std::string> uris;
};

std::expected<Wanted, mcp::Refusal> read_wanted(json::Value notifications, std::size_t uris_max) {
  auto invalid = [](std::string message) { return rpc_error(mcp::code::invalid_params, std::move(message)); };
  if (!notifications.is(json::Kind::object)) return invalid("`notifications` must be an object");
  Wanted wanted;
  wanted.tools = notifications["toolsListChanged"].boolean().value_or(false);
  wanted.prompts = notifications["promptsListChanged"].boolean().value_or(false);
  wanted.resources = notifications["resourcesListChanged"].boolean().value_or(false);
  auto uris = notifications["resourceSubscriptions"];
  if (uris && !uris.is(json::Kind::array)) return invalid("`resourceSubscriptions` must be an array of strings");
  if (uris.size() > uris_max)
    return invalid(fmt::format("at most {} resources can be subscribed to at once", uris_max));
  for (auto uri : uris.elements()) {
    if (!uri.string()) return invalid("`resourceSubscriptions` must be an array of strings");
    wanted.uris.emplace_back(*uri.string());
  }
  return wanted;
}

}  // namespace

// One open stream.
class Listener final : public execution::Peer {
 public:
  Listener(Ask ask, Wanted wanted, McpParts parts, const McpLimits& limits)
      : ask_(std::move(ask)),
        wanted_(std::move(wanted)),
        parts_(parts),
        limits_(limits),
        ear_(parts.loop, parts.upstreams, *this) {}

  const domain::Principal& principal() const { return ask_.principal; }
  async::Event& news() { return news_; }
  UpstreamEar& ear() { return ear_; }

  async::Task<void> notify(std::string method, std::string params) override {
    // What changes in lists is told by the catalogue, when it has read them again.
    if (method == mcp::notification::resource_updated && wants(params)) push(method, params);
    co_return;
  }
  async::Task<Result<std::string>> request(std::string, std::string) override {
    co_return fail(Code::failed_precondition, "a stateless client is never sent a request");
  }

  void list_changed(std::string_view method) {
    bool wanted = (method == mcp::notification::tools_changed && wanted_.tools) ||
                  (method == mcp::notification::prompts_changed && wanted_.prompts) ||
                  (method == mcp::notification::resources_changed && wanted_.resources);
    if (wanted) push(method, "{}");
    news_.set();
  }

  async::Task<void> follow() {
    std::map<std::string, std::vector<std::string>> uris;
    for (const auto& uri : wanted_.uris) {
      auto upstream = parts_.catalogue.upstream_of_resource(ask_.principal, uri);
      if (!upstream.empty()) uris[upstream].push_back(uri);
    }
    honoured_.clear();
    for (const auto& [upstream, of_it] : uris) honoured_.insert(honoured_.end(), of_it.begin(), of_it.end());
    auto caller = ask_.caller;
    co_await ear_.follow(std::move(caller), std::move(uris), limits_.listen_ms);
  }

  std::string acknowledgement() const {
    json::Writer w;
    w.begin_object();
    if (wanted_.tools) w.member("toolsListChanged", true);
    if (wanted_.prompts) w.member("promptsListChanged", true);
    if (wanted_.resources) w.member("resourcesListChanged", true);
    if (!wanted_.uris.empty()) {
      w.key("resourceSubscriptions").begin_array();
      for (const auto& uri : honoured_) w.string(uri);
      w.end_array();
    }
    w.end_object();
    json::Writer params;
    params.begin_object().member_raw("notifications", w.text()).end_object();
    return mcp::notification_text(mcp::notification::acknowledged, signed_with_id(params.text()));
  }

  std::string end() const { return mcp::result_response(ask_.message.id, signed_with_id(kEmptyResult)); }

  std::optional<std::string> take() {
    if (notices_.empty()) return std::nullopt;
    auto notice = std::move(notices_.front());
    notices_.pop_front();
    return notice;
  }

 private:
  bool wants(const std::string& params) const {
    auto document = json::Document::parse(params);
    auto uri = document ? document->root()["uri"].string() : std::nullopt;
    return uri && std::ranges::find(honoured_, *uri) != honoured_.end();
  }

  std::string signed_with_id(std::string_view params) const {
    return mcp::set_meta(params, mcp::meta::subscription_id, ask_.message.id);
  }

  void push(std::string_view method, std::string_view params) {
    auto notice = mcp::notification_text(method, signed_with_id(params));
    // Two of the same that wait say no more than one.
    bool waits = std::ranges::find(notices_, notice) != notices_.end();
    if (!waits && notices_.size() < limits_.notices_max) notices_.push_back(std::move(notice));
    news_.set();
  }

  Ask ask_;
  Wanted wanted_;
  McpParts parts_;
  const McpLimits& limits_;
  UpstreamEar ear_;
  std::vector<std::string> honoured_;
  std::deque<std::string> notices_;
  async::Event news_;
};

Listeners::Listeners(McpParts parts, const McpLimits& limits) : parts_(parts), limits_(limits) {
  parts_.changes.add(*this);
}

Listeners::~Listeners() { parts_.changes.remove(*this); }

void Listeners::list_changed(std::string_view method) {
  for (const auto& listener : open_) listener->list_changed(method);
}

bool Listeners::is_full(const domain::Principal& principal) const {
  auto of_agent =
      std::ranges::count_if(open_, [&](const auto& open) { return open->principal().agent == principal.agent; });
  return open_.size() >= limits_.listeners_max || static_cast<std::size_t>(of_agent) >= limits_.listeners_per_agent_max;
}

async::Task<void> Listeners::listen(Ask ask, http::ResponseWriter& writer) {
  std::string id(ask.message.id);
  auto wanted = read_wanted(ask.message.params["notifications"], limits_.subscriptions_max);
  if (wanted && is_full(ask.principal)) {
    wanted = rpc_error(mcp::code::internal_error, "too many open subscriptions; close one first");
  }
  if (!wanted) {
    writer.respond(http_response(id, std::unexpected(wanted.error()), mcp::Era::stateless));
    co_return;
  }
  auto listener = std::make_shared<Listener>(std::move(ask), std::move(*wanted), parts_, limits_);
  open_.push_back(listener);
  co_await serve(listener, writer);
  listener->ear().forget();
  std::erase(open_, listener);
}

async::Task<void> Listeners::serve(std::shared_ptr<Listener> listener, http::ResponseWriter& writer) {
  PostAnswer answer(writer);
  Visit visit(parts_.visits, listener->principal());
  co_await listener->follow();
  auto acknowledgement = listener->acknowledgement();
  Status sent = co_await answer.send(std::move(acknowledgement));
  while (sent) {
    listener->news().reset();
    while (auto notice = listener->take()) {
      sent = co_await answer.send(std::move(*notice));
      if (!sent) co_return;
    }
    auto first = co_await async::wait_any(limits_.keep_alive_ms, listener->news(), writer.closed(), writer.draining(),
                                          visit.over());
    if (!first) {
      sent = co_await answer.keep_alive();
    } else if (*first == 1) {
      co_return;
    } else if (*first >= 2) {
      auto end = listener->end();
      sent = co_await answer.send(std::move(end));
      co_await answer.end();
      co_return;
    } else if (listener->ear().is_stale()) {
      co_await listener->follow();
    }
  }
}

}  // namespace bw::gateway
