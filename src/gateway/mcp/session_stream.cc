// SPDX-License-Identifier: Apache-2.0
#include "gateway/mcp/session_stream.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace bw::gateway {

std::string SessionStream::event_id(std::uint64_t number) const { return fmt::format("{}/{}", name_, number); }

void SessionStream::push(std::string message, const McpLimits& limits) {
  bytes_ += message.size();
  messages_.push_back(std::move(message));
  while (messages_.size() > 1 && (messages_.size() > limits.notices_max || bytes_ > limits.kept_bytes_max)) {
    bytes_ -= messages_.front().size();
    messages_.pop_front();
    ++first_;
  }
  news_.set();
}

void SessionStream::finish() {
  is_finished_ = true;
  news_.set();
}

std::optional<std::uint64_t> SessionStream::next_after(std::uint64_t number) const {
  if (number >= last()) return std::nullopt;
  return std::max(number + 1, first_);
}

bool SessionStream::has_unread(std::string_view message) const {
  for (auto next = next_after(read_); next; next = next_after(*next)) {
    if (at(*next) == message) return true;
  }
  return false;
}

void SessionStream::read_up_to(std::uint64_t number) { read_ = std::max(read_, number); }

std::uint64_t SessionStream::attach() {
  has_reader_ = true;
  news_.set();
  return ++reader_;
}

void SessionStream::detach(std::uint64_t reader) {
  if (reader == reader_) has_reader_ = false;
}

void SessionStream::disconnect() {
  ++reader_;
  has_reader_ = false;
  news_.set();
}

std::optional<EventId> parse_event_id(std::string_view text) {
  auto slash = text.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  EventId id{.stream = text.substr(0, slash)};
  const char* end = text.data() + text.size();
  auto [rest, error] = std::from_chars(text.data() + slash + 1, end, id.number);
  if (error != std::errc() || rest != end) return std::nullopt;
  return id;
}

}  // namespace bw::gateway
