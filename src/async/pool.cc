// SPDX-License-Identifier: Apache-2.0
#include "async/pool.h"

namespace bw::async {

Pool::Pool(unsigned threads, std::size_t queue_max) : queue_max_(queue_max) {
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

Pool::~Pool() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

Status Pool::submit(Work work) {
  {
    std::lock_guard lock(mutex_);
    if (queue_.size() >= queue_max_) return fail(Code::resource_exhausted, "too much blocking work waits");
    queue_.push_back(std::move(work));
  }
  wake_.notify_one();
  return {};
}

void Pool::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    auto work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work();
    work = nullptr;  // its captures are destroyed here, not under the lock
    lock.lock();
  }
}

}  // namespace bw::async
