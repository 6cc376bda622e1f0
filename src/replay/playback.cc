// SPDX-License-Identifier: Apache-2.0
#include "replay/playback.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "base/text.h"
#include "crypto/hash.h"
#include "gateway/authenticator.h"
#include "gateway/catalogue.h"
#include "gateway/list_changes.h"
#include "gateway/tickets.h"
#include "gateway/visits.h"
#include "json/document.h"

namespace bw::replay {
namespace {

constexpr std::size_t differences_max = 20;

// Upstreams that are there to be listed, and are never called.
class RecordedUpstream final : public execution::Upstream {
 public:
  RecordedUpstream(std::string name, std::int64_t since_ms) : name_(std::move(name)), since_ms_(since_ms) {}
  void offer(const gateway::Pin& pin) { offered_->tools.push_back({pin.tool, pin.definition, pin.digest}); }

  std::string_view name() const override { return name_; }
  execution::Health health() const override {
    return {
        .state = execution::Health::State::ready, .detail = "", .protocol = "", .since_ms = since_ms_, .restarts = 0};
  }
  std::shared_ptr<const execution::Catalog> catalog() const override { return offered_; }
  async::Task<execution::CallResult> call(execution::Call) override {
    execution::CallResult nothing = std::unexpected(execution::Failure{
        domain::Outcome::not_executed, Error{Code::unavailable, "a run that is played back calls nothing"}});
    co_return nothing;
  }
  async::Task<Status> listen(execution::Caller, std::vector<std::string>, execution::Peer*) override {
    co_return Status{};
  }
  void forget(execution::Peer*) override {}
  void close_session(std::string_view) override {}
  void roots_changed(std::string_view) override {}

 private:
  std::string name_;
  std::int64_t since_ms_;
  std::shared_ptr<execution::Catalog> offered_ = std::make_shared<execution::Catalog>();
};

class RecordedUpstreams final : public execution::Upstreams {
 public:
  RecordedUpstreams(const Record& run, std::int64_t now_ms) {
    for (const auto& [name, upstream] : run.snapshot->upstreams()) {
      all_.push_back(std::make_unique<RecordedUpstream>(name, now_ms));
      for (const auto& pin : run.pins) {
        if (pin.upstream == name) all_.back()->offer(pin);
      }
    }
  }
  void apply(std::shared_ptr<const registry::Snapshot>) override {}
  execution::Upstream* find(std::string_view name) override {
    auto found = std::ranges::find_if(all_, [&](const auto& one) { return one->name() == name; });
    return found == all_.end() ? nullptr : found->get();
  }
  std::vector<execution::Upstream*> all() override {
    std::vector<execution::Upstream*> out;
    for (const auto& one : all_) out.push_back(one.get());
    return out;
  }
  async::Task<void> stop() override { co_return; }

 private:
  std::vector<std::unique_ptr<RecordedUpstream>> all_;
};

class NoPinStore final : public gateway::PinStore {
 public:
  void record(gateway::Sighting) override {}
};

class OneAgent final : public gateway::Authenticator {
 public:
  OneAgent(domain::Principal principal, std::string token)
      : principal_(std::move(principal)), token_(std::move(token)) {}
  Result<domain::Principal> authenticate(std::string_view token) override {
    if (crypto::constant_time_equal(token, token_)) return principal_;
    return fail(Code::unauthenticated, "this is not the token of the run that is played back");
  }
  Status admits(const domain::Principal&) const override { return {}; }

 private:
  domain::Principal principal_;
  std::string token_;
};

class NoTickets final : public gateway::Tickets {
 public:
  async::Task<Result<std::vector<gateway::Ticket>>> open(domain::Principal) override {
    co_return std::vector<gateway::Ticket>{};
  }
  async::Task<Result<gateway::Ticket>> find(domain::Principal, std::string id) override {
    co_return fail(Code::not_found, fmt::format("no ticket {} waits in a run that is played back", printable(id, 80)));
  }
  bool can_hold(const domain::Principal&) override { return false; }
};

class RecordedPath final : public gateway::Path {
 public:
  RecordedPath(const std::vector<PlayedStep>& steps, gateway::Catalogue& catalogue,
               std::function<void(const Divergence&)> on_divergence)
      : steps_(steps), catalogue_(catalogue), on_divergence_(std::move(on_divergence)), played_(steps.size()) {}

  async::Task<gateway::Answer> act(gateway::Request request) override {
    gateway::Answer out = answer_to(request);
    co_return out;
  }
  async::Task<gateway::Answer> await(domain::Principal, std::string ticket, gateway::CarriedOutBy, execution::Call,
                                     std::int64_t) override {
    co_return denied("unknown", fmt::format("no ticket {} waits in a run that is played back", printable(ticket, 80)));
  }
  async::Task<gateway::Answer> withdraw(domain::Principal, std::string ticket) override {
    co_return denied("unknown", fmt::format("no ticket {} waits in a run that is played back", printable(ticket, 80)));
  }

  std::size_t played() const { return static_cast<std::size_t>(std::ranges::count(played_, true)); }

  async::Task<gateway::Answer> report(domain::Principal, std::string, gateway::Report) override {
    co_return denied("unknown", "nothing is reported to a run that is played back");
  }
  async::Task<gateway::Opinion> ask(gateway::Request) override {
    gateway::Opinion none{.code = "unknown", .reason = "nothing is decided in a run that is played back"};
    co_return none;
  }

 private:
  static gateway::Answer denied(std::string code, std::string message) {
    gateway::Answer out;
    out.kind = gateway::Answer::Kind::denied;
    out.code = std::move(code);
    out.message = std::move(message);
    return out;
  }

  gateway::Answer answer_to(const gateway::Request& request) {
    if (diverged_) return denied("diverged", "the run left its record before");
    // What is called nothing is no action, and stands in no record.
    auto found = catalogue_.resolve(request.principal, request.kind, request.upstream, request.name);
    if (found.code == "unknown") return denied(found.code, found.refused);
    auto asked = json::Document::parse(request.arguments);
    if (!asked) return denied("invalid", fmt::format("arguments are {}", asked.error().message));
    std::optional<std::size_t> expected;
    auto until = std::numeric_limits<std::uint64_t>::max();
    for (std::size_t i = 0; i < steps_.size() && steps_[i].first < until; ++i) {
      if (played_[i]) continue;
      if (!expected) expected = i;
      if (is(steps_[i], request.name, asked->root())) {
        played_[i] = true;
        return steps_[i].answer;
      }
      until = std::min(until, steps_[i].last);
    }
    return diverge(expected, request.name, asked->root());
  }

  static bool is(const PlayedStep& step, const std::string& name, json::Value asked) {
    if (step.name != name) return false;
    if (step.arguments.empty()) return true;
    auto recorded = json::Document::parse(step.arguments);
    return recorded && same(recorded->root(), asked);
  }

  gateway::Answer diverge(std::optional<std::size_t> expected, const std::string& name, json::Value asked) {
    diverged_ = true;
    Divergence out{.step = expected ? steps_[*expected].number : ended(),
                   .recorded_name = "",
                   .asked_name = name,
                   .arguments = {}};
    if (expected) {
      const auto& step = steps_[*expected];
      out.recorded_name = step.name;
      auto recorded = json::Document::parse(step.arguments);
      if (step.name == name && recorded) out.arguments = differences(recorded->root(), asked, differences_max);
    }
    on_divergence_(out);
    return denied("diverged", to_text(out));
  }

  std::size_t ended() const { return steps_.empty() ? 1 : steps_.back().number + 1; }

  const std::vector<PlayedStep>& steps_;
  gateway::Catalogue& catalogue_;
  std::function<void(const Divergence&)> on_divergence_;
  std::vector<bool> played_;
  bool diverged_ = false;
};

}  // namespace

struct Playback::Parts {
  Parts(async::Loop& on, const Clock& with, Record&& recorded, std::string token,
        std::function<void(const Divergence&)> on_divergence)
      : loop(on),
        clock(with),
        run(std::move(recorded)),
        authenticator(run.principal, std::move(token)),
        visits(authenticator),
        upstreams(run, clock.now_ms()),
        pins(run.pins, store),
        catalogue(gateway::make_catalogue(upstreams, pins, [this] { return run.snapshot; })),
        path(run.steps, *catalogue, std::move(on_divergence)) {
    changes.watch(upstreams);
    changes.add(*catalogue);
  }

  async::Loop& loop;
  const Clock& clock;
  Record run;
  OneAgent authenticator;
  gateway::Visits visits;
  RecordedUpstreams upstreams;
  NoPinStore store;
  gateway::Pins pins;
  std::unique_ptr<gateway::Catalogue> catalogue;
  gateway::ListChanges changes;
  NoTickets tickets;
  RecordedPath path;
};

Playback::Playback(async::Loop& loop, const Clock& clock, Record run, std::string token,
                   std::function<void(const Divergence&)> on_divergence)
    : parts_(std::make_unique<Parts>(loop, clock, std::move(run), std::move(token), std::move(on_divergence))) {}

Playback::~Playback() = default;

gateway::McpParts Playback::parts() {
  auto& p = *parts_;
  return {p.loop, p.clock, p.authenticator, p.path, *p.catalogue, p.tickets, p.upstreams, p.changes, p.visits};
}

std::size_t Playback::played() const { return parts_->path.played(); }
std::size_t Playback::steps() const { return parts_->run.steps.size(); }

}  // namespace bw::replay
