// SPDX-License-Identifier: Apache-2.0
#include "execution/upstreams.h"

#include <map>

#include "execution/external.h"
#include "execution/keeper.h"
#include "transport/client.h"

namespace bw::execution {
namespace {

// Whether a keeper can go on as it is: nothing that it acts on has changed. Owners, tools and their tiers are the
// gateway's business.
bool same_connection(const registry::Upstream& a, const registry::Upstream& b) {
  auto credential = [](const registry::Credential& one) {
    return std::tie(one.header, one.prefix, one.env, one.from.kind, one.from.name);
  };
  auto equal = [&credential](const auto& x, const auto& y) { return credential(x) == credential(y); };
  return a.url == b.url && a.command == b.command && a.args == b.args && a.env == b.env && a.cwd == b.cwd &&
         a.timeout_ms == b.timeout_ms && a.sessions == b.sessions && a.concurrency == b.concurrency &&
         std::ranges::equal(a.credentials, b.credentials, equal);
}

// What the rest of the program holds on to: one for each name that was ever declared, for as long as the Upstreams live. A
// pointer to it stays good while the declaration behind it is replaced or removed.
class Named final : public Upstream {
 public:
  explicit Named(std::string name) : name_(std::move(name)) {}

  std::string_view name() const override { return name_; }
  Health health() const override {
    if (external) return {.state = Health::State::ready, .detail = "external", .since_ms = external_since_ms};
    return keeper ? keeper->health() : Health{.state = Health::State::stopped};
  }
  std::shared_ptr<const Catalog> catalog() const override {
    if (external) return external;
    return keeper ? keeper->catalog() : std::make_shared<Catalog>();
  }

  async::Task<CallResult> call(Call call) override {
    auto current = keeper;
    if (!current) co_return gone();
    auto result = co_await current->call(std::move(call));
    co_return result;
  }

  async::Task<Status> listen(Caller caller, std::vector<std::string> resource_uris, Peer* peer) override {
    auto current = keeper;
    if (!current) co_return fail(gone().error().error);
    auto listening = co_await current->listen(std::move(caller), std::move(resource_uris), peer);
    co_return listening;
  }

  void forget(Peer* peer) override {
    if (keeper) keeper->forget(peer);
    for (auto& one : retired) one->forget(peer);
  }

  void close_session(std::string_view session) override {
    if (keeper) keeper->close_session(session);
  }

  void roots_changed(std::string_view session) override {
    if (keeper) keeper->roots_changed(session);
  }

  bool is_declared() const { return keeper || external; }

  // The old one ends when its calls have.
  void replace(std::shared_ptr<Keeper> next) {
    if (keeper) {
      if (next) next->inherit(*keeper);
      keeper->retire();
      std::erase_if(retired, [](const auto& one) { return one->health().state == Health::State::stopped; });
      retired.push_back(std::move(keeper));
    }
    keeper = std::move(next);
  }

  std::shared_ptr<Keeper> keeper;           // null: not declared any more, or external
  std::shared_ptr<const Catalog> external;  // null: not declared any more, or not external
  std::int64_t external_since_ms = 0;
  std::vector<std::shared_ptr<Keeper>> retired;

 private:
  CallResult gone() const {
    return failure(domain::Outcome::not_executed, Code::unavailable,
                   external ? "agents carry out its tools themselves" : "the upstream is not declared any more");
  }
  std::string name_;
};

class AllUpstreams final : public Upstreams {
 public:
  AllUpstreams(async::Loop& loop, Listener& listener)
      : loop_(loop), listener_(listener), client_(loop, client_options()) {}

  void apply(std::shared_ptr<const registry::Snapshot> snapshot) override {
    order_.clear();
    const auto& declared = snapshot->upstreams();
    for (const auto& [name, upstream] : declared) {
      auto& named = named_[name];
      if (!named) named = std::make_unique<Named>(name);
      order_.push_back(named.get());
      if (upstream.external) {
        declare_external(*named, upstream);
        continue;
      }
      named->external = nullptr;
      if (named->keeper && same_connection(named->keeper->declared(), upstream)) continue;
      auto keeper = std::make_shared<Keeper>(loop_, client_, listener_, upstream);
      keeper->start();
      named->replace(std::move(keeper));
    }
    for (auto& [name, named] : named_) {
      if (declared.contains(name)) continue;
      named->external = nullptr;
      named->replace(nullptr);
    }
  }

  Upstream* find(std::string_view name) override {
    auto found = named_.find(name);
    return found == named_.end() || !found->second->is_declared() ? nullptr : found->second.get();
  }

  std::vector<Upstream*> all() override { return order_; }

  async::Task<void> stop() override {
    std::vector<std::shared_ptr<Keeper>> keepers;
    for (auto& [name, named] : named_) {
      named->replace(nullptr);
      keepers.insert(keepers.end(), named->retired.begin(), named->retired.end());
    }
    order_.clear();
    // All are told before the first is waited for.
    async::Event all_ended;
    std::size_t left = keepers.size();
    for (auto& keeper : keepers) async::spawn(loop_, stop_one(keeper, left, all_ended));
    if (left > 0) co_await async::wait(all_ended);
  }

 private:
  void declare_external(Named& named, const registry::Upstream& upstream) {
    if (!named.external) named.external_since_ms = loop_.clock().now_ms();
    named.external = external_catalog(upstream);
    named.replace(nullptr);
  }

  // Below the five seconds after which Node's servers close an idle connection.
  static transport::ClientOptions client_options() {
    transport::ClientOptions options;
    options.limits.connections_per_origin_max = kCallsMax + 16;
    options.limits.idle_ms_max = 4'000;
    return options;
  }

  static async::Task<void> stop_one(std::shared_ptr<Keeper> keeper, std::size_t& left, async::Event& all_ended) {
    co_await keeper->stop();
    if (--left == 0) all_ended.set();
  }

  async::Loop& loop_;
  Listener& listener_;
  transport::Client client_;
  std::map<std::string, std::unique_ptr<Named>, std::less<>> named_;
  std::vector<Upstream*> order_;
};

}  // namespace

std::unique_ptr<Upstreams> make_upstreams(async::Loop& loop, Listener& listener) {
  return std::make_unique<AllUpstreams>(loop, listener);
}

}  // namespace bw::execution
