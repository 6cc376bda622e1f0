// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <boost/asio/ip/tcp.hpp>
#include <utility>
#include <vector>

#include "async/asio.h"
#include "async/deadline.h"
#include "transport/tcp.h"
#include "transport/tcp_stream.h"

namespace bw::transport {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using Resolver = boost::asio::ip::basic_resolver<tcp, Executor>;

// What an operation under way and the task that waits for it share; it outlives a task that gave up waiting.
struct Resolving {
  explicit Resolving(const Executor& executor) : resolver(executor) {}
  Resolver resolver;
  async::Event done;
  error_code error;
  std::vector<tcp::endpoint> endpoints;
};

struct Connecting {
  explicit Connecting(const Executor& executor) : socket(executor) {}
  Socket socket;
  async::Event done;
  error_code error;
};

// Waits for `done`, the deadline or the caller's change of mind.
async::Task<Status> wait_for(async::Event& done, std::int64_t ms, async::Event* cancel) {
  std::optional<std::size_t> first;
  if (cancel) {
    first = co_await async::wait_any(ms, done, *cancel);
  } else {
    first = co_await async::wait_any(ms, done);
  }
  if (!first) co_return fail(Code::deadline_exceeded, "connecting took too long");
  if (*first == 1) co_return fail(Code::cancelled, "cancelled while connecting");
  co_return {};
}

async::Task<Result<std::vector<tcp::endpoint>>> resolve(Executor executor, std::string host, std::uint16_t port,
                                                        std::int64_t ms, async::Event* cancel) {
  error_code not_literal;
  auto literal = boost::asio::ip::make_address(host, not_literal);
  if (!not_literal) co_return std::vector{tcp::endpoint(literal, port)};
  auto state = std::make_shared<Resolving>(executor);
  state->resolver.async_resolve(host, std::to_string(port), Resolver::numeric_service,
                                [state](error_code error, const Resolver::results_type& results) {
                                  state->error = error;
                                  for (const auto& result : results) state->endpoints.push_back(result.endpoint());
                                  state->done.set();
                                });
  auto waited = co_await wait_for(state->done, ms, cancel);
  if (!waited) {
    state->resolver.cancel();
    co_return fail(std::move(waited).error());
  }
  if (state->error)
    co_return fail(Code::unavailable, fmt::format("cannot resolve `{}`: {}", host, state->error.message()));
  co_return std::move(state->endpoints);
}

async::Task<Result<StreamPtr>> connect_one(Executor executor, tcp::endpoint endpoint, std::int64_t ms,
                                           async::Event* cancel) {
  auto state = std::make_shared<Connecting>(executor);
  state->socket.async_connect(endpoint, [state](error_code error) {
    state->error = error;
    state->done.set();
  });
  auto waited = co_await wait_for(state->done, ms, cancel);
  if (!waited) {
    error_code ignored;
    state->socket.close(ignored);
    co_return fail(std::move(waited).error());
  }
  if (state->error) co_return fail(Code::unavailable, state->error.message());
  co_return std::make_shared<TcpStream>(std::move(state->socket));
}

}  // namespace

async::Task<Result<StreamPtr>> connect_tcp(async::Loop& loop, ConnectOptions options) {
  async::Deadline deadline(loop, options.timeout_ms);
  auto executor = async::io_context(loop).get_executor();
  BW_CO_TRY(auto endpoints, co_await resolve(executor, options.host, options.port, deadline.left_ms(), options.cancel));
  Error last{Code::unavailable, fmt::format("`{}` has no address", options.host)};
  for (const auto& endpoint : endpoints) {
    auto address = endpoint.address().to_string();
    if (options.address_allowed && !options.address_allowed(address)) {
      last = {Code::permission_denied, fmt::format("address {} of `{}` is not allowed", address, options.host)};
      continue;
    }
    auto stream = co_await connect_one(executor, endpoint, deadline.left_ms(), options.cancel);
    if (stream) co_return stream;
    last = std::move(stream).error().with(fmt::format("connecting to `{}` ({})", options.host, address));
    if (last.code != Code::unavailable) break;
  }
  co_return fail(std::move(last));
}

}  // namespace bw::transport
