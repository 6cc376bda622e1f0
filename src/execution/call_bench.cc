// SPDX-License-Identifier: Apache-2.0
// What one call through a keeper costs, with an upstream in the same process on the same loop: the client, both ends of the
// socket and the upstream's own work are in the figure. `round trip` is that work without us.
#include <benchmark/benchmark.h>

#include "base/log.h"
#include "execution/keeper.h"
#include "execution/scripted_for_test.h"
#include "transport/client.h"

namespace bw::execution {
namespace {

async::Task<void> call_often(benchmark::State& state, async::Loop& loop, mcp::Era era) {
  ScriptedUpstream scripted(loop, era);
  transport::Client client(loop);
  RecordingListener listener;
  registry::Upstream declared;
  declared.name = "up";
  declared.url = scripted.url;
  auto keeper = std::make_shared<Keeper>(loop, client, listener, declared);
  keeper->start();
  while (keeper->health().state != Health::State::ready) {
    listener.changed.reset();
    co_await async::wait(listener.changed);
  }
  auto params = R"({"name":"echo","arguments":{"text":")" + std::string(1'000, 'x') + R"("}})";
  for (auto _ : state) {
    Call call;
    call.method = "tools/call";
    call.params = params;
    call.caller = {.session = "s", .capabilities = "{}"};
    auto result = co_await keeper->call(std::move(call));
    if (!result) state.SkipWithError(result.error().error.message.c_str());
    scripted.bodies.clear();
    scripted.headers_of_calls.clear();
  }
  co_await keeper->stop();
}

async::Task<void> post_often(benchmark::State& state, async::Loop& loop) {
  ScriptedUpstream scripted(loop, mcp::Era::sessions);
  transport::Client client(loop);
  auto body = mcp::request_text("1", "tools/call",
                                R"({"name":"echo","arguments":{"text":")" + std::string(1'000, 'x') + R"("}})");
  for (auto _ : state) {
    http::ClientRequest request;
    request.method = "POST";
    request.url = scripted.url;
    request.headers.add("mcp-session-id", "s");
    request.body = body;
    auto response = co_await client.send(std::move(request));
    if (!response || response->status != 200) state.SkipWithError("no answer");
    scripted.bodies.clear();
    scripted.headers_of_calls.clear();
  }
}

void round_trip(benchmark::State& state) {
  async::Loop loop;
  async::run(loop, post_often(state, loop));
}
BENCHMARK(round_trip);

void call_with_session(benchmark::State& state) {
  log::set_level(log::Level::off);
  async::Loop loop;
  async::run(loop, call_often(state, loop, mcp::Era::sessions));
}
BENCHMARK(call_with_session);

void call_stateless(benchmark::State& state) {
  log::set_level(log::Level::off);
  async::Loop loop;
  async::run(loop, call_often(state, loop, mcp::Era::stateless));
}
BENCHMARK(call_stateless);

}  // namespace
}  // namespace bw::execution

BENCHMARK_MAIN();
