// SPDX-License-Identifier: Apache-2.0
#include "gateway/bridge/bridge.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "async/deadline.h"
#include "base/log.h"
#include "base/text.h"
#include "gateway/bridge/limits.h"
#include "json/document.h"
#include "mcp/build.h"

namespace bw::gateway::bridge {
namespace {

// Whether a text that is no message was meant to be the client's answer. An error about it would carry an id of the
// gateway's, which the client would take for one of its own.
bool is_answer_like(json::Value root) { return !root["method"] && (root["result"] || root["error"]); }

}  // namespace

Bridge::Bridge(async::Loop& loop, http::Client& client, transport::Stdio& stdio, Options options)
    : loop_(loop),
      stdio_(stdio),
      grace_ms_(options.grace_ms),
      output_(std::make_shared<Output>(stdio)),
      carrier_(std::make_shared<Carrier>(loop, client, std::move(options.uplink), output_)) {}

async::Task<Bridge::End> Bridge::run() {
  auto self = shared_from_this();
  async::spawn(loop_, read_input(self));
  co_await async::wait_any(async::kNever, input_ended_, stop_, output_->gone());
  co_await wait_for_answers();
  co_await say_goodbye();
  const Uplink& uplink = carrier_->uplink();
  if (uplink.was_tried() && !uplink.was_reached()) co_return End::unreachable;
  co_return is_unreadable_ ? End::input_unreadable : End::input_ended;
}

async::Task<void> Bridge::read_input(std::shared_ptr<Bridge> self) {
  for (;;) {
    auto line = co_await self->stdio_.read_line();
    if (!line) {
      self->is_unreadable_ = true;
      auto why = fmt::format("{}: at most {} bytes", line.error().message, kLineBytesMax);
      auto refusal = mcp::error_response("null", mcp::code::parse_error, why);
      co_await self->output_->say(std::move(refusal));
      break;
    }
    if (!*line) break;
    auto text = std::move(**line);
    if (!trim(text).empty()) co_await self->take_line(std::move(text));
  }
  self->input_ended_.set();
}

async::Task<void> Bridge::take_line(std::string line) {
  std::optional<mcp::Malformed> malformed;
  auto document = json::Document::parse(std::move(line));
  if (document) {
    bool is_answer = is_answer_like(document->root());
    auto message = mcp::read_message(std::move(*document));
    if (message) {
      auto taken = std::move(*message);
      co_await take(std::move(taken));
      co_return;
    }
    if (is_answer) {
      log::warn("an answer of the client is malformed and was dropped: {}", message.error().message);
      co_return;
    }
    malformed = std::move(message).error();
  } else {
    malformed = mcp::Malformed{mcp::code::parse_error, std::move(document).error().message};
  }
  auto refusal = mcp::error_response(*malformed);
  co_await output_->say(std::move(refusal));
}

// What carries an envelope is stateless, `initialize` begins a session, anything else is of the generation that was last
// decided in this way.
mcp::Era Bridge::era_of(const mcp::Message& message) {
  if (message.is_response()) return mcp::Era::sessions;
  if (message.params["_meta"][mcp::meta::protocol_version]) era_ = mcp::Era::stateless;
  else if (!era_ || message.method == mcp::method::initialize) era_ = mcp::Era::sessions;
  return *era_;
}

async::Task<void> Bridge::take(mcp::Message message) {
  auto era = era_of(message);
  if (message.is_response()) {
    co_await carrier_->uplink().tell(std::move(message), era);
    co_return;
  }
  if (era == mcp::Era::sessions) co_await wait_for_session();
  if (!message.is_request()) {
    co_await take_notification(std::move(message), era);
    co_return;
  }
  bool is_opening = era == mcp::Era::sessions && message.method == mcp::method::initialize;
  auto flight = carrier_->start(std::move(message), era);
  if (is_opening) opening_ = std::move(flight);
}

async::Task<void> Bridge::take_notification(mcp::Message message, mcp::Era era) {
  if (message.method == mcp::notification::cancelled) {
    bool is_news = carrier_->cancel(message.params["requestId"].raw());
    if (!is_news || era == mcp::Era::stateless) co_return;
  }
  bool begins = era == mcp::Era::sessions && message.method == mcp::notification::initialized;
  co_await carrier_->uplink().tell(std::move(message), era);
  if (begins) carrier_->follow();
}

// A client that does not wait for the answer to `initialize` has its next messages wait for it here.
async::Task<void> Bridge::wait_for_session() {
  if (!opening_) co_return;
  auto opening = std::exchange(opening_, nullptr);
  co_await async::wait_any(async::kNever, opening->ended, stop_, output_->gone());
}

async::Task<void> Bridge::wait_for_answers() {
  async::Deadline deadline(loop_, grace_ms_);
  while (carrier_->answers_due() > 0 && deadline.left_ms() > 0 && !stop_.is_set() && !output_->gone().is_set()) {
    carrier_->changed().reset();
    co_await async::wait_any(deadline.left_ms(), carrier_->changed(), stop_, output_->gone());
  }
}

// What is left gets its error, then the session ends.
async::Task<void> Bridge::say_goodbye() {
  carrier_->end_all();
  async::Deadline deadline(loop_, kFarewellMs);
  while (!carrier_->is_idle() && deadline.left_ms() > 0) {
    carrier_->changed().reset();
    co_await async::wait_any(deadline.left_ms(), carrier_->changed());
  }
  co_await carrier_->uplink().end_session(carrier_->uplink().session());
}

}  // namespace bw::gateway::bridge
