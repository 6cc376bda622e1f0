// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/loop.h"
#include "execution/scripted_for_test.h"
#include "gateway/bridge/bridge.h"
#include "http/handler.h"
#include "mcp/param_headers.h"
#include "transport/client.h"
#include "transport/descriptor.h"
#include "transport/server.h"
#include "transport/stdio.h"

namespace bw::gateway::bridge {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    from = transport::Descriptor(ends[0]);
    to = transport::Descriptor(ends[1]);
  }
  transport::Descriptor from, to;
};

// Stands before a scripted upstream and makes a gateway of it: wants a token, checks the fields of calls, notes what came.
class ScriptedGateway final : public http::Handler {
 public:
  ScriptedGateway(async::Loop& loop, mcp::Era era) : upstream(loop, era) {
    server = std::move(*transport::Server::listen(loop, transport::ServerOptions{}, *this));
    url = server->url() + "/mcp";
  }

  execution::ScriptedUpstream upstream;
  std::string url;
  std::string token = "secret";
  int status = 0;  // answered to everything, with `body`
  std::string body;
  std::vector<http::Request> requests;
  std::unique_ptr<transport::Server> server;

  async::Task<void> handle(http::Request request, http::ResponseWriter& writer) override {
    requests.push_back(request);
    if (status != 0) {
      writer.respond(http::json_response(status, body));
      co_return;
    }
    if (request.headers.find("authorization") != "Bearer " + token) {
      writer.respond(http::json_response(401, mcp::error_response("null", -32000, "the token is unknown")));
      co_return;
    }
    auto mismatch = upstream.era == mcp::Era::stateless ? check(request) : std::string();
    if (!mismatch.empty()) {
      writer.respond(http::json_response(400, std::move(mismatch)));
      co_return;
    }
    co_await upstream.handle(std::move(request), writer);
  }

  // The fields of the last request with this JSON-RPC method, or of the last one with this HTTP method.
  std::string field(std::string_view method, std::string_view name) const {
    for (auto request = requests.rbegin(); request != requests.rend(); ++request) {
      auto message = mcp::parse_message(request->body);
      if (request->method != method && !(message && message->method == method)) continue;
      return std::string(request->headers.find(name).value_or("none"));
    }
    return "no such request";
  }

 private:
  std::string check(const http::Request& request) const {
    auto message = mcp::parse_message(request.body);
    auto tools = json::Document::parse(upstream.tools);
    if (!message || message->method != mcp::method::tools_call) return {};
    std::vector<mcp::Field> fields;
    for (auto [name, value] : request.headers) fields.push_back({name, value});
    for (auto tool : tools->root().elements()) {
      if (tool["name"].string() != message->params["name"].string()) continue;
      auto agrees =
          mcp::check_param_fields(mcp::param_headers(tool["inputSchema"]), message->params["arguments"], fields);
      if (!agrees) return mcp::error_response(message->id, agrees.error());
    }
    return {};
  }
};

// A client that has started the bridge as its process, and a gateway behind it. Everything runs on one loop, so that a test
// reads as a conversation: say(), hear(), finish().
class PipeClient {
 public:
  explicit PipeClient(mcp::Era era = mcp::Era::sessions, std::string url = {}, std::string run = {})
      : gateway(loop, era) {
    Bridge::Options options{{url.empty() ? gateway.url : std::move(url), "secret", std::move(run)}, 100};
    bridge = std::make_shared<Bridge>(loop, client, bridge_side, std::move(options));
    async::spawn(loop, run_bridge(*this));
    async::spawn(loop, read_output(*this));
  }

  void say(std::string line) { EXPECT_TRUE(async::run(loop, client_side.write_line(std::move(line)))); }

  // The next line of the bridge; empty when none comes in time.
  std::string hear(std::int64_t ms = 5'000) { return async::run(loop, next_line(*this, ms)); }

  std::string ask(std::string line) {
    say(std::move(line));
    return hear();
  }

  std::string open_session() {
    auto answer = ask(
        R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}})");
    say(R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
    return answer;
  }

  // Ends the input; what the bridge says of its end.
  Bridge::End finish() {
    input.to = transport::Descriptor();
    async::run(loop, wait_for_end(*this));
    return end.value_or(Bridge::End::input_unreadable);
  }

  // Lets the loop run until `done` holds; false after five seconds.
  template <class Done>
  bool until(Done done) {
    for (int i = 0; i < 500 && !done(); ++i) async::run(loop, pause());
    return done();
  }

  async::Loop loop;
  Pipe input, output;
  ScriptedGateway gateway;
  transport::Client client{loop};
  transport::Stdio bridge_side{input.from.get(), output.to.get()};
  transport::Stdio client_side{output.from.get(), input.to.get()};
  std::shared_ptr<Bridge> bridge;
  std::optional<Bridge::End> end;

 private:
  static async::Task<void> run_bridge(PipeClient& self) {
    auto ended = co_await self.bridge->run();
    self.end = ended;
    self.ended_.set();
  }
  static async::Task<void> read_output(PipeClient& self) {
    for (;;) {
      auto line = co_await self.client_side.read_line();
      if (!line || !*line) co_return;
      self.heard_.push_back(std::move(**line));
      self.news_.set();
    }
  }
  static async::Task<std::string> next_line(PipeClient& self, std::int64_t ms) {
    self.news_.reset();
    if (self.heard_.empty()) co_await async::wait_any(ms, self.news_);
    if (self.heard_.empty()) co_return std::string();
    auto line = std::move(self.heard_.front());
    self.heard_.pop_front();
    co_return line;
  }
  static async::Task<void> wait_for_end(PipeClient& self) { co_await async::wait_any(10'000, self.ended_); }
  static async::Task<void> pause() { co_await async::sleep(10); }

  std::deque<std::string> heard_;
  async::Event news_;
  async::Event ended_;
};

}  // namespace bw::gateway::bridge
