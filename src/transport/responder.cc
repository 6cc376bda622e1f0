// SPDX-License-Identifier: Apache-2.0
#include "transport/responder.h"

#include "base/log.h"

namespace bw::transport {
namespace {
constexpr std::size_t kHighWaterBytes = 64U << 10;  // a stream's writer waits while more than this is buffered
}

Connection::Responder::~Responder() {
  connection_.inbox_.unwatch();
  connection_.outbox_.set_broken_event(nullptr);
}

// An answer promised to stay open must say so before the drain began.
bool Connection::Responder::stays_open() {
  keep_alive_ = keep_alive_ && !connection_.server_.draining.is_set();
  return keep_alive_;
}

void Connection::Responder::respond(http::Response response) {
  if (state_ != State::nothing) return log::error("a handler answered twice");
  state_ = State::whole;
  response_ = std::move(response);
}

void Connection::Responder::complete() {
  if (state_ == State::nothing) {
    bool nobody_left = closed_ && closed_->is_set();
    if (!nobody_left) log::error("a handler gave no answer");
    respond(http::error_response(500, "no answer"));
  }
  if (state_ == State::streaming) keep_alive_ = false;  // cut short; only closing tells the client
  if (state_ != State::whole) return;
  auto& out = connection_.outbox_.buffer();
  append_response_head(out, response_->status, response_->headers, http::BodyForm::length, response_->body.size(),
                       stays_open(), connection_.server_.date());
  bool bodiless = to_head_request_ || response_->status == 204 || response_->status == 304;
  if (!bodiless) out += response_->body;
}

async::Task<Status> Connection::Responder::begin_stream(int status, http::Headers headers) {
  if (state_ != State::nothing) co_return fail(Code::internal, "answered already");
  state_ = State::streaming;
  closed();
  auto form = version_minor_ >= 1 ? http::BodyForm::chunked : http::BodyForm::until_close;
  if (version_minor_ == 0) keep_alive_ = false;
  append_response_head(connection_.outbox_.buffer(), status, headers, form, 0, stays_open(),
                       connection_.server_.date());
  connection_.outbox_.flush();
  if (connection_.outbox_.broken()) co_return gone();
  co_return {};
}

async::Task<Status> Connection::Responder::write(std::string piece) {
  auto& outbox = connection_.outbox_;
  if (state_ != State::streaming) co_return fail(Code::internal, "no stream was begun");
  if (outbox.broken() || closed().is_set()) co_return gone();
  if (to_head_request_) co_return {};
  if (outbox.bytes() + piece.size() > connection_.server_.limits.outbox_bytes_max) {
    outbox.close();
    co_return gone();
  }
  if (version_minor_ >= 1) {
    http::append_chunk(outbox.buffer(), piece);
  } else {
    outbox.buffer() += piece;
  }
  outbox.flush();
  bool sent = co_await outbox.drain(kHighWaterBytes);
  if (!sent) co_return gone();
  co_return {};
}

async::Task<Status> Connection::Responder::finish() {
  if (state_ != State::streaming) co_return fail(Code::internal, "no stream was begun");
  state_ = State::finished;
  auto& outbox = connection_.outbox_;
  if (version_minor_ >= 1 && !to_head_request_) outbox.buffer() += http::last_chunk();
  outbox.flush();
  bool sent = co_await outbox.drain(0);
  if (!sent) co_return gone();
  co_return {};
}

async::Event& Connection::Responder::closed() {
  if (!closed_) {
    closed_.emplace();
    connection_.outbox_.set_broken_event(&*closed_);
    connection_.inbox_.watch(*closed_, connection_.server_.limits.read_ahead_bytes_max);
  }
  return *closed_;
}

}  // namespace bw::transport
