// SPDX-License-Identifier: Apache-2.0
#include "execution/keeper.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "execution/limits.h"

namespace bw::execution {
namespace {

constexpr std::string_view kClientInfo = R"({"name":"bailiwick","version":"0.1.0"})";
constexpr std::int64_t kSteadyMs = 5'000;  // ready for so long: a lost link is an accident, not a crash loop

// What changed without a word.
void add_differences(std::set<std::string, std::less<>>& methods, const Catalog& before, const Catalog& after) {
  auto same = [](const ToolDefinition& a, const ToolDefinition& b) { return a.name == b.name && a.digest == b.digest; };
  if (!std::ranges::equal(before.tools, after.tools, same)) methods.emplace(mcp::notification::tools_changed);
  if (before.prompts != after.prompts) methods.emplace(mcp::notification::prompts_changed);
  if (before.resources != after.resources || before.resource_templates != after.resource_templates) {
    methods.emplace(mcp::notification::resources_changed);
  }
}

std::string_view word(Health::State state) {
  switch (state) {
    case Health::State::connecting: return "connecting";
    case Health::State::ready: return "ready";
    case Health::State::failing: return "failing";
    case Health::State::stopped: return "stopped";
  }
  return "";
}

}  // namespace

Keeper::Keeper(async::Loop& loop, http::Client& client, Listener& listener, registry::Upstream declared)
    : loop_(loop),
      listener_(&listener),
      declared_(std::move(declared)),
      connector_(loop, client, declared_, *this),
      caller_links_(loop, connector_, declared_.timeout_ms),
      feeds_(loop),
      suspended_(loop),
      slots_(declared_.concurrency > 0 ? static_cast<std::size_t>(declared_.concurrency) : kCallsMax,
             kCallsWaitingMax) {
  health_.since_ms = loop_.clock().now_ms();
}

void Keeper::start() {
  started_ = true;
  async::spawn(loop_, run(shared_from_this()));
}

void Keeper::set_state(Health::State state, std::string detail) {
  if (health_.state != state) health_.since_ms = loop_.clock().now_ms();
  health_.state = state;
  health_.detail = printable(detail, 500);  // an upstream may have worded it
  auto level = state == Health::State::failing ? log::Level::warn : log::Level::info;
  if (log::enabled(level)) {
    auto why = health_.detail.empty() ? std::string() : ": " + health_.detail;
    log::write(level, fmt::format("upstream {} is {}{}", declared_.name, word(state), why));
  }
  state_changed_.set();
  state_changed_.reset();
  if (listener_) listener_->health_changed(declared_.name);
}

bool Keeper::is_usable() const {
  return health_.state == Health::State::ready && own_ && !own_->wire().broken().is_set();
}

async::Task<void> Keeper::run(std::shared_ptr<Keeper> self) {
  while (!self->stopping_.is_set()) {
    auto connected = co_await self->connect();
    if (connected) connected = co_await self->mind();
    co_await self->drop_own_link();
    if (self->stopping_.is_set()) break;
    auto healthy_ms = self->ready_since_ms_ > 0 ? self->loop_.now_ms() - self->ready_since_ms_ : 0;
    self->ready_since_ms_ = 0;
    auto state = healthy_ms >= kSteadyMs ? Health::State::connecting : Health::State::failing;
    self->set_state(state, connected ? "the connection was lost" : std::move(connected).error().message);
    ++self->health_.restarts;
    auto pause_ms = self->backoff_.next_ms(healthy_ms);
    co_await async::wait_any(pause_ms, self->stopping_);
  }
  self->set_state(Health::State::stopped, {});
  self->stopped_.set();
}

async::Task<Status> Keeper::connect() {
  if (connector_.is_http()) connector_.forget_era();  // it may have been upgraded meanwhile
  Patience patience(loop_, declared_.timeout_ms, &stopping_);
  Introduction introduction{"", "{}", std::string(kClientInfo)};
  auto link = co_await connector_.open(std::move(introduction), patience);
  if (!link) {
    connector_.forget_era();
    if (patience.why() == Patience::End::timeout) {
      co_return fail(Code::deadline_exceeded,
                     fmt::format("no answer within {}", format_duration_ms(declared_.timeout_ms)));
    }
    co_return fail(std::move(link).error());
  }
  own_ = std::move(*link);
  health_.protocol = own_->greeting().protocol;
  feeds_.assign([this](const Caller& caller) { return link_key(caller); });  // now that the generation is known
  auto uris = feeds_.uris("");
  auto watching = co_await own_->watch(std::move(uris));  // before listing, so that no change falls between
  if (!watching) log::warn("upstream {}: {}", declared_.name, watching.error().message);
  auto listed = co_await refresh();
  if (!listed) co_return listed;
  ready_since_ms_ = loop_.now_ms();
  set_state(Health::State::ready, {});
  co_return Status{};
}

async::Task<Status> Keeper::refresh() {
  auto link = own_;
  auto listing = co_await list_all(loop_, link, declared_.timeout_ms);
  if (!listing) {
    auto broken = link->wire().broken().is_set() ? link->wire().why_broken() : std::string();
    co_return broken.empty() ? Status(fail(std::move(listing).error())) : Status(fail(Code::unavailable, broken));
  }
  if (auto* stateless = dynamic_cast<StatelessLink*>(link.get()))
    stateless->set_param_headers(std::move(listing->param_headers));
  catalog_ = std::move(listing->catalog);
  co_return Status{};
}

async::Task<Status> Keeper::mind() {
  auto link = own_;
  for (;;) {
    bool told = link->wire().can_follow() || connector_.era() == mcp::Era::stateless;
    co_await async::wait_any(told ? kLongMs : kRefreshMs, stopping_, link->wire().broken(), look_again_);
    if (stopping_.is_set()) co_return Status{};
    if (link->wire().broken().is_set()) co_return fail(Code::unavailable, link->wire().why_broken());
    look_again_.reset();
    auto methods = std::exchange(changed_lists_, {});
    auto before = catalog_;
    auto listed = co_await refresh();
    if (!listed) co_return listed;
    add_differences(methods, *before, *catalog_);
    for (const auto& method : methods) {
      if (listener_) listener_->catalog_changed(declared_.name, method);
      feeds_.publish_to_all(method);
    }
  }
}

async::Task<void> Keeper::drop_own_link() {
  auto link = std::exchange(own_, nullptr);
  if (link) co_await link->close();
}

// Listeners hear of it when the new lists are there, so that whoever asks next gets them.
void Keeper::list_changed(std::string_view method) {
  changed_lists_.emplace(method);
  look_again_.set();
}

bool Keeper::publish(std::string_view link, std::string_view method, std::string_view params) {
  return feeds_.publish(link, method, params);
}

void Keeper::retire() {
  retired_ = true;
  listener_ = nullptr;
  if (flights_.empty()) stopping_.set();
}

async::Task<void> Keeper::stop() {
  auto self = shared_from_this();
  listener_ = nullptr;
  for (auto* flight : flights_) flight->patience.end(Patience::End::shutdown);
  suspended_.close_all();
  caller_links_.close_all();
  stopping_.set();
  if (started_) co_await async::wait_any(4 * kStopGraceMs, stopped_);
}

}  // namespace bw::execution
