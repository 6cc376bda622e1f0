// SPDX-License-Identifier: Apache-2.0
#include "http/body.h"

#include <algorithm>

namespace bw::http {
namespace {

using Used = std::expected<std::size_t, Refusal>;

std::unexpected<Refusal> refuse(std::string_view message, int status = 400) {
  return std::unexpected(Refusal{status, message});
}
std::unexpected<Refusal> too_large() { return refuse("body too large", 413); }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The first line of `bytes` with its CRLF: its size, or 0 when it is not complete.
Used line_size(std::string_view bytes, std::size_t bytes_max) {
  auto end = bytes.substr(0, bytes_max).find('\n');
  if (end == std::string_view::npos) {
    if (bytes.size() >= bytes_max) return refuse("chunk header or trailer too long");
    return 0;
  }
  if (end == 0 || bytes[end - 1] != '\r') return refuse("line does not end in CRLF");
  return end + 1;
}

}  // namespace

BodyDecoder::BodyDecoder(Framing framing, std::size_t bytes_max) : budget_(bytes_max) {
  switch (framing.kind) {
    case Framing::Kind::none: state_ = State::done; break;
    case Framing::Kind::length: state_ = framing.length == 0 ? State::done : State::content; break;
    case Framing::Kind::chunked: state_ = State::chunk_size; break;
    case Framing::Kind::until_close: state_ = State::to_the_end; break;
  }
  remaining_ = framing.length;
}

Used BodyDecoder::feed(std::string_view bytes, std::string& body) {
  std::size_t used = 0;
  while (state_ != State::done && used < bytes.size()) {
    auto step_used = step(bytes.substr(used), body);
    if (!step_used) return step_used;
    if (*step_used == 0) break;
    used += *step_used;
  }
  return used;
}

bool BodyDecoder::end() {
  if (state_ == State::to_the_end) state_ = State::done;
  return state_ == State::done;
}

Used BodyDecoder::step(std::string_view bytes, std::string& body) {
  switch (state_) {
    case State::content: return take_content(bytes, body, State::done);
    case State::chunk_data: return take_content(bytes, body, State::chunk_end);
    case State::chunk_size: return take_chunk_size(bytes);
    case State::chunk_end: return take_chunk_end(bytes);
    case State::trailer: return take_trailer(bytes);
    case State::to_the_end: remaining_ = bytes.size(); return take_content(bytes, body, State::to_the_end);
    case State::done: break;
  }
  return 0;
}

Used BodyDecoder::take_content(std::string_view bytes, std::string& body, State next) {
  if (remaining_ > budget_) return too_large();  // known from the length, before the bytes have come
  auto n = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, bytes.size()));
  body.append(bytes.data(), n);
  remaining_ -= n;
  budget_ -= n;
  if (remaining_ == 0) state_ = next;
  return n;
}

Used BodyDecoder::take_chunk_size(std::string_view bytes) {
  auto size = line_size(bytes, kChunkLineBytesMax);
  if (!size || *size == 0) return size;
  auto line = bytes.substr(0, *size - 2);
  std::size_t digits = 0;
  std::uint64_t value = 0;
  while (digits < line.size() && hex_digit(line[digits]) >= 0) {
    value = value * 16 + static_cast<std::uint64_t>(hex_digit(line[digits]));
    if (++digits > 8) return refuse("malformed chunk size");
  }
  // An extension means nothing to us, and is dropped; it starts right behind the digits and has no control characters.
  auto extension = line.substr(digits);
  bool well_formed = digits > 0 && (extension.empty() || extension.front() == ';') &&
                     std::ranges::all_of(extension, [](char c) { return (c >= 0x20 && c < 0x7f) || c == '\t'; });
  if (!well_formed) return refuse("malformed chunk size");
  if (value > budget_) return too_large();
  remaining_ = value;
  state_ = value == 0 ? State::trailer : State::chunk_data;
  return size;
}

Used BodyDecoder::take_chunk_end(std::string_view bytes) {
  if (bytes.front() != '\r' || (bytes.size() >= 2 && bytes[1] != '\n')) return refuse("chunk longer than its size");
  if (bytes.size() < 2) return 0;
  state_ = State::chunk_size;
  return 2;
}

Used BodyDecoder::take_trailer(std::string_view bytes) {
  auto size = line_size(bytes, kTrailerBytesMax - trailer_bytes_);
  if (!size || *size == 0) return size;
  trailer_bytes_ += *size;
  auto line = bytes.substr(0, *size - 2);
  if (line.empty()) {
    state_ = State::done;
    return size;
  }
  if (trailer_bytes_ >= kTrailerBytesMax) return refuse("chunk header or trailer too long");
  auto field = parse_field(line);
  if (!field) return std::unexpected(field.error());
  return size;
}

}  // namespace bw::http
