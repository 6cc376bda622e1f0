// SPDX-License-Identifier: Apache-2.0
#include "transport/client.h"

#include <fmt/core.h>

#include <map>
#include <utility>

#include "async/deadline.h"
#include "http/url.h"
#include "http/wire.h"
#include "transport/exchange.h"
#include "transport/pool.h"
#include "transport/tcp.h"
#include "transport/tls.h"

namespace bw::transport {
namespace {

using http::ClientError;
using http::ClientResponse;
using http::ClientResult;
using http::Sent;

std::unexpected<ClientError> not_sent(Error error) { return std::unexpected(ClientError{std::move(error), Sent::no}); }

class ExchangeStream final : public http::BodyStream {
 public:
  explicit ExchangeStream(std::unique_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  async::Task<Result<std::optional<std::string>>> next_chunk() override { return exchange_->read_some(); }

 private:
  std::unique_ptr<Exchange> exchange_;
};

}  // namespace

struct Client::State {
  State(async::Loop& given, ClientOptions with)
      : loop(given), options(std::move(with)), pool(std::make_shared<Pool>(loop, options.limits)) {}

  Result<std::shared_ptr<TlsContext>> tls_for(const std::string& ca_file) {
    auto found = tls.find(ca_file);
    if (found != tls.end()) return found->second;
    BW_TRY(auto context, TlsContext::for_client(ca_file));
    tls.emplace(ca_file, context);
    return context;
  }

  async::Loop& loop;
  ClientOptions options;
  std::shared_ptr<Pool> pool;
  std::map<std::string, std::shared_ptr<TlsContext>> tls;  // by file of authorities
};

namespace {

// One call of send(): what stays the same when the request is tried a second time, and its steps.
class Call {
 public:
  explicit Call(std::shared_ptr<Client::State> state) : state_(std::move(state)) {}

  Status prepare(http::ClientRequest request);
  async::Task<ClientResult> run();

 private:
  async::Task<Result<Pool::Lease>> get_lease();
  async::Task<Result<StreamPtr>> open_stream(std::int64_t ms);
  async::Task<ClientResult> finish(std::unique_ptr<Exchange> exchange, http::ResponseHead head);

  std::shared_ptr<Client::State> state_;
  http::ClientRequest request_;
  http::Url url_;
  std::string key_;    // of the pool
  std::string bytes_;  // the whole request
};

Status Call::prepare(http::ClientRequest request) {
  request_ = std::move(request);
  BW_TRY(url_, http::parse_url(request_.url));
  BW_OK(http::append_request_head(bytes_, request_.method, url_.target, url_.authority(), request_.headers,
                                  request_.body.size()));
  bytes_ += request_.body;
  request_.body = std::string();
  key_ = fmt::format("{}\n{}\n{}", url_.origin(), request_.ca_file, request_.partition);
  return {};
}

async::Task<Result<StreamPtr>> Call::open_stream(std::int64_t ms) {
  ConnectOptions options{url_.host, url_.port, ms, state_->options.address_allowed, request_.cancel};
  async::Deadline deadline(state_->loop, ms);
  BW_CO_TRY(auto stream, co_await connect_tcp(state_->loop, std::move(options)));
  if (!url_.tls) co_return stream;
  BW_CO_TRY(auto tls, state_->tls_for(request_.ca_file));
  auto left_ms = deadline.left_ms();
  auto secured = co_await TlsContext::connect(std::move(tls), std::move(stream), url_.host, left_ms, request_.cancel);
  co_return secured;
}

// A link to the server: from the pool, or new.
async::Task<Result<Pool::Lease>> Call::get_lease() {
  async::Deadline deadline(state_->loop, request_.connect_ms_max);
  BW_CO_TRY(auto lease, co_await state_->pool->acquire(key_, request_.connect_ms_max, request_.cancel));
  if (lease.link()) co_return std::move(lease);
  BW_CO_TRY(auto stream, co_await open_stream(deadline.left_ms()));
  if (state_->pool->is_shut()) co_return fail(Code::cancelled, "the client was shut");
  lease.put(std::move(stream));
  co_return std::move(lease);
}

async::Task<ClientResult> Call::finish(std::unique_ptr<Exchange> exchange, http::ResponseHead head) {
  ClientResponse response{head.status, std::move(head.headers), {}, nullptr};
  if (request_.stream) {
    exchange->start_stream();
    response.stream = std::make_unique<ExchangeStream>(std::move(exchange));
    co_return response;
  }
  auto body = co_await exchange->read_all(request_.body_bytes_max);
  if (!body) co_return std::unexpected(ClientError{std::move(body).error().with(url_.origin()), Sent::maybe});
  response.body = std::move(*body);
  co_return response;
}

async::Task<ClientResult> Call::run() {
  bool repeatable = request_.idempotent;
  while (true) {
    auto lease = co_await get_lease();
    if (!lease) co_return not_sent(std::move(lease).error().with(url_.origin()));
    Exchange::Times times{request_.response_ms_max, request_.body_idle_ms_max};
    auto exchange =
        std::make_unique<Exchange>(state_->loop, std::move(*lease), times, state_->options.limits, request_.cancel);
    auto head = co_await exchange->ask(bytes_, request_.method == "HEAD");
    if (head) {
      auto result = co_await finish(std::move(exchange), std::move(*head));
      co_return result;
    }
    bool again = exchange->was_stale() && std::exchange(repeatable, false);
    if (!again) {
      auto sent = head.error().sent;
      co_return std::unexpected(ClientError{std::move(head).error().with(url_.origin()), sent});
    }
    state_->pool->forget_idle(key_);
  }
}

}  // namespace

Client::Client(async::Loop& loop, ClientOptions options) : state_(std::make_shared<State>(loop, std::move(options))) {}

Client::~Client() { state_->pool->shut(); }

async::Task<ClientResult> Client::send(http::ClientRequest request) {
  Call call(state_);
  auto prepared = call.prepare(std::move(request));
  if (!prepared) co_return not_sent(std::move(prepared).error());
  auto result = co_await call.run();
  co_return result;
}

std::size_t Client::connections() const { return state_->pool->open(); }
std::size_t Client::idle_connections() const { return state_->pool->idle(); }

}  // namespace bw::transport
