// SPDX-License-Identifier: Apache-2.0
#include "transport/inbox.h"

#include <algorithm>
#include <cstring>

namespace bw::transport {
namespace {
constexpr std::size_t kSmallBytes = 4U << 10;   // of an idle connection
constexpr std::size_t kLargeBytes = 64U << 10;  // of one that moves much
constexpr std::size_t kRoomBytesMin = 2U << 10;
}  // namespace

void Inbox::consume(std::size_t n) {
  begin_ += n;
  if (begin_ == end_ && !reading_) begin_ = end_ = 0;
}

void Inbox::interrupt() {
  if (!waiting_) return;
  interrupted_ = true;
  std::exchange(waiting_, {}).resume();
}

void Inbox::watch(async::Event& ended, std::size_t bytes_max) {
  if (ended_ != ByteStream::End::none) return ended.set();
  watched_ = &ended;
  read_ahead_max_ = bytes_max;
  if (bytes().size() < bytes_max) start();
}

void Inbox::release_memory() {
  if (reading_ || begin_ != end_ || buffer_.size() <= kSmallBytes) return;
  buffer_ = std::vector<char>();
  begin_ = end_ = 0;
}

void Inbox::start() {
  if (reading_) return;
  make_room();
  reading_ = true;
  stream_.start_read(buffer_.data() + end_, buffer_.size() - end_);
}

void Inbox::make_room() {
  if (buffer_.size() - end_ >= kRoomBytesMin) return;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() - end_ >= kRoomBytesMin) return;
  auto grown = buffer_.empty() ? kSmallBytes : std::max(kLargeBytes, end_ * 2);
  buffer_.resize(grown);
}

void Inbox::on_read(std::size_t bytes, ByteStream::End end) {
  reading_ = false;
  end_ += bytes;
  ended_ = end;
  if (watched_ && end != ByteStream::End::none) watched_->set();
  if (waiting_) return std::exchange(waiting_, {}).resume();  // may destroy this
  if (watched_ && end == ByteStream::End::none && this->bytes().size() < read_ahead_max_) start();
}

}  // namespace bw::transport
