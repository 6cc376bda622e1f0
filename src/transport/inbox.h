// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "async/event.h"
#include "transport/byte_stream.h"

namespace bw::transport {

// What has come over a stream and was not used yet, and the wait for more:
//
//   while (!complete(inbox.bytes())) {
//     auto got = co_await inbox.more();
//     if (got != Inbox::Got::bytes) …
//   }
//   inbox.consume(n);
//
// One task reads. Between its reads somebody may watch for the peer's end; bytes that come meanwhile are kept, up to a
// limit. The read under way outlives a wait that was interrupted, so nothing is lost.
class Inbox final : public ByteStream::Reader {
 public:
  enum class Got : std::uint8_t { bytes, end, interrupted };

  explicit Inbox(ByteStream& stream) : stream_(stream) { stream.set_reader(this); }
  ~Inbox() { stream_.set_reader(nullptr); }
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  std::string_view bytes() const { return {buffer_.data() + begin_, end_ - begin_}; }
  void consume(std::size_t n);
  ByteStream::End end() const { return ended_; }

  // Waits for bytes beyond those that bytes() shows.
  auto more() { return More(*this); }
  void interrupt();  // ends a wait that is under way; for deadlines

  // Sets `ended` when the peer ends; reads ahead while no task does, until `bytes_max` are kept.
  void watch(async::Event& ended, std::size_t bytes_max);
  void unwatch() { watched_ = nullptr; }

  void release_memory();  // when idle: keeps no large buffer

 private:
  class More {
   public:
    explicit More(Inbox& inbox) : inbox_(inbox) {}
    bool await_ready() const { return inbox_.ended_ != ByteStream::End::none; }
    void await_suspend(std::coroutine_handle<> waiting) {
      inbox_.waiting_ = waiting;
      inbox_.start();
    }
    Got await_resume() {
      if (inbox_.ended_ != ByteStream::End::none) return Got::end;
      return std::exchange(inbox_.interrupted_, false) ? Got::interrupted : Got::bytes;
    }

   private:
    Inbox& inbox_;
  };

  void start();
  void make_room();
  void on_read(std::size_t bytes, ByteStream::End end) override;

  ByteStream& stream_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool reading_ = false;
  bool interrupted_ = false;
  ByteStream::End ended_ = ByteStream::End::none;
  std::coroutine_handle<> waiting_;
  async::Event* watched_ = nullptr;
  std::size_t read_ahead_max_ = 0;
};

}  // namespace bw::transport
