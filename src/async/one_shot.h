// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "async/event.h"
#include "async/loop.h"
#include "async/mailbox.h"
#include "base/result.h"

namespace bw::async {

// One value from any thread to one task:
//
//   auto shot = async::one_shot<Receipt>();                    // on the loop
//   ledger.submit(entry, std::move(shot.completer));
//   Result<Receipt> receipt = co_await shot.pending.get();
//
//   completer.complete(receipt);                               // on the committer's thread; or, for many at a time,
//   async::Completions batch;                                  // one wake-up per loop:
//   for (…) completer.complete(receipt, batch);
//   batch.deliver();                                           // the destructor does it too
//
// A completer that is destroyed without a value completes with `cancelled`, so no task waits for the dead. A pending end that is
// destroyed first makes the completion a no-op.

// Completions collected on one thread and delivered together.
class Completions {
 public:
  Completions() = default;
  Completions(Completions&&) = default;
  Completions& operator=(Completions&&) = default;
  ~Completions() { deliver(); }

  void add(std::shared_ptr<Mailbox> mailbox, std::shared_ptr<Delivery> delivery) {
    by_loop_[std::move(mailbox)].push_back(std::move(delivery));
  }
  void deliver() {
    for (auto& [mailbox, deliveries] : by_loop_) mailbox->drop_all(std::move(deliveries));
    by_loop_.clear();
  }

 private:
  std::unordered_map<std::shared_ptr<Mailbox>, std::vector<std::shared_ptr<Delivery>>> by_loop_;
};

namespace detail {
// The completing thread writes `value`, then drops the slot into the mailbox, whose lock orders the write before the
// loop's read; `done` belongs to the loop.
template <class T>
struct Slot final : Delivery {
  std::shared_ptr<Mailbox> mailbox;
  std::optional<Result<T>> value;
  Event done;
  void deliver() override { done.set(); }
};
}  // namespace detail

template <class T>
class Completer {
 public:
  explicit Completer(std::shared_ptr<detail::Slot<T>> slot) : slot_(std::move(slot)) {}
  Completer(Completer&&) noexcept = default;
  Completer& operator=(Completer&& other) noexcept {
    std::swap(slot_, other.slot_);
    return *this;
  }
  ~Completer() {
    if (slot_) complete(fail(Code::cancelled, "abandoned"));
  }

  // Once, from any thread.
  void complete(Result<T> value) {
    auto mailbox = slot_->mailbox;
    slot_->value.emplace(std::move(value));
    mailbox->hand_over(std::move(slot_));
  }
  void complete(Result<T> value, Completions& batch) {
    auto mailbox = slot_->mailbox;
    slot_->value.emplace(std::move(value));
    batch.add(std::move(mailbox), std::move(slot_));
  }

 private:
  std::shared_ptr<detail::Slot<T>> slot_;
};

template <class T>
class Pending {
 public:
  explicit Pending(std::shared_ptr<detail::Slot<T>> slot) : slot_(std::move(slot)) {}

  // Set when the value is there; to wait for it beside other events (wait_any), then take().
  Event& done() { return slot_->done; }
  Result<T> take() { return std::move(*slot_->value); }

  auto get() { return Get(*slot_); }

 private:
  class Get {
   public:
    explicit Get(detail::Slot<T>& slot) : slot_(slot), wait_(async::wait(slot.done)) {}
    bool await_ready() { return wait_.await_ready(); }
    void await_suspend(std::coroutine_handle<> waiting) { wait_.await_suspend(waiting); }
    Result<T> await_resume() { return std::move(*slot_.value); }

   private:
    detail::Slot<T>& slot_;
    WaitAny wait_;
  };

  std::shared_ptr<detail::Slot<T>> slot_;
};

template <class T>
struct OneShot {
  Completer<T> completer;
  Pending<T> pending;
};

// For a task of the calling loop.
template <class T>
OneShot<T> one_shot() {
  auto slot = std::make_shared<detail::Slot<T>>();
  slot->mailbox = Loop::current().mailbox();
  return {Completer<T>(slot), Pending<T>(slot)};
}

}  // namespace bw::async
