// SPDX-License-Identifier: Apache-2.0
#include "transport/outbox.h"

#include <utility>

namespace bw::transport {
namespace {
constexpr std::size_t kKeptBytes = 16U << 10;  // a larger buffer is given back once it is empty
}

void Outbox::flush() {
  if (busy_ || broken_ || pending_.empty()) return;
  auto n = stream_.write_now(pending_);
  if (n == pending_.size()) {
    pending_.clear();
    if (pending_.capacity() > kKeptBytes) pending_ = std::string();
    return;
  }
  pending_.swap(writing_);
  pending_.clear();
  written_ = n;
  start();
}

async::Task<bool> Outbox::drain(std::size_t bytes) {
  while (!broken_ && this->bytes() > bytes) {
    progress_.reset();
    co_await async::wait(progress_);
  }
  co_return !broken_;
}

void Outbox::close() {
  stream_.close();
  fail();
}

void Outbox::start() {
  busy_ = true;
  arm(stall_ms_max_);
  stream_.start_write(std::string_view(writing_).substr(written_));
}

void Outbox::on_written(std::size_t bytes, bool broken) {
  busy_ = false;
  if (broken) return fail();
  written_ += bytes;
  if (written_ < writing_.size()) {
    start();
  } else {
    disarm();
    writing_.clear();
    written_ = 0;
    if (writing_.capacity() > kKeptBytes) writing_ = std::string();
    flush();
  }
  progress_.set();
}

void Outbox::fail() {
  disarm();
  broken_ = true;
  progress_.set();
  if (on_broken_) on_broken_->set();
}

}  // namespace bw::transport
