// SPDX-License-Identifier: Apache-2.0
#include "cli/witness.h"

#include <csignal>
#include <cstdio>

#include "async/loop.h"
#include "async/signals.h"
#include "cli/exit_code.h"
#include "cli/ledger.h"
#include "json/writer.h"
#include "notary/witness.h"
#include "transport/server.h"

namespace bw::cli {
namespace {

int fails(const Error& error) {
  std::fprintf(stderr, "bailiwick: %s\n", error.message.c_str());
  return could_not_run;
}

async::Task<void> serve_until(async::Signals& signals, transport::Server& server) {
  co_await async::wait(signals.event());
  [[maybe_unused]] bool done = co_await server.drain(1'000);
}

void announce(const transport::Server& server, const notary::Witness& witness) {
  json::Writer w;
  w.begin_object().member("event", "listening").member("url", server.url()).member("key", witness.vkey()).end_object();
  std::printf("%s\n", w.text().c_str());
  std::fflush(stdout);
}

}  // namespace

int witness(const WitnessOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  auto logs = read_keys(options.logs);
  if (!logs) return fails(logs.error());
  auto opened = notary::Witness::open(options.folder, options.name, *std::move(logs));
  if (!opened) return fails(opened.error());
  auto handler = notary::make_witness_handler(**opened, system_clock());
  async::Loop loop;
  async::Signals signals(loop, {SIGTERM, SIGINT});
  auto server = transport::Server::listen(loop, {.address = options.listen}, *handler);
  if (!server) return fails(server.error());
  announce(**server, **opened);
  async::run(loop, serve_until(signals, **server));
  return done;
}

}  // namespace bw::cli
