// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/limits.h"

namespace bw::http {

// One server-sent event. https://html.spec.whatwg.org/multipage/server-sent-events.html
struct SseEvent {
  std::string event;                     // its type; empty stands for "message"
  std::string data;                      // lines joined by "\n"
  std::string id;                        // the last id the stream has given, up to and including this event
  std::optional<std::int64_t> retry_ms;  // when this event asked for another reconnection time
};

// Takes a stream apart, in whatever pieces it comes. Bounded: an event of more than `bytes_max` fails the stream.
//
//   std::vector<SseEvent> events;
//   BW_OK(parser.feed(chunk, events));
//
// An event without data is not dispatched, as the standard says; what follows the last blank line is dropped.
class SseParser {
 public:
  explicit SseParser(std::size_t bytes_max = kSseEventBytesMax) : bytes_max_(bytes_max) {}

  // Appends the events that are complete now. After a failure the parser is spent.
  Status feed(std::string_view bytes, std::vector<SseEvent>& events);

  // What to reconnect with: the last id seen, and the time the stream asked to wait, also when no event carried them.
  const std::string& last_id() const { return event_.id; }
  std::optional<std::int64_t> retry_ms() const { return retry_ms_; }

 private:
  void take_line(std::string_view line, std::vector<SseEvent>& events);
  void take_field(std::string_view name, std::string_view value);
  void dispatch(std::vector<SseEvent>& events);

  std::size_t bytes_max_;
  std::string line_;  // the part of a line that has come
  SseEvent event_;    // under construction; `id` stays from event to event
  std::optional<std::int64_t> retry_ms_;
  bool has_data_ = false;
  bool after_cr_ = false;  // a "\n" now belongs to the "\r" before
  bool at_start_ = true;   // a byte order mark may come
  bool spent_ = false;
};

// The event as bytes. `id` and `event` may have no line breaks (they are cut there); data of several lines becomes several
// data fields. An empty id is not written, nor one with a NUL, which readers ignore.
std::string format_sse(const SseEvent& event);

// A comment: keeps proxies from closing an idle stream.
inline std::string_view sse_keep_alive() { return ":\n\n"; }

}  // namespace bw::http
