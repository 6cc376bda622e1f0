// SPDX-License-Identifier: Apache-2.0
#include "transport/exchange.h"

#include <fmt/core.h>

#include <limits>

namespace bw::transport {
namespace {

constexpr int kInterimAnswersMax = 8;

Error malformed(const http::Refusal& refusal) {
  return {Code::data_loss, fmt::format("malformed answer: {}", refusal.message)};
}

}  // namespace

Exchange::Exchange(async::Loop& loop, Pool::Lease lease, Times times, http::ClientLimits limits, async::Event* cancel)
    : lease_(std::move(lease)), times_(times), limits_(limits), deadline_(loop, *this), cancel_(*this) {
  if (cancel) cancel_.watch(*cancel);
}

void Exchange::interrupt(Why why) {
  if (why_ == Why::nothing) why_ = why;
  if (lease_.link()) lease_.link()->outbox.close();
}

Error Exchange::broken(std::string_view when) const {
  switch (why_) {
    case Why::timeout: return {Code::deadline_exceeded, fmt::format("too slow {}", when)};
    case Why::cancelled: return {Code::cancelled, fmt::format("cancelled {}", when)};
    case Why::nothing: break;
  }
  return {Code::unavailable, fmt::format("connection broke {}", when)};
}

async::Task<std::expected<http::ResponseHead, http::ClientError>> Exchange::ask(std::string bytes, bool head_request) {
  auto& link = *lease_.link();
  if (why_ != Why::nothing) co_return std::unexpected(http::ClientError{broken("before sending"), http::Sent::no});
  deadline_.arm(times_.response_ms_max);
  link.outbox.buffer() += bytes;
  // Not waited for: a server may answer, and stop reading, before it has all of a large request.
  link.outbox.flush();
  auto head = co_await read_head(head_request);
  deadline_.disarm();
  if (!head) lease_.close();
  co_return head;
}

async::Task<std::expected<http::ResponseHead, http::ClientError>> Exchange::read_head(bool head_request) {
  auto& inbox = lease_.link()->inbox;
  auto failed = [](Error error) { return std::unexpected(http::ClientError{std::move(error), http::Sent::maybe}); };
  http::HeadScanner scanner;
  for (int interim = 0; interim <= kInterimAnswersMax;) {
    auto size = scanner.scan(inbox.bytes(), limits_.head_bytes_max);
    if (!size) co_return failed(malformed(size.error()));
    if (!*size) {
      auto got = co_await inbox.more();
      if (got == Inbox::Got::bytes) continue;
      stale_ = inbox.bytes().empty() && interim == 0 && lease_.link()->reused && why_ == Why::nothing;
      co_return failed(broken("before the answer"));
    }
    http::HeadLimits head_limits{limits_.head_bytes_max, limits_.headers_max};
    auto head = http::parse_response_head(inbox.bytes().substr(0, **size), head_limits, head_request);
    inbox.consume(**size);
    if (!head) co_return failed(malformed(head.error()));
    if (head->status == 101) co_return failed(malformed({0, "unexpected switch of protocols"}));
    if (head->status >= 200) {
      keep_alive_ = head->keep_alive;
      framing_ = head->framing;
      co_return std::move(*head);
    }
    ++interim;
    scanner.restart();
  }
  co_return failed(malformed({0, "too many interim answers"}));
}

async::Task<Result<std::string>> Exchange::read_all(std::size_t bytes_max) {
  decoder_.emplace(framing_, bytes_max);
  std::string body;
  if (framing_.kind == http::Framing::Kind::length) body.reserve(std::min<std::size_t>(framing_.length, bytes_max));
  while (true) {
    auto piece = co_await read_some();
    if (!piece) co_return fail(std::move(piece).error());
    if (!*piece) co_return body;
    if (body.empty()) {
      body = std::move(**piece);
    } else {
      body += **piece;
    }
  }
}

void Exchange::start_stream() { decoder_.emplace(framing_, std::numeric_limits<std::size_t>::max()); }

async::Task<Result<std::optional<std::string>>> Exchange::read_some() {
  if (failed_) co_return fail(*failed_);
  std::string piece;
  while (!finished_) {
    auto& inbox = lease_.link()->inbox;
    auto used = decoder_->feed(inbox.bytes(), piece);
    if (!used) {
      bool large = used.error().status == 413;
      failed_ = large ? Error{Code::resource_exhausted, "answer too large"} : malformed(used.error());
      break;
    }
    inbox.consume(*used);
    if (decoder_->done()) complete();
    if (!piece.empty()) co_return std::optional(std::move(piece));
    if (finished_) break;
    deadline_.arm(times_.body_idle_ms_max);
    auto got = co_await inbox.more();
    deadline_.disarm();
    if (got == Inbox::Got::bytes) continue;
    bool whole = why_ == Why::nothing && inbox.end() == ByteStream::End::clean && decoder_->end();
    if (whole) {
      complete();
    } else {
      failed_ = broken("in the middle of the answer");
      break;
    }
  }
  if (!failed_) co_return std::nullopt;
  cancel_.unwatch();
  lease_.close();
  co_return fail(*failed_);
}

void Exchange::complete() {
  finished_ = true;
  deadline_.disarm();
  cancel_.unwatch();
  auto& link = *lease_.link();
  bool reusable = keep_alive_ && !link.outbox.broken() && link.outbox.bytes() == 0 && link.inbox.bytes().empty();
  if (reusable) {
    lease_.keep();
  } else {
    lease_.close();
  }
}

}  // namespace bw::transport
