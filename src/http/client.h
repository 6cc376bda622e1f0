// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "async/event.h"
#include "async/task.h"
#include "base/result.h"
#include "http/headers.h"

namespace bw::http {

// Whether any byte of the request may have reached the server. After `maybe` the outcome is unknown: only the caller knows
// whether asking again is harmless.
enum class Sent { no, maybe };

struct ClientError : Error {
  Sent sent = Sent::no;
};

struct ClientRequest {
  std::string method = "GET";
  std::string url;  // "https://host:port/path?query", http or https, without user information or fragment
  Headers headers;  // host, content-length, transfer-encoding and connection are the client's
  std::string body;

  // Connections are shared only among requests of one partition: the principal on whose behalf this is sent.
  std::string partition;

  // Allows one repetition when a reused connection turned out dead before any byte of an answer.
  bool idempotent = false;

  // Gives the body in pieces, with no limit on the whole (ClientResponse::stream).
  bool stream = false;

  std::size_t body_bytes_max = 16U << 20;  // of a whole answer: `resource_exhausted`
  std::int64_t connect_ms_max = 10'000;    // waiting for a free connection, name, TCP, TLS together
  std::int64_t response_ms_max = 60'000;   // until the answer's headers
  std::int64_t body_idle_ms_max = 60'000;  // between two pieces of the answer

  std::string ca_file;  // PEM; empty: the system's authorities

  // When set, the exchange fails with `cancelled` and its connection is closed. Outlives send() and the stream.
  async::Event* cancel = nullptr;
};

// The rest of an answer. Destroying it before its end closes the connection.
class BodyStream {
 public:
  virtual ~BodyStream() = default;

  // The next piece, at least one byte; nothing at the end. After an error or the end it stays there.
  virtual async::Task<Result<std::optional<std::string>>> next_chunk() = 0;
};

struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string body;                    // unless streamed
  std::unique_ptr<BodyStream> stream;  // when asked for
};

// ClientError slices to Error where only that is wanted: BW_CO_TRY works.
using ClientResult = std::expected<ClientResponse, ClientError>;

// Sends requests. Never follows a redirect, never decompresses, keeps no cookies. An HTTP error status is an answer, not a
// failure. Codes: `invalid_argument` (the request cannot be sent), `unavailable` (no connection, or it broke),
// `deadline_exceeded`, `cancelled`, `resource_exhausted` (pool or body limit), `permission_denied` (address not allowed),
// `data_loss` (the answer is malformed).
class Client {
 public:
  virtual ~Client() = default;
  virtual async::Task<ClientResult> send(ClientRequest request) = 0;
};

}  // namespace bw::http
