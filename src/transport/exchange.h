// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "async/event.h"
#include "async/task.h"
#include "async/timer.h"
#include "http/body.h"
#include "http/client.h"
#include "http/head.h"
#include "transport/pool.h"

namespace bw::transport {

// One request and its answer over a leased link. It owns the lease: when it goes before the answer is complete, the
// connection is closed. The deadline and the caller's cancellation both act by breaking the connection, so there is one way
// in which every wait ends early; `why` remembers which it was.
class Exchange {
 public:
  struct Times {
    std::int64_t response_ms_max;
    std::int64_t body_idle_ms_max;
  };

  Exchange(async::Loop& loop, Pool::Lease lease, Times times, http::ClientLimits limits, async::Event* cancel);

  // Sends `bytes`, the whole request, and reads the head of the final answer.
  async::Task<std::expected<http::ResponseHead, http::ClientError>> ask(std::string bytes, bool head_request);

  // The body: all of it, or what has come. Afterwards the link goes back to the pool if it can.
  async::Task<Result<std::string>> read_all(std::size_t bytes_max);
  void start_stream();
  async::Task<Result<std::optional<std::string>>> read_some();

  // Whether the server closed a reused connection without a byte of an answer: most likely it never read the request.
  bool was_stale() const { return stale_; }

 private:
  enum class Why : std::uint8_t { nothing, timeout, cancelled };

  struct Deadline final : async::Timer {
    Deadline(async::Loop& loop, Exchange& exchange) : Timer(loop), exchange_(exchange) {}
    void expired() override { exchange_.interrupt(Why::timeout); }
    Exchange& exchange_;
  };
  struct Cancel final : async::Watcher {
    explicit Cancel(Exchange& exchange) : exchange_(exchange) {}
    void told() override { exchange_.interrupt(Why::cancelled); }
    Exchange& exchange_;
  };

  void interrupt(Why why);
  async::Task<std::expected<http::ResponseHead, http::ClientError>> read_head(bool head_request);
  Error broken(std::string_view when) const;
  void complete();

  Pool::Lease lease_;
  Times times_;
  http::ClientLimits limits_;
  Deadline deadline_;
  Cancel cancel_;
  Why why_ = Why::nothing;
  bool keep_alive_ = false;
  bool stale_ = false;
  bool finished_ = false;
  std::optional<Error> failed_;
  http::Framing framing_;
  std::optional<http::BodyDecoder> decoder_;
};

}  // namespace bw::transport
