// SPDX-License-Identifier: Apache-2.0
#include "cli/hook.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "async/loop.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/exit_code.h"
#include "gateway/hook/hook.h"
#include "http/url.h"
#include "transport/client.h"

namespace bw::cli {
namespace {

namespace hooks = gateway::hook;

constexpr std::size_t input_bytes_max = 16U << 20;
constexpr std::int64_t wait_ms_max = 600'000;
constexpr int refuses = 2;

std::string standard_input() {
  std::string text;
  char piece[1 << 16];
  while (std::size_t got = std::fread(piece, 1, sizeof piece, stdin)) {
    text.append(piece, got);
    if (text.size() > input_bytes_max) break;  // the reader says so
  }
  return text;
}

Result<std::string> token_from(const std::string& file) {
  std::string token;
  if (file.empty()) {
    if (const char* given = std::getenv("BAILIWICK_TOKEN")) token = given;
  } else {
    std::ifstream in(file, std::ios::binary);
    token = trim(std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()));
  }
  if (!token.empty() && http::is_field_value(token)) return token;
  return fail(
      Code::unauthenticated,
      "Bailiwick knows no token: put one of `bailiwick token issue --agent NAME` into BAILIWICK_TOKEN or --token-file");
}

std::string own_folder() {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime && *runtime) return fmt::format("{}/bailiwick-hook", runtime);
  return fmt::format("/tmp/bailiwick-hook-{}", ::getuid());
}

Result<hooks::Options> read(const HookOptions& options) {
  hooks::Options out{.upstream = options.upstream, .grants = options.grants};
  auto url = http::parse_url(options.url);
  if (!url) return fail(Code::invalid_argument, fmt::format("--url or BAILIWICK_URL: {}", url.error().message));
  out.origin = url->origin();
  BW_TRY(out.wait_ms, parse_duration_ms(options.wait));
  if (out.wait_ms > wait_ms_max) return fail(Code::invalid_argument, "--wait: at most 10m");
  BW_TRY(out.token, token_from(options.token_file));
  return out;
}

hooks::Said answer(const HookOptions& options) {
  auto event = hooks::read_event(standard_input());
  if (!event) return {.error = event.error().message, .code = refuses};
  auto wired = read(options);
  if (!wired) {
    if (event->kind == hooks::Event::Kind::before) return {.out = hooks::turn_down(wired.error().message)};
    return {.error = wired.error().message, .code = bad};
  }
  async::Loop loop;
  transport::Client client(loop);
  hooks::Uses uses(options.folder.empty() ? own_folder() : options.folder);
  hooks::Hook hook(client, uses, *std::move(wired));
  return async::run(loop, hook.take(*std::move(event)));
}

}  // namespace

int hook(const HookOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  auto said = answer(options);
  if (!said.error.empty()) std::fprintf(stderr, "bailiwick: %s\n", said.error.c_str());
  if (!said.out.empty()) std::printf("%s\n", said.out.c_str());
  // An answer that did not arrive is no permission.
  if (std::fflush(stdout) != 0) return refuses;
  return said.code;
}

}  // namespace bw::cli
