// SPDX-License-Identifier: Apache-2.0
// Requests through the server's parsers, on any bytes. Three things must hold: pieces do not matter; what was understood,
// written anew, is understood the same; and what we accept, Boost.Beast, a second and more liberal reader, reads as the
// same request, of the same size on the wire. A difference there would be a smuggling hole in one of the two.
#undef BOOST_BEAST_SEPARATE_COMPILATION  // its parser alone, in this file alone
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/body.h"
#include "http/head.h"
#include "http/wire.h"

namespace {

using namespace bw;
namespace beast = boost::beast;

constexpr std::size_t kHeadBytesMax = 4096;
constexpr std::size_t kBodyBytesMax = 4096;
constexpr http::HeadLimits kLimits{kHeadBytesMax, 32, 1024};

struct Understood {
  http::RequestHead head;
  std::size_t bytes = 0;  // on the wire
};

struct Reading {
  std::vector<Understood> requests;
  int refused = 0;  // status, or 0

  bool operator==(const Reading& other) const {
    if (refused != other.refused || requests.size() != other.requests.size()) return false;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      if (requests[i].bytes != other.requests[i].bytes ||
          !same(requests[i].head.request, other.requests[i].head.request))
        return false;
    }
    return true;
  }

  static bool same(const http::Request& a, const http::Request& b) {
    if (a.method != b.method || a.target != b.target || a.body != b.body || a.headers.size() != b.headers.size())
      return false;
    for (std::size_t i = 0; i < a.headers.size(); ++i) {
      if (a.headers[i].name != b.headers[i].name || a.headers[i].value != b.headers[i].value) return false;
    }
    return true;
  }
};

// As Connection does it, with bytes that come in pieces of `piece` bytes.
class Reader {
 public:
  Reading read(std::string_view bytes, std::size_t piece) {
    while (!bytes.empty() && !stopped_) {
      buffer_ += bytes.substr(0, piece);
      bytes.remove_prefix(std::min(piece, bytes.size()));
      while (!stopped_ && step()) {
      }
    }
    return std::move(reading_);
  }

 private:
  // Whether it got any further.
  bool step() { return decoder_ ? read_body() : read_head(); }

  bool read_head() {
    auto size = scanner_.scan(buffer_, kHeadBytesMax);
    if (!size) return refuse(size.error());
    if (!*size) return false;
    auto head = http::parse_request_head(std::string_view(buffer_).substr(0, **size), kLimits);
    if (!head) return refuse(head.error());
    scanner_.restart();
    buffer_.erase(0, **size);
    current_ = {std::move(*head), **size};
    decoder_.emplace(current_.head.framing, kBodyBytesMax);
    return true;
  }

  bool read_body() {
    auto used = decoder_->feed(buffer_, current_.head.request.body);
    if (!used) return refuse(used.error());
    current_.bytes += *used;
    buffer_.erase(0, *used);
    if (!decoder_->done()) return false;
    decoder_.reset();
    stopped_ = !current_.head.keep_alive;
    reading_.requests.push_back(std::move(current_));
    return true;
  }

  bool refuse(const http::Refusal& refusal) {
    reading_.refused = refusal.status;
    stopped_ = true;
    return false;
  }

  std::string buffer_;
  http::HeadScanner scanner_;
  Understood current_;
  std::optional<http::BodyDecoder> decoder_;
  Reading reading_;
  bool stopped_ = false;
};

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

void check_against_beast(std::string_view wire, const Understood& ours) {
  beast::http::request_parser<beast::http::string_body> parser;
  parser.eager(true);
  parser.header_limit(1U << 16);
  parser.body_limit(1U << 20);
  beast::error_code error;
  auto used = parser.put(boost::asio::buffer(wire.data(), ours.bytes), error);
  if (error)
    return;  // where it is the stricter one (lists in Connection, inside extensions), it refuses: no difference
  const auto& request = ours.head.request;
  BW_ASSERT(parser.is_done() && used == ours.bytes);
  BW_ASSERT(view(parser.get().method_string()) == request.method);
  auto target = view(parser.get().target());
  // Of the absolute form we keep what follows the authority, and give it the slash it may lack.
  bool absolute = !target.starts_with('/') && target != "*";
  BW_ASSERT(absolute ? target.ends_with(request.target.substr(1)) : target == request.target);
  BW_ASSERT(parser.get().body() == request.body);
  std::size_t fields = 0;
  for (const auto& field : parser.get()) {
    (void)field;
    ++fields;
  }
  BW_ASSERT(fields >= request.headers.size());  // and trailers, which we drop
}

void check_written_anew(const http::Request& request) {
  std::string wire;
  auto host = request.headers.find("host").value_or("a");
  auto written =
      http::append_request_head(wire, request.method, request.target, host, request.headers, request.body.size());
  BW_ASSERT(written.has_value());
  wire += request.body;
  Reader reader;
  auto again = reader.read(wire, wire.size());
  BW_ASSERT(again.refused == 0 || again.refused == 431);  // a framing header more may pass the limit
  if (again.refused) return;
  BW_ASSERT(again.requests.size() == 1 && again.requests[0].bytes == wire.size());
  BW_ASSERT(again.requests[0].head.request.body == request.body &&
            again.requests[0].head.request.target == request.target);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Reading whole = Reader().read(bytes, bytes.size());
  Reading pieces = Reader().read(bytes, 1);
  BW_ASSERT(whole == pieces);
  std::size_t at = 0;
  for (const auto& request : whole.requests) {
    check_against_beast(bytes.substr(at), request);
    check_written_anew(request.head.request);
    at += request.bytes;
  }
  return 0;
}
