// SPDX-License-Identifier: Apache-2.0
#include "execution/stdio_wire.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "base/log.h"
#include "base/text.h"
#include "execution/limits.h"
#include "mcp/build.h"
#include "mcp/protocol.h"

namespace bw::execution {
namespace {

using domain::Outcome;

constexpr std::size_t kLogLines = 40;

Result<std::vector<std::string>> environment(const registry::Upstream& declared, Credentials& credentials) {
  std::vector<std::string> variables;
  for (const char* name : {"PATH", "HOME", "LANG"}) {
    const char* value = std::getenv(name);
    if (value && !declared.env.contains(name)) variables.push_back(std::string(name) + '=' + value);
  }
  for (const auto& [name, value] : declared.env) variables.push_back(name + '=' + value);
  BW_TRY(auto secrets, credentials.environment());
  std::ranges::move(secrets, std::back_inserter(variables));
  return variables;
}

std::int64_t to_id(std::string_view json) {
  std::int64_t id = 0;
  auto [end, error] = std::from_chars(json.data(), json.data() + json.size(), id);
  return error == std::errc{} && end == json.data() + json.size() ? id : 0;
}

// A line break between two tokens would end the message; inside strings JSON has none.
void make_one_line(std::string& text) {
  std::ranges::replace(text, '\n', ' ');
  std::ranges::replace(text, '\r', ' ');
}

}  // namespace

void ChildLog::add(std::string line) {
  if (trim(line).empty()) return;
  lines_.push_back(std::move(line));
  if (lines_.size() > kLogLines) lines_.pop_front();
}

std::string ChildLog::telling_line() const {
  auto tells = [](const std::string& line) { return lower_ascii(line).find("error") != std::string::npos; };
  auto found = std::ranges::find_if(lines_, tells);
  if (found != lines_.end()) return std::string(trim(*found));
  return lines_.empty() ? std::string() : std::string(trim(lines_.back()));
}

Result<std::shared_ptr<StdioWire>> StdioWire::start(async::Loop& loop, const registry::Upstream& declared,
                                                    std::shared_ptr<Credentials> credentials) {
  transport::ChildOptions options;
  options.argv.push_back(declared.command);
  options.argv.insert(options.argv.end(), declared.args.begin(), declared.args.end());
  BW_TRY(options.env, environment(declared, *credentials));
  options.cwd = declared.cwd;
  options.line_bytes_max = kReplyBytesMax;
  options.outbox_bytes_max = kReplyBytesMax;
  std::shared_ptr<StdioWire> wire(new StdioWire(loop, declared.name, credentials));
  options.on_log = [name = declared.name, credentials, lines = wire->log_](std::string_view line) {
    std::string text(line);
    credentials->mask(text);
    log::info("upstream {}: {}", name, printable(text));
    lines->add(std::move(text));
  };
  BW_TRY(wire->child_, transport::Child::start(loop, std::move(options)));
  wire->started_ms_ = loop.now_ms();
  async::spawn(loop, read(wire));
  return wire;
}

void StdioWire::speak(mcp::Era, std::string) { following_.set(); }

std::string StdioWire::farewell(transport::ExitStatus status) const {
  auto after = format_duration_ms(std::max<std::int64_t>(1, loop_.now_ms() - started_ms_));
  auto how =
      status.signal ? fmt::format("ended by signal {}", status.signal) : fmt::format("exited with {}", status.code);
  auto line = log_->telling_line();
  return line.empty() ? fmt::format("{} after {}", how, after)
                      : fmt::format("{} after {}: {}", how, after, printable(line, 300));
}

// One for the child's life. Whoever waits when the output ends learns that nobody knows what became of its call.
async::Task<void> StdioWire::read(std::shared_ptr<StdioWire> self) {
  for (;;) {
    auto line = co_await self->child_->read_line(async::kNever);
    if (!line || !*line) {
      if (!line) log::warn("upstream {}: {}", self->upstream_, line.error().message);
      break;
    }
    auto text = std::move(**line);
    if (trim(text).empty()) continue;
    self->credentials_->mask(text);
    auto message = mcp::parse_message(std::move(text), kMessageLimits);
    if (!message) {
      log::warn("upstream {}: a line of its output is no message: {}", self->upstream_,
                printable(message.error().message, 200));
      continue;
    }
    self->sort(std::move(*message));
  }
  if (!self->closing_) {
    self->closing_ = true;
    co_await self->child_->stop(kStopGraceMs);
  }
  co_await async::wait(self->child_->exited());
  auto status = self->child_->status();
  self->why_broken_ = self->farewell(status);
  self->broken_.set();
  self->following_.set();
}

StdioWire::Waiting* StdioWire::owner_of(const mcp::Message& message) {
  std::string_view key;
  if (message.is_response()) {
    key = message.id;
  } else if (message.method == mcp::notification::progress) {
    key = message.params["progressToken"].raw();
  } else {
    key = message.params["_meta"][mcp::meta::subscription_id].raw();
  }
  auto found = waiting_.find(to_id(key));
  return found == waiting_.end() ? nullptr : found->second;
}

void StdioWire::queue(Waiting& waiting, mcp::Message message) {
  if (waiting.messages.size() >= kQueuedMessagesMax && !message.is_response()) {
    log::warn("upstream {}: a message was dropped, too many wait to be taken", upstream_);
    return;
  }
  waiting.messages.push_back(std::move(message));
  waiting.arrived.set();
}

void StdioWire::sort(mcp::Message message) {
  if (auto* owner = owner_of(message)) return queue(*owner, std::move(message));
  if (!message.is_response()) queue(aside_, std::move(message));  // an answer that nobody waits for came too late
}

async::Task<Answer> StdioWire::exchange(Outgoing out, Inbox& inbox) {
  if (broken_.is_set() || closing_ || child_->exited().is_set()) {
    co_return failure(Outcome::not_executed, Code::unavailable, "the child has ended: " + why_broken_);
  }
  auto self = shared_from_this();
  Waiting waiting;
  waiting_[out.id] = &waiting;
  auto text = mcp::request_text(std::to_string(out.id), out.method, out.params);
  make_one_line(text);
  auto written = co_await child_->write_line(std::move(text));
  if (!written) {
    waiting_.erase(out.id);
    co_return failure(Outcome::ambiguous, Code::unavailable,
                      "the child takes no more input: " + written.error().message);
  }
  async::Event never;
  auto& over = out.over ? *out.over : never;
  for (;;) {
    while (!waiting.messages.empty()) {
      auto message = std::move(waiting.messages.front());
      waiting.messages.pop_front();
      if (message.is_response()) {
        waiting_.erase(out.id);
        co_return std::move(message);
      }
      co_await inbox.take(std::move(message));
    }
    waiting.arrived.reset();
    co_await async::wait_any(async::kNever, waiting.arrived, over, broken_);
    if (waiting.arrived.is_set()) continue;
    waiting_.erase(out.id);
    if (!over.is_set())
      co_return failure(Outcome::ambiguous, Code::unavailable, "the child ended during the call: " + why_broken_);
    async::spawn(loop_, tell_cancelled(self, out.id));
    co_return failure(Outcome::ambiguous, Code::cancelled, "gave up while waiting for the answer");
  }
}

async::Task<Status> StdioWire::send(std::string message) {
  if (broken_.is_set()) co_return fail(Code::unavailable, why_broken_);
  make_one_line(message);
  auto written = co_await child_->write_line(std::move(message));
  co_return written;
}

async::Task<void> StdioWire::tell_cancelled(std::shared_ptr<StdioWire> self, std::int64_t id) {
  auto params = fmt::format(R"({{"requestId":{},"reason":"the caller gave up"}})", id);
  auto text = mcp::notification_text(mcp::notification::cancelled, params);
  auto sent = co_await self->send(std::move(text));
  if (!sent) log::debug("upstream {}: could not tell a cancellation: {}", self->upstream_, sent.error().message);
}

void StdioWire::follow(std::shared_ptr<Inbox> aside) {
  following_.set();
  async::spawn(loop_, hand_aside(shared_from_this(), std::move(aside)));
}

async::Task<void> StdioWire::hand_aside(std::shared_ptr<StdioWire> self, std::shared_ptr<Inbox> aside) {
  while (!self->broken_.is_set()) {
    while (!self->aside_.messages.empty()) {
      auto message = std::move(self->aside_.messages.front());
      self->aside_.messages.pop_front();
      co_await aside->take(std::move(message));
    }
    self->aside_.arrived.reset();
    co_await async::wait_any(async::kNever, self->aside_.arrived, self->broken_);
  }
}

async::Task<void> StdioWire::close() {
  auto self = shared_from_this();
  if (!closing_) {
    closing_ = true;
    co_await child_->stop(kStopGraceMs);
  }
  co_await async::wait(broken_);
}

}  // namespace bw::execution
