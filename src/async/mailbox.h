// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <vector>

namespace bw::async {

class Loop;

// A thing another thread has finished and a loop shall take over.
class Delivery {
 public:
  virtual ~Delivery() = default;
  virtual void deliver() = 0;  // on the loop's thread, once
};

// The letter box of a loop: any thread drops deliveries in, the loop takes all of them at its next turn. However many
// are dropped together, the loop is woken once. It may outlive its loop; what is dropped in then is discarded, undelivered.
class Mailbox {
 public:
  explicit Mailbox(Loop& loop) : loop_(&loop) {}

  void drop(std::shared_ptr<Delivery> delivery);
  void drop_all(std::vector<std::shared_ptr<Delivery>> deliveries);  // one lock, one wake-up
  // On the loop's own thread it is delivered at once, from any other it is dropped in.
  void hand_over(std::shared_ptr<Delivery> delivery);

 private:
  friend class Loop;
  void deliver_all();  // on the loop's thread
  void close();

  std::mutex mutex_;
  Loop* loop_;  // null once the loop is gone
  std::vector<std::shared_ptr<Delivery>> waiting_;
  std::vector<std::shared_ptr<Delivery>> delivering_;  // the loop's thread only; keeps its capacity
};

}  // namespace bw::async
