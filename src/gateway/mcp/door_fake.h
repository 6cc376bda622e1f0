// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "async/loop.h"
#include "gateway/mcp/door.h"
#include "gateway/upstreams_fake.h"
#include "http/sse.h"

// The MCP door with everything behind it made of cardboard, and a clock that is moved by hand.
namespace bw::gateway::testing {

// Where a handler's answer lands.
class FakeWriter final : public http::ResponseWriter {
 public:
  void respond(http::Response given) override {
    BW_ASSERT(!answered());
    response = std::move(given);
  }
  async::Task<Status> begin_stream(int given_status, http::Headers headers) override {
    BW_ASSERT(!answered());
    stream_status = given_status;
    stream_headers = std::move(headers);
    co_return Status{};
  }
  async::Task<Status> write(std::string piece) override {
    if (closed_.is_set()) co_return fail(Code::cancelled, "closed");
    bytes += piece;
    co_return Status{};
  }
  async::Task<Status> finish() override {
    finished = true;
    co_return Status{};
  }
  bool answered() const override { return response || stream_status != 0; }
  async::Event& closed() override { return closed_; }
  async::Event& draining() override { return draining_; }

  std::optional<http::Response> response;
  int stream_status = 0;
  http::Headers stream_headers;
  std::string bytes;
  bool finished = false;

 private:
  async::Event closed_;
  async::Event draining_;
};

// One HTTP request on its way.
struct Exchange {
  FakeWriter writer;
  bool returned = false;

  int status() const { return writer.response ? writer.response->status : writer.stream_status; }
  std::string body() const { return writer.response ? writer.response->body : std::string(); }
  bool is_stream() const { return writer.stream_status != 0; }
  // The events of a stream so far.
  std::vector<http::SseEvent> events() const {
    http::SseParser parser;
    std::vector<http::SseEvent> events;
    BW_ASSERT(parser.feed(writer.bytes, events));
    return events;
  }
  // The last message: of a stream, or the body.
  std::string last() const {
    if (!is_stream()) return body();
    auto all = events();
    return all.empty() ? std::string() : all.back().data;
  }
};

class FakeAuthenticator final : public Authenticator {
 public:
  Result<domain::Principal> authenticate(std::string_view token) override {
    if (token == "bot") return domain::Principal{"bot", "job", "sandbox", "tok_bot"};
    if (token == "bot2") return domain::Principal{"bot", "job", "sandbox", "tok_bot2"};
    if (token == "guest") return domain::Principal{"guest", "visit", "sandbox", "tok_guest"};
    if (token == "banned") return fail(Code::permission_denied, "this agent is switched off");
    return fail(Code::unauthenticated, "no valid token");
  }
  Status admits(const domain::Principal& principal) const override {
    if (revoked.contains(principal.token)) return fail(Code::unauthenticated, "revoked");
    return {};
  }

  std::set<std::string> revoked;
};

class FakeTickets final : public Tickets {
 public:
  async::Task<Result<std::vector<Ticket>>> open(domain::Principal) override { co_return tickets; }
  async::Task<Result<Ticket>> find(domain::Principal principal, std::string id) override {
    for (const auto& ticket : tickets) {
      if (ticket.id == id && principal.agent == "bot") co_return ticket;
    }
    co_return fail(Code::not_found, "no such ticket");
  }
  bool can_hold(const domain::Principal& principal) override { return holds && principal.agent == "bot"; }

  std::vector<Ticket> tickets;
  bool holds = false;
};

inline Answer replied(std::string body, execution::Reply::Kind kind = execution::Reply::Kind::result) {
  Answer answer{.kind = Answer::Kind::reply, .reply = {.kind = kind, .body = std::move(body)}};
  answer.receipt = {.action = "act_1", .run = "run_1", .entry = 12, .leaf = "c0ffee"};
  return answer;
}
inline Answer denied(std::string code, std::string message) {
  Answer answer{.kind = Answer::Kind::denied, .message = std::move(message), .code = std::move(code)};
  answer.receipt = {.action = "act_1", .run = "run_1", .entry = 12, .leaf = "c0ffee"};
  return answer;
}
inline Answer held(std::string ticket, std::int64_t expires_ms) {
  Answer answer{.kind = Answer::Kind::held, .message = "refunds need a second pair of eyes", .code = "refund.large"};
  answer.expires_at_ms = expires_ms;
  answer.digest = "d1ce";
  answer.receipt = {.action = "act_1", .run = "run_1", .ticket = std::move(ticket), .entry = 12, .leaf = "c0ffee"};
  return answer;
}

// Answers every action at once, or when the test says so.
class FakePath final : public Path {
 public:
  using Script = std::function<async::Task<Answer>(const Request&)>;

  async::Task<Answer> act(Request request) override {
    requests.push_back(request);
    if (request.name.ends_with("/wait") || waits) {
      auto gate = std::make_shared<async::Event>();
      gates.push_back(gate);
      co_await async::wait_any(async::kNever, *gate, *request.call.cancelled);
      if (request.call.cancelled->is_set()) {
        ++cancelled;
        co_return Answer{.kind = Answer::Kind::withdrawn};
      }
    }
    if (script) {
      auto task = script(request);
      auto scripted = co_await std::move(task);
      co_return scripted;
    }
    co_return answer;
  }
  async::Task<Opinion> ask(Request request) override {
    requests.push_back(std::move(request));
    co_return Opinion{.verdict = domain::Verdict::allow};
  }
  async::Task<Answer> await(domain::Principal, std::string ticket, CarriedOutBy, execution::Call call,
                            std::int64_t hold_ms) override {
    awaited.push_back(std::move(ticket));
    awaited_ms = hold_ms;
    if (waits) co_await async::wait(*call.cancelled);
    co_return answer;
  }
  async::Task<Answer> withdraw(domain::Principal, std::string ticket) override {
    withdrawn.push_back(ticket);
    co_return denied("withdrawn", "ticket " + ticket + " is withdrawn; nothing was executed");
  }
  async::Task<Answer> report(domain::Principal, std::string action, Report report) override {
    reports.emplace_back(std::move(action), std::move(report));
    co_return answer;
  }

  Answer answer = replied(R"({"content":[{"type":"text","text":"done"}]})");
  Script script;
  bool waits = false;
  std::vector<Request> requests;
  std::vector<std::shared_ptr<async::Event>> gates;
  int cancelled = 0;
  std::vector<std::string> awaited, withdrawn;
  std::vector<std::pair<std::string, Report>> reports;
  std::int64_t awaited_ms = -2;
};

struct World {
  explicit World(McpLimits limits = {})
      : door(parts(), {.hosts = {"agents.example.com"}, .version = "1.2.3", .limits = limits}) {
    offer_everything(upstreams);
  }

  McpParts parts() { return {loop, clock, authenticator, path, *catalogue, tickets, upstreams, changes, visits}; }

  // A request as a client sends it. Fields given as {name, value}; an empty value takes a default away.
  std::shared_ptr<Exchange> send(std::string method, std::string body,
                                 const std::vector<std::pair<std::string, std::string>>& fields) {
    http::Request request{.method = std::move(method), .target = "/mcp", .body = std::move(body)};
    std::map<std::string, std::string> defaults = {{"host", "127.0.0.1:7070"},
                                                   {"authorization", "Bearer bot"},
                                                   {"content-type", "application/json"},
                                                   {"accept", "application/json, text/event-stream"}};
    for (const auto& [name, value] : fields) defaults.erase(lower_ascii(name));
    for (const auto& [name, value] : defaults) request.headers.add(name, value);
    for (const auto& [name, value] : fields) {
      if (!value.empty()) request.headers.add(name, value);
    }
    auto exchange = std::make_shared<Exchange>();
    async::spawn(loop, serve(exchange, std::move(request)));
    settle();
    return exchange;
  }

  async::Task<void> serve(std::shared_ptr<Exchange> exchange, http::Request request) {
    co_await door.handle(std::move(request), exchange->writer);
    exchange->returned = true;
  }

  void revoke(const std::string& token) {
    authenticator.revoked.insert(token);
    visits.recheck();
    settle();
  }
  void settle() {
    for (int i = 0; i < 20; ++i) loop.poll();
  }
  void pass_ms(std::int64_t ms) {
    clock.advance_ms(ms);
    loop.fire_timers();
    settle();
  }

  FakeClock clock;
  FakeAuthenticator authenticator;
  Visits visits{authenticator};  // outlives the loop's tasks
  async::Loop loop{clock};
  FakeUpstreams upstreams{{"desk", "notes"}};
  FakePinStore store;
  Pins pins{{}, store};
  std::shared_ptr<const registry::Snapshot> live = snapshot();
  std::unique_ptr<Catalogue> catalogue = make_catalogue(upstreams, pins, [this] { return live; });
  ListChanges changes;
  FakePath path;
  FakeTickets tickets;
  McpDoor door;
};

// The value at a path of keys in a JSON text, raw; empty when it is not there.
template <class... Keys>
std::string at(const std::string& text, Keys... keys) {
  auto document = json::Document::parse(text);
  if (!document) return "not JSON: " + text;
  auto value = document->root();
  auto step = [&value](auto key) {
    if constexpr (std::is_integral_v<decltype(key)>) {
      value = value.at(static_cast<std::size_t>(key));
    } else {
      value = value[key];
    }
  };
  (step(keys), ...);
  auto string = value.string();
  return string ? std::string(*string) : std::string(value.raw());
}

}  // namespace bw::gateway::testing
