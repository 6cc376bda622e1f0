// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "http/headers.h"
#include "http/limits.h"
#include "http/message.h"

namespace bw::http {

// Reads the head of a message: first line and header fields, RFC 9112. The grammar is taken at its narrowest, because every
// liberty a reader takes is a request that the next reader may see differently (request smuggling): lines end in CRLF and
// nothing else, no folded lines, no space around a name, one Host, one Content-Length or one "chunked" and never both.
// A request is parsed here once, and what we send on is written anew from the parsed form, never copied.
//
// Pure functions over bytes; nothing waits.

// What the peer gets told before its connection is closed. `message` is a literal.
struct Refusal {
  int status = 400;
  std::string_view message;
};

// How long the body is.
struct Framing {
  enum class Kind : std::uint8_t { none, length, chunked, until_close };
  Kind kind = Kind::none;
  std::uint64_t length = 0;  // bytes, for `length`
};

struct HeadLimits {
  std::size_t bytes_max;
  std::size_t fields_max;
  std::size_t target_bytes_max = 0;
};

struct RequestHead {
  Request request;
  Framing framing;
  bool keep_alive = true;
  bool expects_continue = false;
};

struct ResponseHead {
  int status = 0;
  int version_minor = 1;
  Headers headers;
  Framing framing;
  bool keep_alive = true;
};

// Finds where a head ends, looking at each byte once however the bytes arrive.
class HeadScanner {
 public:
  // `bytes` starts at the head's first byte and has grown since the last call. The head's size with its blank line, or
  // nothing when it is not complete, or a refusal when a line ends wrongly or `bytes_max` is passed.
  std::expected<std::optional<std::size_t>, Refusal> scan(std::string_view bytes, std::size_t bytes_max);
  void restart() { line_ = scanned_ = 0; }

 private:
  std::size_t line_ = 0;     // where the current line starts
  std::size_t scanned_ = 0;  // no line end before this
};

// `head` is what the scanner found, blank line included.
std::expected<RequestHead, Refusal> parse_request_head(std::string_view head, const HeadLimits& limits);

// `to_head_request`: the answer has no body whatever its headers say.
std::expected<ResponseHead, Refusal> parse_response_head(std::string_view head, const HeadLimits& limits,
                                                         bool to_head_request);

// One header line without its CRLF.
std::expected<Headers::Field, Refusal> parse_field(std::string_view line);

}  // namespace bw::http
