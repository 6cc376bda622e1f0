// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "http/head.h"

namespace bw::http {

// Takes a body off the wire, whatever its framing, in whatever pieces it comes. As strict as the head: a chunk's size is bare
// hexadecimal digits, lines end in CRLF, trailers are checked and dropped.
class BodyDecoder {
 public:
  BodyDecoder(Framing framing, std::size_t bytes_max);

  // Appends content to `body` and returns how many bytes of `bytes` it has used up; what it left (the rest of an unfinished
  // line, or the next message) must come again, with more. A refusal is 413 over `bytes_max`, else 400.
  std::expected<std::size_t, Refusal> feed(std::string_view bytes, std::string& body);

  // The peer closed: completes a body that lasts until then, and tells whether the body is whole.
  bool end();

  bool done() const { return state_ == State::done; }

 private:
  enum class State : std::uint8_t { content, chunk_size, chunk_data, chunk_end, trailer, to_the_end, done };

  std::expected<std::size_t, Refusal> step(std::string_view bytes, std::string& body);
  std::expected<std::size_t, Refusal> take_content(std::string_view bytes, std::string& body, State next);
  std::expected<std::size_t, Refusal> take_chunk_size(std::string_view bytes);
  std::expected<std::size_t, Refusal> take_chunk_end(std::string_view bytes);
  std::expected<std::size_t, Refusal> take_trailer(std::string_view bytes);

  State state_;
  std::uint64_t remaining_ = 0;  // of the body or the chunk
  std::size_t budget_;           // bytes of content that may still come
  std::size_t trailer_bytes_ = 0;
};

}  // namespace bw::http
