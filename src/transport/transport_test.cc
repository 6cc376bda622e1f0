// SPDX-License-Identifier: Apache-2.0
// Server and client against each other, on one loop and over real sockets.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "async/loop.h"
#include "async/one_shot.h"
#include "transport/client.h"
#include "transport/server.h"
#include "transport/test_handlers.h"

namespace bw::transport {
namespace {

using http::ClientRequest;
using http::ClientResult;
using http::Sent;

std::unique_ptr<Server> listen(async::Loop& loop, http::Handler& handler, http::ServerLimits limits = {}) {
  ServerOptions options;
  options.limits = limits;
  auto server = Server::listen(loop, std::move(options), handler);
  EXPECT_TRUE(server);
  return std::move(*server);
}

ClientRequest get(const Server& server, std::string target = "/") {
  ClientRequest request;
  request.url = server.url() + target;
  return request;
}

ClientRequest post(const Server& server, std::string body) {
  auto request = get(server, "/p");
  request.method = "POST";
  request.body = std::move(body);
  return request;
}

TEST(Transport, ARequestReachesItsHandlerAndTheAnswerComesBack) {
  async::Loop loop;
  ShowHandler show;
  auto server = listen(loop, show);
  Client client(loop);
  auto answer = async::run(loop, client.send(post(*server, "hello")));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "POST /p [hello]");
  EXPECT_TRUE(answer->headers.has("date"));
}

TEST(Transport, ConnectionsAreReusedWithinAPartitionOnly) {
  async::Loop loop;
  ShowHandler show;
  auto server = listen(loop, show);
  Client client(loop);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(async::run(loop, client.send(get(*server))));
  EXPECT_EQ(client.connections(), 1U);
  auto other = get(*server);
  other.partition = "somebody else";
  ASSERT_TRUE(async::run(loop, client.send(std::move(other))));
  EXPECT_EQ(client.connections(), 2U);
  EXPECT_EQ(client.idle_connections(), 2U);
}

TEST(Transport, SeveralServersMayShareAPort) {
  async::Loop loop;
  ShowHandler show;
  ServerOptions options;
  options.reuse_port = true;
  auto first = Server::listen(loop, options, show);
  ASSERT_TRUE(first);
  options.address = "127.0.0.1:" + std::to_string((*first)->port());
  EXPECT_TRUE(Server::listen(loop, options, show));
  options.reuse_port = false;
  EXPECT_EQ(Server::listen(loop, options, show).error().code, Code::unavailable);
}

TEST(Transport, ListenAddressesAreLiteral) {
  async::Loop loop;
  ShowHandler show;
  ServerOptions options;
  options.address = "[::1]:0";
  auto server = Server::listen(loop, options, show);
  ASSERT_TRUE(server);
  EXPECT_EQ((*server)->url(), "http://[::1]:" + std::to_string((*server)->port()));
  Client client(loop);
  EXPECT_TRUE(async::run(loop, client.send(get(**server))));
  for (auto bad : {"", "127.0.0.1", "localhost:0", "127.0.0.1:x", "127.0.0.1:65536", ":0", "127.0.0.1:"}) {
    options.address = bad;
    EXPECT_EQ(Server::listen(loop, options, show).error().code, Code::invalid_argument) << bad;
  }
}

TEST(Transport, LargeBodiesTravelBothWays) {
  async::Loop loop;
  ShowHandler show;
  auto server = listen(loop, show);
  Client client(loop);
  std::string body(4U << 20, 'b');
  auto answer = async::run(loop, client.send(post(*server, body)));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "POST /p [" + body + "]");
}

TEST(Transport, ABodyOverTheLimitIsRefusedAndTheAnswerSeen) {
  async::Loop loop;
  ShowHandler show;
  auto server = listen(loop, show);
  Client client(loop);
  auto answer = async::run(loop, client.send(post(*server, std::string((4U << 20) + 1, 'b'))));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 413);
  EXPECT_EQ(answer->body, R"({"error":"body too large"})");
  EXPECT_EQ(show.requests, 0);
}

TEST(Transport, AHeadRequestHasNoBody) {
  async::Loop loop;
  ShowHandler show;
  auto server = listen(loop, show);
  Client client(loop);
  auto request = get(*server);
  request.method = "HEAD";
  auto answer = async::run(loop, client.send(std::move(request)));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "");
  EXPECT_EQ(answer->headers.find("content-length"), "9");
  EXPECT_TRUE(async::run(loop, client.send(get(*server))));
  EXPECT_EQ(client.connections(), 1U);
}

TEST(Transport, AnAnswerOverTheCallersLimitFails) {
  async::Loop loop;
  ShowHandler show;
  auto server = listen(loop, show);
  Client client(loop);
  auto ask = [&](std::size_t bytes_max) {
    auto request = get(*server);  // "GET / []"
    request.body_bytes_max = bytes_max;
    return async::run(loop, client.send(std::move(request)));
  };
  EXPECT_TRUE(ask(8));
  EXPECT_EQ(ask(7).error().code, Code::resource_exhausted);
}

// Answers in any way a test wants.
class FunctionHandler final : public http::Handler {
 public:
  using Function = std::function<async::Task<void>(http::Request, http::ResponseWriter&)>;
  explicit FunctionHandler(Function function) : function_(std::move(function)) {}
  async::Task<void> handle(http::Request request, http::ResponseWriter& writer) override {
    return function_(std::move(request), writer);
  }

 private:
  Function function_;
};

async::Task<void> stream_three(http::Request, http::ResponseWriter& writer) {
  http::Headers headers{{"content-type", "text/event-stream"}};
  auto begun = co_await writer.begin_stream(200, std::move(headers));
  EXPECT_TRUE(begun);
  for (std::string piece : {"one", "two", "three"}) {
    auto written = co_await writer.write(std::move(piece));
    EXPECT_TRUE(written);
  }
  auto finished = co_await writer.finish();
  EXPECT_TRUE(finished);
}

async::Task<std::string> read_stream(http::BodyStream& stream) {
  std::string all;
  while (true) {
    auto piece = co_await stream.next_chunk();
    if (!piece) co_return all + "!" + piece.error().message;
    if (!*piece) co_return all;
    all += **piece;
  }
}

TEST(Transport, StreamsArriveWholeAndGiveTheConnectionBack) {
  async::Loop loop;
  FunctionHandler handler(stream_three);
  auto server = listen(loop, handler);
  Client client(loop);
  auto request = get(*server);
  request.stream = true;
  auto answer = async::run(loop, client.send(std::move(request)));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->headers.find("content-type"), "text/event-stream");
  EXPECT_EQ(async::run(loop, read_stream(*answer->stream)), "onetwothree");
  EXPECT_EQ(client.idle_connections(), 1U);
  auto whole = async::run(loop, client.send(get(*server)));
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->body, "onetwothree");
  EXPECT_EQ(client.connections(), 1U);
}

TEST(Transport, AnExceptionOfAHandlerIsA500AndSilenceToo) {
  async::Loop loop;
  FunctionHandler handler([](http::Request request, http::ResponseWriter&) -> async::Task<void> {
    if (request.path() == "/throw") throw std::runtime_error("secret");
    co_return;
  });
  auto server = listen(loop, handler);
  Client client(loop);
  for (auto target : {"/throw", "/silent"}) {
    auto answer = async::run(loop, client.send(get(*server, target)));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 500);
    EXPECT_EQ(answer->body.find("secret"), std::string::npos);
  }
}

// A handler that waits until its client is gone, and what it saw.
struct Held {
  async::Event started;
  async::Event ended;
  bool client_gone = false;
  bool draining = false;

  async::Task<void> hold(http::ResponseWriter& writer) {
    started.set();
    auto first = co_await async::wait_any(async::kNever, writer.closed(), writer.draining());
    client_gone = first == 0U;
    draining = first == 1U;
    writer.respond(http::error_response(503, "stopping"));
    ended.set();
  }
};

async::Task<void> cancel_when_started(Held& held, async::Event& cancel) {
  co_await async::wait(held.started);
  cancel.set();
}

async::Task<ClientResult> send_and_cancel(async::Loop& loop, Client& client, ClientRequest request, Held& held) {
  async::Event cancel;
  request.cancel = &cancel;
  async::spawn(loop, cancel_when_started(held, cancel));
  auto result = co_await client.send(std::move(request));
  co_await async::wait(held.ended);
  co_return result;
}

TEST(Transport, CancellingClosesTheConnectionAndTheHandlerNotices) {
  async::Loop loop;
  Held held;
  FunctionHandler handler([&](http::Request, http::ResponseWriter& writer) { return held.hold(writer); });
  auto server = listen(loop, handler);
  Client client(loop);
  auto result = async::run(loop, send_and_cancel(loop, client, get(*server), held));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::cancelled);
  EXPECT_EQ(result.error().sent, Sent::maybe);
  EXPECT_TRUE(held.client_gone);
  EXPECT_EQ(client.connections(), 0U);
}

async::Task<ClientResult> send_and_drain(async::Loop& loop, Client& client, ClientRequest request, Held& held,
                                         Server& server, bool& drained) {
  auto pending = async::one_shot<ClientResult>();
  auto send = [](Client& c, ClientRequest r, async::Completer<ClientResult> done) -> async::Task<void> {
    auto result = co_await c.send(std::move(r));
    done.complete(std::move(result));
  };
  async::spawn(loop, send(client, std::move(request), std::move(pending.completer)));
  co_await async::wait(held.started);
  drained = co_await server.drain(10'000);
  auto result = co_await pending.pending.get();
  co_return std::move(*result);
}

TEST(Transport, DrainingLetsRequestsInFlightFinishAndClosesIdleConnections) {
  async::Loop loop;
  Held held;
  FunctionHandler handler([&](http::Request request, http::ResponseWriter& writer) -> async::Task<void> {
    if (request.path() == "/hold") return held.hold(writer);
    return stream_three({}, writer);
  });
  auto server = listen(loop, handler);
  Client client(loop);
  auto other = get(*server);
  other.partition = "idle";
  ASSERT_TRUE(async::run(loop, client.send(std::move(other))));
  EXPECT_EQ(server->connections(), 1U);
  bool drained = false;
  auto answer = async::run(loop, send_and_drain(loop, client, get(*server, "/hold"), held, *server, drained));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(answer->headers.find("connection"), "close");
  EXPECT_TRUE(held.draining);
  EXPECT_TRUE(drained);
  EXPECT_EQ(server->connections(), 0U);
  auto after = async::run(loop, client.send(get(*server)));
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().code, Code::unavailable);
  EXPECT_EQ(after.error().sent, Sent::no);
}

async::Task<void> hold_for_ever(http::Request, http::ResponseWriter&) {
  async::Event never;
  co_await async::wait(never);
}

async::Task<bool> drain_after_one(async::Loop& loop, Client& client, ClientRequest request, Server& server,
                                  FakeClock& clock, async::Event& started) {
  auto send = [](Client& c, ClientRequest r) -> async::Task<void> {
    auto result = co_await c.send(std::move(r));
    EXPECT_FALSE(result);
  };
  async::spawn(loop, send(client, std::move(request)));
  co_await async::wait(started);
  auto advance = [](async::Loop& l, FakeClock& c) -> async::Task<void> {
    c.advance_ms(1'000);
    l.fire_timers();
    co_return;
  };
  async::spawn(loop, advance(loop, clock));
  auto drained = co_await server.drain(1'000);
  co_return drained;
}

TEST(Transport, DrainingHasADeadline) {
  FakeClock clock;
  async::Loop loop(clock);
  async::Event started;
  FunctionHandler handler([&](http::Request request, http::ResponseWriter& writer) {
    started.set();
    return hold_for_ever(std::move(request), writer);
  });
  auto server = listen(loop, handler);
  Client client(loop);
  EXPECT_FALSE(async::run(loop, drain_after_one(loop, client, get(*server), *server, clock, started)));
}

TEST(Client, SaysThatNothingWasSent) {
  async::Loop loop;
  ShowHandler show;
  std::string dead_url;
  {
    auto server = listen(loop, show);
    dead_url = server->url();
  }
  Client client(loop);
  struct Case {
    std::string url;
    Code want;
  };
  for (const Case& c : {Case{dead_url, Code::unavailable},
                        {"http://name.invalid/", Code::unavailable},
                        {"ftp://a/", Code::invalid_argument}}) {
    ClientRequest request;
    request.url = c.url;
    auto result = async::run(loop, client.send(std::move(request)));
    ASSERT_FALSE(result) << c.url;
    EXPECT_EQ(result.error().code, c.want) << c.url << ": " << result.error().message;
    EXPECT_EQ(result.error().sent, Sent::no);
  }
  EXPECT_EQ(client.connections(), 0U);
}

TEST(Client, RefusesAddressesThatAreNotAllowedWhateverTheirName) {
  async::Loop loop;
  ShowHandler show;
  auto server = listen(loop, show);
  ClientOptions options;
  std::vector<std::string> asked;
  options.address_allowed = [&](std::string_view address) {
    asked.emplace_back(address);
    return false;
  };
  Client client(loop, std::move(options));
  for (std::string host : {"127.0.0.1", "localhost", "0x7f.1", "2130706433", "127.1"}) {
    ClientRequest request;
    request.url = "http://" + host + ":" + std::to_string(server->port());
    auto result = async::run(loop, client.send(std::move(request)));
    ASSERT_FALSE(result) << host;
    EXPECT_EQ(result.error().code, Code::permission_denied) << host << ": " << result.error().message;
  }
  EXPECT_EQ(show.requests, 0);
  EXPECT_GE(asked.size(), 5U);
}

async::Task<std::vector<ClientResult>> send_together(async::Loop& loop, Client& client,
                                                     std::vector<ClientRequest> requests) {
  std::vector<async::Pending<ClientResult>> pending;
  auto send = [](Client& c, ClientRequest r, async::Completer<ClientResult> done) -> async::Task<void> {
    auto result = co_await c.send(std::move(r));
    done.complete(std::move(result));
  };
  for (auto& request : requests) {
    auto shot = async::one_shot<ClientResult>();
    pending.push_back(std::move(shot.pending));
    async::spawn(loop, send(client, std::move(request), std::move(shot.completer)));
  }
  std::vector<ClientResult> results;
  for (auto& one : pending) {
    auto result = co_await one.get();
    results.push_back(std::move(*result));
  }
  co_return results;
}

TEST(Client, BoundsConnectionsAndWaiters) {
  async::Loop loop;
  ShowHandler show;
  auto server = listen(loop, show);
  ClientOptions options;
  options.limits.connections_per_origin_max = 2;
  options.limits.waiters_per_origin_max = 3;
  Client client(loop, std::move(options));
  std::vector<ClientRequest> requests;
  for (int i = 0; i < 6; ++i) requests.push_back(get(*server));
  auto results = async::run(loop, send_together(loop, client, std::move(requests)));
  for (std::size_t i = 0; i < 5; ++i) EXPECT_TRUE(results[i]) << i;  // two at once, three in turn
  ASSERT_FALSE(results[5]);
  EXPECT_EQ(results[5].error().code, Code::resource_exhausted);
  EXPECT_EQ(results[5].error().sent, Sent::no);
  EXPECT_EQ(client.connections(), 2U);
}

TEST(Client, DestroyedWhileAskingFailsTheExchange) {
  async::Loop loop;
  Held held;
  FunctionHandler handler([&](http::Request, http::ResponseWriter& writer) { return held.hold(writer); });
  auto server = listen(loop, handler);
  auto client = std::make_unique<Client>(loop);
  std::optional<ClientResult> result;
  auto send = [](Client& c, ClientRequest r, std::optional<ClientResult>& out) -> async::Task<void> {
    auto answer = co_await c.send(std::move(r));
    out = std::move(answer);
  };
  async::spawn(loop, send(*client, get(*server), result));
  auto wait_started = [](Held& h) -> async::Task<void> { co_await async::wait(h.started); };
  async::run(loop, wait_started(held));
  client.reset();
  auto wait_ended = [](Held& h) -> async::Task<void> { co_await async::wait(h.ended); };
  async::run(loop, wait_ended(held));
  loop.poll();
  ASSERT_TRUE(result);
  EXPECT_FALSE(*result);
  EXPECT_TRUE(held.client_gone);
}

async::Task<void> flood(http::ResponseWriter& writer, bool& cut, async::Event& done) {
  http::Headers headers;
  auto begun = co_await writer.begin_stream(200, std::move(headers));
  EXPECT_TRUE(begun);
  while (!cut) {
    std::string piece(1U << 20, 'f');
    auto written = co_await writer.write(std::move(piece));
    cut = !written;
  }
  EXPECT_TRUE(writer.closed().is_set());
  done.set();
}

async::Task<void> pass_time_until(async::Loop& loop, FakeClock& clock, async::Event& done) {
  while (!done.is_set()) {
    clock.advance_ms(100);
    loop.fire_timers();
    co_await async::sleep(0);
  }
}

TEST(Transport, AReaderThatTakesNothingIsDisconnected) {
  FakeClock clock;
  async::Loop loop(clock);
  bool cut = false;
  async::Event done;
  FunctionHandler handler([&](http::Request, http::ResponseWriter& writer) { return flood(writer, cut, done); });
  auto server = listen(loop, handler);
  Client client(loop);
  auto request = get(*server);
  request.stream = true;
  request.body_idle_ms_max = async::kNever;
  auto answer = async::run(loop, client.send(std::move(request)));
  ASSERT_TRUE(answer);
  // The stream is not read: the sockets fill, the writer waits, and when time passes it is cut off.
  async::run(loop, pass_time_until(loop, clock, done));
  EXPECT_TRUE(cut);
}

}  // namespace
}  // namespace bw::transport
