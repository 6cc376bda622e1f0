// SPDX-License-Identifier: Apache-2.0
#include "cli/serve_run.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "async/event.h"
#include "async/loop.h"
#include "async/signals.h"
#include "base/clock.h"
#include "base/durable_file.h"
#include "cli/bridge.h"
#include "cli/exit_code.h"
#include "cli/folder.h"
#include "cli/serve.h"
#include "cli/version.h"
#include "crypto/random.h"
#include "gateway/mcp/door.h"
#include "http/message.h"
#include "json/writer.h"
#include "replay/playback.h"
#include "replay/recorded_run.h"
#include "store/store.h"
#include "transport/server.h"

namespace bw::cli {
namespace {

constexpr std::int64_t drain_ms = 1'000;
constexpr std::string_view path = "/mcp", over_stdio = "stdio";
const std::string any_port = "127.0.0.1:0";

Result<replay::Record> read(const RunReplayOptions& options) {
  BW_TRY(auto records, store::open_sqlite_records(options.data));
  BW_TRY(auto run, replay::read_run(*records, options.run));
  return replay::make_record(run, *records);
}

// The recorded run behind the door that every agent knows.
class Stage final : public http::Handler {
 public:
  Stage(const RunReplayOptions& options, replay::Record record)
      : options_(options),
        left_out_(record.left_out),
        token_(crypto::new_id("play", system_clock().now_ms())),
        playback_(loop_, system_clock(), std::move(record), token_,
                  [this](const replay::Divergence& divergence) { diverge(divergence); }),
        door_(playback_.parts(), {.hosts = {}, .version = std::string(version), .limits = {}}) {}

  int run() {
    auto listening = transport::Server::listen(loop_, {.address = on_stdio_ ? any_port : options_.serve}, *this);
    if (!listening) return fails(listening.error());
    server_ = std::move(*listening);
    if (left_out_ > 0)
      std::fprintf(stderr, "bailiwick: %zu steps that the agent carried out itself are not played\n", left_out_);
    if (on_stdio_) {
      // Through the same door as over HTTP, so that a client of either kind meets the same.
      carry_stdio(loop_, signals_.event(), {server_->url() + std::string(path), token_, ""});
      signals_.event().set();
    } else {
      announce();
    }
    async::run(loop_, wait());
    return conclude();
  }

  async::Task<void> handle(http::Request request, http::ResponseWriter& writer) override {
    if (request.path() != path) {
      writer.respond(http::error_response(404, "a recorded run is played back at /mcp"));
      co_return;
    }
    co_await door_.handle(std::move(request), writer);
  }

 private:
  void announce() const {
    json::Writer w;
    w.begin_object()
        .member("event", "listening")
        .member("url", server_->url() + std::string(path))
        .member("token", token_);
    w.member("steps", static_cast<std::int64_t>(playback_.steps())).end_object();
    std::printf("%s\n", w.text().c_str());
    std::fflush(stdout);
  }

  void diverge(const replay::Divergence& divergence) {
    divergence_ = divergence;
    // Who started this process hears of it by the answer, and is not to wonder why its server died.
    if (!on_stdio_) signals_.event().set();
  }

  async::Task<void> wait() {
    co_await async::wait(signals_.event());
    [[maybe_unused]] bool all = co_await server_->drain(drain_ms);
  }

  int conclude() const {
    bool whole = !divergence_ && playback_.played() == playback_.steps();
    std::string json = ended_json();
    // Standard output belongs to the agent, where it is its wire.
    std::string said = options_.json ? json : ended_text();
    std::fwrite(said.data(), 1, said.size(), on_stdio_ ? stderr : stdout);
    if (options_.report.empty()) return whole ? done : bad;
    auto written = write_durably(options_.report, json, 0644);
    if (!written) return fails(written.error());
    return whole ? done : bad;
  }

  std::string ended_json() const {
    json::Writer w;
    w.begin_object().member("event", "ended").member("played", static_cast<std::int64_t>(playback_.played()));
    w.member("steps", static_cast<std::int64_t>(playback_.steps()));
    if (divergence_) w.member_raw("diverged", to_json(*divergence_));
    return std::move(w.end_object()).text() + "\n";
  }

  std::string ended_text() const {
    auto out = fmt::format("{} of {} steps played\n", playback_.played(), playback_.steps());
    if (divergence_) out += "the agent left the record at " + to_text(*divergence_) + "\n";
    return out;
  }

  const RunReplayOptions& options_;
  const bool on_stdio_ = options_.serve == over_stdio;
  std::size_t left_out_;
  std::string token_;
  async::Loop loop_;
  async::Signals signals_{loop_, {SIGTERM, SIGINT}};
  std::optional<replay::Divergence> divergence_;
  replay::Playback playback_;
  gateway::McpDoor door_;
  std::unique_ptr<transport::Server> server_;
};

}  // namespace

int serve_run(const RunReplayOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  if (options.serve != over_stdio && !is_loopback(options.serve)) {
    fails({Code::invalid_argument,
           fmt::format("--serve {} is beyond loopback: a recorded run is served to this machine alone; expected an "
                       "address such as 127.0.0.1:0, or stdio",
                       options.serve)});
    return usage;
  }
  auto record = read(options);
  if (!record) return fails(record.error());
  // Tasks that still wait at the end refer to parts of it; the process ends without taking them apart.
  auto* stage = new Stage(options, std::move(*record));
  int code = stage->run();
  std::fflush(nullptr);
  std::_Exit(code);
}

}  // namespace bw::cli
