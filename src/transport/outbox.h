// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "async/event.h"
#include "async/task.h"
#include "async/timer.h"
#include "transport/byte_stream.h"

namespace bw::transport {

// What is to leave over a stream. Writers append to the buffer and flush; what the kernel takes at once costs one system
// call and no wait. A peer that takes nothing for `stall_ms_max` breaks the stream.
class Outbox final : public ByteStream::Writer, private async::Timer {
 public:
  Outbox(async::Loop& loop, ByteStream& stream, std::int64_t stall_ms_max)
      : Timer(loop), stream_(stream), stall_ms_max_(stall_ms_max) {
    stream.set_writer(this);
  }
  ~Outbox() override { stream_.set_writer(nullptr); }

  std::string& buffer() { return pending_; }  // append here, then flush()
  void flush();

  // Waits until at most `bytes` are left to write; false when the stream broke.
  async::Task<bool> drain(std::size_t bytes);

  std::size_t bytes() const { return pending_.size() + (writing_.size() - written_); }
  bool broken() const { return broken_; }
  void set_broken_event(async::Event* event) { on_broken_ = event; }
  void close();  // breaks the stream

 private:
  void start();
  void on_written(std::size_t bytes, bool broken) override;
  void expired() override { close(); }
  void fail();

  ByteStream& stream_;
  std::int64_t stall_ms_max_;
  std::string pending_;
  std::string writing_;  // under way, from written_ on
  std::size_t written_ = 0;
  bool busy_ = false;
  bool broken_ = false;
  async::Event progress_;
  async::Event* on_broken_ = nullptr;
};

}  // namespace bw::transport
