// SPDX-License-Identifier: Apache-2.0
#include "transport/connection.h"

#include <fmt/core.h>

#include <array>
#include <ctime>
#include <exception>
#include <utility>

#include "async/deadline.h"
#include "base/log.h"
#include "http/wire.h"
#include "transport/responder.h"

namespace bw::transport {
namespace {

// Why read_head came back, beside a refusal.
constexpr int kEnded = 0;
constexpr std::size_t kLingerBytesMax = 16U << 20;  // most of what is too large by mistake

}  // namespace

std::string_view ServerContext::date() {
  static constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  auto now_s = loop.clock().now_ms() / 1000;
  if (now_s == date_s && !date_line.empty()) return date_line;
  date_s = now_s;
  std::time_t time = now_s;
  std::tm utc{};
  gmtime_r(&time, &utc);
  auto at = [](int i) { return static_cast<std::size_t>(i); };
  date_line = fmt::format("date: {}, {:02} {} {} {:02}:{:02}:{:02} GMT\r\n", kDays[at(utc.tm_wday)], utc.tm_mday,
                          kMonths[at(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
  return date_line;
}

// A head, or a refusal whose status is kEnded when there is nobody to tell.
struct Connection::Next : std::expected<http::RequestHead, http::Refusal> {
  using std::expected<http::RequestHead, http::Refusal>::expected;
};

Connection::Connection(ServerContext& server, StreamPtr stream, std::string peer_address, bool tls)
    : server_(server),
      stream_(std::move(stream)),
      peer_address_(std::move(peer_address)),
      tls_(tls),
      inbox_(*stream_),
      outbox_(server.loop, *stream_, server.limits.write_ms_max),
      deadline_(server.loop, *this) {}

Connection::~Connection() { stream_->abandon(); }

async::Task<void> Connection::run() {
  bool more = true;
  while (more) more = co_await serve_one();
  bool sent = co_await outbox_.drain(0);
  if (!sent) co_return;
  stream_->finish_writing();
  co_await linger();
}

void Connection::close() { outbox_.close(); }

void Connection::close_if_idle() {
  if (idle_) close();
}

async::Task<bool> Connection::serve_one() {
  Next head = co_await read_head();
  if (!head) {
    if (head.error().status != kEnded) refuse(head.error());
    co_return false;
  }
  auto body = co_await read_body(*head);
  if (!body) {
    if (body.error().status != kEnded) refuse(body.error());
    co_return false;
  }
  bool more = co_await answer(std::move(*head));
  co_return more;
}

async::Task<Connection::Next> Connection::read_head() {
  const auto& limits = server_.limits;
  scanner_.restart();
  idle_ = inbox_.bytes().empty();
  if (idle_) inbox_.release_memory();
  deadline_.arm(idle_ ? limits.idle_ms_max : limits.head_ms_max);
  while (true) {
    auto size = scanner_.scan(inbox_.bytes(), limits.head_bytes_max);
    if (!size) co_return std::unexpected(size.error());
    if (*size) {
      http::HeadLimits head_limits{limits.head_bytes_max, limits.headers_max, limits.target_bytes_max};
      auto head = http::parse_request_head(inbox_.bytes().substr(0, **size), head_limits);
      inbox_.consume(**size);
      if (!head) co_return std::unexpected(head.error());
      co_return std::move(*head);
    }
    if (idle_ && server_.draining.is_set()) co_return std::unexpected(http::Refusal{kEnded, ""});
    auto got = co_await inbox_.more();
    if (got == Inbox::Got::end) co_return std::unexpected(http::Refusal{kEnded, ""});
    if (got == Inbox::Got::interrupted)
      co_return std::unexpected(http::Refusal{idle_ ? kEnded : 408, "headers came too slowly"});
    if (std::exchange(idle_, false)) deadline_.arm(limits.head_ms_max);
  }
}

async::Task<std::expected<void, http::Refusal>> Connection::read_body(http::RequestHead& head) {
  idle_ = false;
  const auto& limits = server_.limits;
  auto& request = head.request;
  request.peer_address = peer_address_;
  request.tls = tls_;
  auto bytes_max = server_.handler.body_bytes_max(request, limits);
  http::BodyDecoder decoder(head.framing, bytes_max);
  if (head.framing.kind == http::Framing::Kind::length) {
    if (head.framing.length > bytes_max) co_return std::unexpected(http::Refusal{413, "body too large"});
    request.body.reserve(std::min<std::size_t>(head.framing.length, 64U << 10));
  }
  std::optional<async::Deadline> whole;  // made when there is something to wait for
  while (true) {
    auto used = decoder.feed(inbox_.bytes(), request.body);
    if (!used) co_return std::unexpected(used.error());
    inbox_.consume(*used);
    if (decoder.done()) break;
    if (std::exchange(head.expects_continue, false)) {
      outbox_.buffer() += "HTTP/1.1 100 Continue\r\n\r\n";
      outbox_.flush();
    }
    if (!whole) whole.emplace(server_.loop, limits.body_ms_max);
    if (whole->left_ms() == 0) co_return std::unexpected(http::Refusal{408, "body came too slowly"});
    deadline_.arm(std::min(limits.body_idle_ms_max, whole->left_ms()));
    auto got = co_await inbox_.more();
    if (got == Inbox::Got::end) co_return std::unexpected(http::Refusal{kEnded, ""});
    if (got == Inbox::Got::interrupted) co_return std::unexpected(http::Refusal{408, "body came too slowly"});
  }
  deadline_.disarm();
  co_return {};
}

async::Task<bool> Connection::answer(http::RequestHead head) {
  bool to_head_request = head.request.method == "HEAD";
  Responder responder(*this, to_head_request, head.request.version_minor, head.keep_alive);
  co_await call_handler(std::move(head.request), responder);
  responder.complete();
  outbox_.flush();
  if (outbox_.bytes() == 0) co_return responder.keep_alive() && !outbox_.broken();
  bool sent = co_await outbox_.drain(0);
  co_return sent&& responder.keep_alive();
}

async::Task<void> Connection::call_handler(http::Request request, Responder& responder) {
  try {
    co_await server_.handler.handle(std::move(request), responder);
  } catch (const std::exception& e) {
    log::error("exception out of a handler: {}", e.what());
    if (!responder.answered()) responder.respond(http::error_response(500, "internal error"));
  }
}

void Connection::refuse(http::Refusal refusal) {
  auto response = http::error_response(refusal.status, refusal.message);
  append_response_head(outbox_.buffer(), response.status, response.headers, http::BodyForm::length,
                       response.body.size(), false, server_.date());
  outbox_.buffer() += response.body;
  outbox_.flush();
}

// Closing while the peer still sends would reset the connection and take the answer with it; so what it sends is read and
// dropped for a moment. https://www.rfc-editor.org/rfc/rfc9112#section-9.6
async::Task<void> Connection::linger() {
  deadline_.arm(server_.limits.linger_ms_max);
  std::size_t dropped = 0;
  while (dropped < kLingerBytesMax) {
    dropped += inbox_.bytes().size();
    inbox_.consume(inbox_.bytes().size());
    auto got = co_await inbox_.more();
    if (got != Inbox::Got::bytes) co_return;
  }
}

}  // namespace bw::transport
