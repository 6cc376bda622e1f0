// SPDX-License-Identifier: Apache-2.0
#include "cli/bridge.h"

#include <csignal>
#include <cstdio>
#include <memory>
#include <utility>

#include "async/loop.h"
#include "async/signals.h"
#include "base/log.h"
#include "cli/exit_code.h"
#include "gateway/bridge/bridge.h"
#include "gateway/bridge/limits.h"
#include "gateway/run_name.h"
#include "http/url.h"
#include "transport/client.h"
#include "transport/stdio.h"

namespace bw::cli {
namespace {

using gateway::bridge::Bridge;
namespace limits = gateway::bridge;

async::Task<void> stop_when_set(async::Event& came, std::shared_ptr<Bridge> bridge) {
  co_await async::wait(came);
  bridge->stop();
}

bool is_loopback(const http::Url& url) {
  return url.host == "localhost" || url.host == "::1" || url.host.starts_with("127.");
}

// What the client shows of a process that ends at once.
int refuse(const char* what, const std::string& detail) {
  std::fprintf(stderr, "bailiwick: %s%s\n", what, detail.c_str());
  return usage;
}

transport::ClientOptions client_options() {
  transport::ClientOptions options;
  options.limits.connections_per_origin_max = limits::kRequestsMax + 32;  // and what belongs to no request
  return options;
}

ExitCode exit_code(Bridge::End end) {
  switch (end) {
    case Bridge::End::input_ended: return done;
    case Bridge::End::input_unreadable: return bad;
    case Bridge::End::unreachable: break;
  }
  return could_not_run;
}

}  // namespace

int mcp_bridge(const std::string& url, const std::string& token, const std::string& run) {
  std::signal(SIGPIPE, SIG_IGN);
  if (token.empty()) {
    return refuse("no token: make one with `bailiwick token issue --agent NAME` and put it into BAILIWICK_TOKEN", "");
  }
  if (!http::is_field_value(token)) return refuse("BAILIWICK_TOKEN holds what is no token", "");
  if (!run.empty() && !gateway::is_run_name(run)) {
    return refuse("--run or BAILIWICK_RUN: ", "the name of a run has at most 128 of A-Z a-z 0-9 _ . : -");
  }
  auto place = http::parse_url(url);
  if (!place) return refuse("--url or BAILIWICK_URL: ", place.error().message);
  if (!place->tls && !is_loopback(*place)) log::warn("the token travels to {} unencrypted: use https", place->host);

  async::Loop loop;
  async::Signals signals(loop, {SIGTERM, SIGINT});
  return exit_code(carry_stdio(loop, signals.event(), {url, token, run}));
}

Bridge::End carry_stdio(async::Loop& loop, async::Event& stop, gateway::bridge::Uplink::Options endpoint) {
  transport::Client client(loop, client_options());
  transport::Stdio stdio(0, 1, limits::kLineBytesMax);
  Bridge::Options options{std::move(endpoint), limits::kGraceMs};
  auto bridge = std::make_shared<Bridge>(loop, client, stdio, std::move(options));
  async::spawn(loop, stop_when_set(stop, bridge));
  return async::run(loop, bridge->run());
}

}  // namespace bw::cli
