// SPDX-License-Identifier: Apache-2.0
// Deadlines of server and client, on a clock that only the test moves; the peers are raw sockets on the same thread.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "async/loop.h"
#include "transport/client.h"
#include "transport/server.h"
#include "transport/test_handlers.h"

namespace bw::transport {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A non-blocking socket and the loop that is turned until it has news.
class Peer {
 public:
  Peer(async::Loop& loop, int socket) : loop_(loop), socket_(socket) {}
  Peer(async::Loop& loop, std::uint16_t port) : Peer(loop, ::socket(AF_INET, SOCK_STREAM, 0)) {
    auto address = loopback(port);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  Peer(Peer&& other) noexcept
      : loop_(other.loop_), socket_(std::exchange(other.socket_, -1)), received_(other.received_) {}
  ~Peer() {
    if (socket_ >= 0) ::close(socket_);
  }

  void send(std::string_view bytes) {
    EXPECT_EQ(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL), std::ssize(bytes));
  }

  // Turns the loop until `text` has come; until the end when `text` is empty.
  const std::string& receive(std::string_view text = {}) {
    while (text.empty() || received_.find(text) == std::string::npos) {
      loop_.poll();
      char bytes[4096];
      auto n = ::recv(socket_, bytes, sizeof bytes, MSG_DONTWAIT);
      if (n > 0) received_.append(bytes, static_cast<std::size_t>(n));
      if (n == 0 || (n < 0 && errno != EAGAIN)) break;
    }
    return received_;
  }
  bool open() {
    loop_.poll();
    char byte = 0;
    auto n = ::recv(socket_, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
    return n > 0 || (n < 0 && errno == EAGAIN);
  }
  void close() { ::close(std::exchange(socket_, -1)); }

 private:
  async::Loop& loop_;
  int socket_;
  std::string received_;
};

struct World {
  World() {
    auto listening = Server::listen(loop, {}, show);
    EXPECT_TRUE(listening);
    server = std::move(*listening);
  }
  void pass_ms(std::int64_t ms) {
    turn();
    clock.advance_ms(ms);
    loop.fire_timers();
    turn();
  }
  // Until a round trip through the kernel has surely been seen.
  void turn() {
    for (int i = 0; i < 20; ++i) loop.poll();
  }

  FakeClock clock;
  async::Loop loop{clock};
  ShowHandler show;
  std::unique_ptr<Server> server;
};

TEST(ServerTimeout, ASlowHeadIsTold408AtTenSeconds) {
  World world;
  Peer peer(world.loop, world.server->port());
  peer.send("GET / HTTP/1.1\r\n");
  world.pass_ms(9'999);
  EXPECT_TRUE(peer.open());
  peer.send("Host: a\r\n");  // a byte now and then does not help
  world.pass_ms(1);
  EXPECT_TRUE(peer.receive("\r\n\r\n").starts_with("HTTP/1.1 408 "));
  world.pass_ms(2'000);
  peer.receive();
  EXPECT_FALSE(peer.open());
  EXPECT_EQ(world.server->connections(), 0U);
}

TEST(ServerTimeout, ASilentConnectionIsClosedAt75Seconds) {
  World world;
  Peer peer(world.loop, world.server->port());
  world.pass_ms(74'999);
  EXPECT_TRUE(peer.open());
  world.pass_ms(1);
  EXPECT_EQ(peer.receive(), "");
}

TEST(ServerTimeout, AnIdleConnectionIsClosedAt75SecondsAfterItsLastAnswer) {
  World world;
  Peer peer(world.loop, world.server->port());
  for (int i = 0; i < 3; ++i) {
    world.pass_ms(50'000);
    peer.send("GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    peer.receive("[]");
  }
  world.pass_ms(74'999);
  EXPECT_TRUE(peer.open());
  world.pass_ms(1);
  peer.receive();
  EXPECT_EQ(world.show.requests, 3);
}

TEST(ServerTimeout, ABodyMayPause30SecondsAndLast120) {
  World world;
  Peer paused(world.loop, world.server->port());
  paused.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nx");
  world.pass_ms(29'999);
  EXPECT_TRUE(paused.open());
  world.pass_ms(1);
  EXPECT_TRUE(paused.receive("\r\n\r\n").starts_with("HTTP/1.1 408 "));

  Peer dripping(world.loop, world.server->port());
  dripping.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n");
  world.turn();
  for (int i = 0; i < 5; ++i) {
    world.pass_ms(20'000);
    dripping.send("x");
    world.turn();
    EXPECT_TRUE(dripping.open());
  }
  world.pass_ms(20'000);
  EXPECT_TRUE(dripping.receive("\r\n\r\n").starts_with("HTTP/1.1 408 "));
}

TEST(ServerLimit, OneConnectionTooManyIsClosed) {
  FakeClock clock;
  async::Loop loop(clock);
  ShowHandler show;
  ServerOptions options;
  options.limits.connections_max = 2;
  auto server = Server::listen(loop, std::move(options), show);
  ASSERT_TRUE(server);
  Peer first(loop, (*server)->port()), second(loop, (*server)->port()), third(loop, (*server)->port());
  EXPECT_EQ(third.receive(), "");
  EXPECT_TRUE(first.open() && second.open());
  first.close();
  while ((*server)->connections() == 2) loop.poll();
  Peer fourth(loop, (*server)->port());
  fourth.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(fourth.receive("[]").starts_with("HTTP/1.1 200 "));
}

// An upstream that a test plays by hand.
class Upstream {
 public:
  explicit Upstream(async::Loop& loop) : loop_(loop), socket_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
    auto address = loopback(0);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(socket_, 16), 0);
    socklen_t size = sizeof address;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/";
  }
  ~Upstream() { ::close(socket_); }
  const std::string& url() const { return url_; }

  Peer accept() {
    while (true) {
      loop_.poll();
      int accepted = ::accept(socket_, nullptr, nullptr);
      if (accepted >= 0) return Peer(loop_, accepted);
    }
  }

 private:
  async::Loop& loop_;
  int socket_;
  std::string url_;
};

// One call of send() under way.
class Asked {
 public:
  Asked(async::Loop& loop, Client& client, http::ClientRequest request) : loop_(loop) {
    async::spawn(loop, ask(client, std::move(request), result_));
  }
  http::ClientResult& get() {
    while (!result_) loop_.poll();
    return *result_;
  }
  bool done() const { return result_.has_value(); }

 private:
  static async::Task<void> ask(Client& client, http::ClientRequest request, std::optional<http::ClientResult>& result) {
    auto answer = co_await client.send(std::move(request));
    result = std::move(answer);
  }
  async::Loop& loop_;
  std::optional<http::ClientResult> result_;
};

struct Outside {
  FakeClock clock;
  async::Loop loop{clock};
  Upstream upstream{loop};
  Client client{loop};

  http::ClientRequest get() {
    http::ClientRequest request;
    request.url = upstream.url();
    return request;
  }
  void pass_ms(std::int64_t ms) {
    for (int i = 0; i < 20; ++i) loop.poll();
    clock.advance_ms(ms);
    loop.fire_timers();
    loop.poll();
  }
};

TEST(ClientTimeout, AnAnswerThatDoesNotComeIsGivenUp) {
  Outside outside;
  auto request = outside.get();
  request.response_ms_max = 500;
  Asked asked(outside.loop, outside.client, std::move(request));
  auto peer = outside.upstream.accept();
  peer.receive("\r\n\r\n");
  outside.pass_ms(499);
  EXPECT_FALSE(asked.done());
  outside.pass_ms(1);
  ASSERT_FALSE(asked.get());
  EXPECT_EQ(asked.get().error().code, Code::deadline_exceeded);
  EXPECT_EQ(asked.get().error().sent, http::Sent::maybe);
  peer.receive();  // the connection was closed
}

TEST(ClientTimeout, ABodyThatStopsIsGivenUp) {
  Outside outside;
  auto request = outside.get();
  request.body_idle_ms_max = 500;
  Asked asked(outside.loop, outside.client, std::move(request));
  auto peer = outside.upstream.accept();
  peer.receive("\r\n\r\n");
  peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
  outside.pass_ms(500);
  ASSERT_FALSE(asked.get());
  EXPECT_EQ(asked.get().error().code, Code::deadline_exceeded);
}

TEST(ClientTimeout, IdleConnectionsAreClosedAfter50Seconds) {
  Outside outside;
  Asked asked(outside.loop, outside.client, outside.get());
  auto peer = outside.upstream.accept();
  peer.receive("\r\n\r\n");
  peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(asked.get());
  outside.pass_ms(49'999);
  EXPECT_EQ(outside.client.idle_connections(), 1U);
  outside.pass_ms(1);
  EXPECT_EQ(outside.client.idle_connections(), 0U);
  peer.receive();
}

TEST(ClientAnswers, MalformedOnesAreErrorsAndCloseTheConnection) {
  struct Case {
    std::string_view answer;
    Code want;
  };
  for (Case c : {Case{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", Code::data_loss},
                 {"HTTP/1.1 200 OK\nContent-Length: 1\n\n", Code::data_loss},
                 {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", Code::unavailable},
                 {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n", Code::unavailable},
                 {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n", Code::data_loss},
                 {"HTTP/1.1 101 Switching Protocols\r\n\r\n", Code::data_loss},
                 {"HTTP/1.1 100 Continue\r\n\r\n", Code::unavailable},
                 {"", Code::unavailable},
                 {"SSH-2.0-OpenSSH_9.2\r\n\r\n", Code::data_loss}}) {
    Outside outside;
    Asked asked(outside.loop, outside.client, outside.get());
    auto peer = outside.upstream.accept();
    peer.receive("\r\n\r\n");
    peer.send(c.answer);
    peer.close();
    ASSERT_FALSE(asked.get()) << c.answer;
    EXPECT_EQ(asked.get().error().code, c.want) << c.answer << ": " << asked.get().error().message;
    EXPECT_EQ(asked.get().error().sent, http::Sent::maybe);
    EXPECT_EQ(outside.client.connections(), 0U);
  }
}

TEST(ClientAnswers, InterimOnesAreSkippedAndBodiesMayLastUntilTheClose) {
  Outside outside;
  Asked asked(outside.loop, outside.client, outside.get());
  auto peer = outside.upstream.accept();
  peer.receive("\r\n\r\n");
  peer.send("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\nto the end");
  peer.close();
  ASSERT_TRUE(asked.get()) << asked.get().error().message;
  EXPECT_EQ(asked.get()->body, "to the end");
  EXPECT_EQ(outside.client.connections(), 0U);
}

TEST(ClientAnswers, BytesBehindAnAnswerSpoilTheConnection) {
  Outside outside;
  Asked asked(outside.loop, outside.client, outside.get());
  auto peer = outside.upstream.accept();
  peer.receive("\r\n\r\n");
  peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged");
  ASSERT_TRUE(asked.get());
  EXPECT_EQ(asked.get()->body, "hi");
  EXPECT_EQ(outside.client.idle_connections(), 0U);
}

// A connection is reused, and the server closes it without an answer.
http::ClientResult ask_on_a_dying_connection(bool idempotent, int& requests) {
  Outside outside;
  Asked first(outside.loop, outside.client, outside.get());
  auto peer = outside.upstream.accept();
  peer.receive("\r\n\r\n");
  peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(first.get());
  auto request = outside.get();
  request.url += "second";
  request.idempotent = idempotent;
  Asked second(outside.loop, outside.client, std::move(request));
  peer.receive("second");
  ++requests;
  peer.close();
  if (idempotent) {
    auto again = outside.upstream.accept();
    again.receive("second");
    ++requests;
    again.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    return std::move(second.get());
  }
  return std::move(second.get());
}

TEST(ClientRetry, OnlyAnIdempotentRequestIsRepeatedOnAStaleConnection) {
  int requests = 0;
  EXPECT_TRUE(ask_on_a_dying_connection(true, requests));
  EXPECT_EQ(requests, 2);
  requests = 0;
  auto failed = ask_on_a_dying_connection(false, requests);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::unavailable);
  EXPECT_EQ(failed.error().sent, http::Sent::maybe);
  EXPECT_EQ(requests, 1);
}

TEST(ClientRetry, AConnectionThatClosedWhileIdleIsNotUsed) {
  Outside outside;
  Asked first(outside.loop, outside.client, outside.get());
  auto peer = outside.upstream.accept();
  peer.receive("\r\n\r\n");
  peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(first.get());
  peer.close();
  outside.pass_ms(0);
  Asked second(outside.loop, outside.client, outside.get());
  auto fresh = outside.upstream.accept();
  fresh.receive("\r\n\r\n");
  fresh.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(second.get());
}

TEST(ClientStream, DroppingItClosesTheConnection) {
  Outside outside;
  auto request = outside.get();
  request.stream = true;
  Asked asked(outside.loop, outside.client, std::move(request));
  auto peer = outside.upstream.accept();
  peer.receive("\r\n\r\n");
  peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n");
  ASSERT_TRUE(asked.get());
  auto piece = async::run(outside.loop, asked.get()->stream->next_chunk());
  ASSERT_TRUE(piece && *piece);
  EXPECT_EQ(**piece, "he");
  asked.get()->stream.reset();
  peer.receive();
  EXPECT_EQ(outside.client.connections(), 0U);
}

}  // namespace
}  // namespace bw::transport
