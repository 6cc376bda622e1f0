// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace bw::http {

// Every limit of the HTTP front and of outbound calls, by its unit. At a limit all is well; one more is refused. The
// defaults suit a gateway that faces agents; a listener may be given others.

struct ServerLimits {
  std::size_t connections_max = 10'000;          // one more is closed at once
  std::size_t head_bytes_max = 32U << 10;        // request line and headers together: 431
  std::size_t headers_max = 100;                 // 431
  std::size_t target_bytes_max = 8U << 10;       // 414
  std::size_t body_bytes_max = 4U << 20;         // unless Handler::body_bytes_max says otherwise: 413
  std::size_t outbox_bytes_max = 8U << 20;       // of a stream, waiting for a slow reader: disconnected
  std::size_t read_ahead_bytes_max = 64U << 10;  // read while a request is being handled

  std::int64_t head_ms_max = 10'000;       // from a request's first byte to the end of its headers: 408
  std::int64_t body_idle_ms_max = 30'000;  // between two pieces of a body: 408
  std::int64_t body_ms_max = 120'000;      // the whole body: 408
  std::int64_t idle_ms_max = 75'000;       // between two requests: closed
  std::int64_t write_ms_max = 30'000;      // without a byte taken by the reader: disconnected
  std::int64_t handshake_ms_max = 10'000;  // TLS: closed
  std::int64_t linger_ms_max =
      2'000;  // reading on after an error answer, or a last one, so that the peer gets to see it
};

struct ClientLimits {
  std::size_t head_bytes_max = 64U << 10;
  std::size_t headers_max = 200;
  std::size_t connections_per_origin_max = 64;  // per partition
  std::size_t waiters_per_origin_max = 1'024;   // one more fails with `resource_exhausted`
  std::size_t idle_connections_max = 512;       // of all origins; the one idle longest is closed

  std::int64_t idle_ms_max = 50'000;  // below what common servers grant, so that they seldom close first
};

// Of a chunked body: chunk headers and trailers that carry no content.
constexpr std::size_t kChunkLineBytesMax = 256;
constexpr std::size_t kTrailerBytesMax = 8U << 10;

// Of a server-sent event, data and field names together.
constexpr std::size_t kSseEventBytesMax = 4U << 20;

}  // namespace bw::http
