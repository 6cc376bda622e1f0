// SPDX-License-Identifier: Apache-2.0
// What the HTTP front costs by itself: a server that echoes the body.
//
//   transport_echo_bench serve 127.0.0.1:7090 &          and then, from another core,
//   wrk -t1 -c64 -d5 -s post.lua http://127.0.0.1:7090/   (parts.md C1 measured a bare Beast echo this way: 55 k/s)
//
// Without arguments: a round trip over one connection, through our own client, as a benchmark.
#include <benchmark/benchmark.h>

#include <csignal>
#include <string_view>
#include <utility>

#include "async/loop.h"
#include "async/signals.h"
#include "transport/client.h"
#include "transport/server.h"

namespace bw::transport {
namespace {

class Echo final : public http::Handler {
 public:
  async::Task<void> handle(http::Request request, http::ResponseWriter& writer) override {
    writer.respond(http::json_response(200, std::move(request.body)));
    co_return;
  }
};

async::Task<void> stop_on_signal(async::Loop& loop, Server& server) {
  async::Signals signals(loop, {SIGINT, SIGTERM});
  co_await async::wait(signals.event());
  co_await server.drain(1'000);
  loop.stop();
}

int serve(std::string address) {
  async::Loop loop;
  Echo echo;
  ServerOptions options;
  options.address = std::move(address);
  auto server = Server::listen(loop, std::move(options), echo);
  if (!server) return 1;
  async::spawn(loop, stop_on_signal(loop, **server));
  loop.run();
  return 0;
}

async::Task<http::ClientResult> post(Client& client, std::string url) {
  http::ClientRequest request;
  request.method = "POST";
  request.url = std::move(url);
  request.body = std::string(1900, 'x');
  auto result = co_await client.send(std::move(request));
  co_return result;
}

void round_trip(benchmark::State& state) {
  async::Loop loop;
  Echo echo;
  auto server = Server::listen(loop, {}, echo);
  if (!server) return state.SkipWithError("cannot listen");
  Client client(loop);
  for (auto _ : state) {
    auto result = async::run(loop, post(client, (*server)->url()));
    if (!result) state.SkipWithError(result.error().message.c_str());
  }
}
BENCHMARK(round_trip)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace bw::transport

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "serve") return bw::transport::serve(argv[2]);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
