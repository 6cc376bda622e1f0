// SPDX-License-Identifier: Apache-2.0
#include "async/loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <cstdlib>

#include "async/asio.h"
#include "async/loop_impl.h"
#include "async/mailbox.h"
#include "base/log.h"
#include "base/result.h"

namespace bw::async {
namespace {

thread_local Loop* current_loop = nullptr;

class Enter {
 public:
  explicit Enter(Loop* loop) : before_(std::exchange(current_loop, loop)) {}
  ~Enter() { current_loop = before_; }

 private:
  Loop* before_;
};

// Handlers run tasks, and tasks end in run_root, which lets nothing out; what arrives here was thrown by a posted closure.
template <class Run>
void run_guarded(Run run) {
  try {
    run();
  } catch (const std::exception& e) {
    log::error("exception on a loop: {}", e.what());
    std::abort();
  }
}

struct PostedClosure final : Delivery {
  explicit PostedClosure(Loop::Closure c) : closure(std::move(c)) {}
  void deliver() override { closure(); }
  Loop::Closure closure;
};

// The coroutine type of run_root: frees itself at its end, or is freed by the loop.
struct RootTask {
  struct promise_type : Root {
    RootTask get_return_object() {
      frame = std::coroutine_handle<promise_type>::from_promise(*this);
      return {this};
    }
    ~promise_type() { leave(); }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    [[noreturn]] void unhandled_exception() const noexcept { std::abort(); }
  };
  Root* root;
};

RootTask run_root(Task<void> task) {
  try {
    co_await std::move(task);
  } catch (const std::exception& e) {
    log::error("exception out of a spawned task: {}", e.what());
    std::abort();
  }
}

}  // namespace

void Root::enter(Root*& list) {
  next = list;
  link = &list;
  if (next) next->link = &next;
  list = this;
}

void Root::leave() {
  if (!link) return;
  *link = next;
  if (next) next->link = link;
  link = nullptr;
}

void Loop::Impl::run_ready() {
  running.swap(ready);
  for (auto waiting : running) waiting.resume();
  running.clear();
}

void Loop::Impl::turn() {
  constexpr int handlers_max = 256;  // at about 10 µs each, nobody waits long for the end of a turn
  for (int ran = 0; ran < handlers_max && asio->io.poll_one() > 0;) ++ran;
  if (turn_ended) turn_ended();
  asio->io.run_one();
}

void Loop::Impl::wake_for_timers() {
  auto next = timers.next_ms();
  if (!real_time || ending || next == kNever || (alarm_ms != kNever && alarm_ms <= next)) return;
  alarm_ms = next;
  auto wait = next - clock.monotonic_us() / 1000;
  asio->alarm.expires_after(std::chrono::milliseconds(wait > 0 ? wait : 0));
  asio->alarm.async_wait([this](boost::system::error_code error) {
    if (error) return;  // set anew for an earlier timer
    alarm_ms = kNever;
    timers.fire(clock.monotonic_us() / 1000);
    wake_for_timers();
  });
}

Loop::Loop(const Clock& clock) : impl_(std::make_unique<Impl>(clock)) {
  impl_->mailbox = std::make_shared<Mailbox>(*this);
}

Loop::~Loop() {
  impl_->mailbox->close();
  Enter enter(this);  // destructors of frames may look for their loop
  impl_->ending = true;
  while (impl_->roots) impl_->roots->frame.destroy();
  impl_->asio.reset();
}

void Loop::run() {
  Enter enter(this);
  auto stay = boost::asio::make_work_guard(impl_->asio->io);
  impl_->asio->io.restart();
  run_guarded([this] {
    while (!impl_->asio->io.stopped()) impl_->turn();
  });
}

void Loop::poll() {
  Enter enter(this);
  auto stay = boost::asio::make_work_guard(impl_->asio->io);
  impl_->asio->io.restart();
  run_guarded([this] { impl_->asio->io.poll(); });
}

void Loop::stop() {
  // Through the mailbox, not io_context::stop(): a stop that comes between restart() and run() must not be lost.
  post([this] { impl_->asio->io.stop(); });
}

void Loop::post(Closure closure) { impl_->mailbox->drop(std::make_shared<PostedClosure>(std::move(closure))); }

void Loop::at_turn_end(std::function<void()> turn_ended) { impl_->turn_ended = std::move(turn_ended); }

void Loop::fire_timers() {
  impl_->timers.fire(now_ms());
  impl_->wake_for_timers();
}

std::int64_t Loop::now_ms() const { return impl_->clock.monotonic_us() / 1000; }
const Clock& Loop::clock() const { return impl_->clock; }
const std::shared_ptr<Mailbox>& Loop::mailbox() const { return impl_->mailbox; }

Loop& Loop::current() {
  BW_ASSERT(current_loop != nullptr);
  return *current_loop;
}

void Loop::resume_soon(std::coroutine_handle<> waiting) {
  if (impl_->ending) return;
  impl_->ready.push_back(waiting);
  if (impl_->ready.size() == 1) boost::asio::post(impl_->asio->io, [impl = impl_.get()] { impl->run_ready(); });
}

void spawn(Loop& loop, Task<void> task) {
  loop.post([&loop, task = std::move(task)]() mutable {
    Root* root = run_root(std::move(task)).root;
    root->enter(loop.impl().roots);
    root->frame.resume();
  });
}

void Mailbox::drop(std::shared_ptr<Delivery> delivery) {
  std::lock_guard lock(mutex_);
  if (!loop_) return;
  waiting_.push_back(std::move(delivery));
  if (waiting_.size() == 1) boost::asio::post(loop_->impl().asio->io, [this] { deliver_all(); });
}

void Mailbox::hand_over(std::shared_ptr<Delivery> delivery) {
  bool here = false;
  {
    std::lock_guard lock(mutex_);
    here = loop_ && loop_ == current_loop;
  }
  if (here) return delivery->deliver();
  drop(std::move(delivery));
}

void Mailbox::drop_all(std::vector<std::shared_ptr<Delivery>> deliveries) {
  if (deliveries.empty()) return;
  std::lock_guard lock(mutex_);
  if (!loop_) return;
  bool wake = waiting_.empty();
  for (auto& delivery : deliveries) waiting_.push_back(std::move(delivery));
  if (wake) boost::asio::post(loop_->impl().asio->io, [this] { deliver_all(); });
}

void Mailbox::deliver_all() {
  {
    std::lock_guard lock(mutex_);
    delivering_.swap(waiting_);
  }
  for (auto& delivery : delivering_) delivery->deliver();
  delivering_.clear();
}

void Mailbox::close() {
  std::vector<std::shared_ptr<Delivery>> undelivered;  // destroyed without the lock: a destructor may drop again
  std::lock_guard lock(mutex_);
  loop_ = nullptr;
  undelivered.swap(waiting_);
}

boost::asio::io_context& io_context(Loop& loop) { return loop.impl().asio->io; }

}  // namespace bw::async
