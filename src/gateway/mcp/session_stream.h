// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "async/event.h"
#include "gateway/mcp/limits.h"

namespace bw::gateway {

// What a session says to its client on one stream, kept so that a client that lost its connection gets the rest: events
// are numbered from 1 and named STREAM/NUMBER. One reader at a time; a new one takes the place of the old.
//
// It is bounded: what is oldest goes first, so the answer of a call, which comes last, is kept longest.
class SessionStream {
 public:
  explicit SessionStream(std::string name) : name_(std::move(name)) {}

  const std::string& name() const { return name_; }
  std::string event_id(std::uint64_t number) const;

  void push(std::string message, const McpLimits& limits);
  void finish();  // nothing more will come
  bool is_finished() const { return is_finished_; }
  std::uint64_t last() const { return first_ + messages_.size() - 1; }
  std::size_t bytes() const { return bytes_; }

  // The first message after `number` that is still there; its number.
  std::optional<std::uint64_t> next_after(std::uint64_t number) const;
  const std::string& at(std::uint64_t number) const { return messages_[number - first_]; }

  // A message that says the same waits already and was not read yet.
  bool has_unread(std::string_view message) const;
  void read_up_to(std::uint64_t number);
  std::uint64_t read() const { return read_; }

  // Reading. A reader that finds another number in reader() has been replaced, and ends.
  std::uint64_t attach();
  std::uint64_t reader() const { return reader_; }
  bool has_reader() const { return has_reader_; }
  void detach(std::uint64_t reader);
  // Ends the reader's connection, so that the client comes back for the rest.
  void disconnect();

  async::Event& news() { return news_; }  // something was pushed, finished, or the reader replaced

 private:
  std::string name_;
  std::deque<std::string> messages_;
  std::uint64_t first_ = 1;  // number of the front
  std::uint64_t read_ = 0;
  std::uint64_t reader_ = 0;
  std::size_t bytes_ = 0;
  bool has_reader_ = false;
  bool is_finished_ = false;
  async::Event news_;
};

// "STREAM/NUMBER" taken apart.
struct EventId {
  std::string_view stream;
  std::uint64_t number = 0;
};
std::optional<EventId> parse_event_id(std::string_view text);

}  // namespace bw::gateway
