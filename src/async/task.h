// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace bw::async {

// A function that may wait: `Task<T>` is the return type of every coroutine of ours.
//
//   async::Task<Result<Reply>> ask(Question question) {       // parameters by value
//     auto reply = co_await client_.send(std::move(question)); // one wait per statement, into a name
//     co_return reply;
//   }
//
// A task does nothing until it is awaited, and is awaited once. The awaiting coroutine owns it, so a chain of calls is a
// chain of owned frames; `spawn` (loop.h) gives the outermost one to a loop. Everything runs on that loop's thread.
//
// Manners, three of which g++ 12 miscompiles otherwise: arguments are named locals, moved in; no `co_await` inside `?:`, a
// braced list or beside a lambda with captures; coroutines are never lambdas with captures; nothing locked across a wait.
template <class T = void>
class Task;

namespace detail {

// What every frame has: whom to resume at the end, and the exception that ended it.
struct PromiseBase {
  std::coroutine_handle<> continuation;
  std::exception_ptr exception;

  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
      return ended.promise().continuation;
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { exception = std::current_exception(); }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;

  Task<T> get_return_object() noexcept;
  void return_value(T result) { value.emplace(std::move(result)); }  // by value, so that `co_return {}` works
  T take() {
    if (exception) std::rethrow_exception(exception);
    return std::move(*value);
  }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object() noexcept;
  void return_void() noexcept {}
  void take() {
    if (exception) std::rethrow_exception(exception);
  }
};

}  // namespace detail

template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  explicit Task(Handle frame) noexcept : frame_(frame) {}
  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, {})) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~Task() {
    if (frame_) frame_.destroy();
  }

  // Runs the task until it has a value; `co_await some_call(...)` or `co_await std::move(task)`.
  auto operator co_await() && noexcept { return Awaiter(frame_); }

 private:
  struct Awaiter {
    explicit Awaiter(Handle task) noexcept : frame(task) {}
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept {
      frame.promise().continuation = caller;
      return frame;
    }
    T await_resume() { return frame.promise().take(); }
    Handle frame;
  };

  Handle frame_;
};

namespace detail {
template <class T>
Task<T> Promise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}
}  // namespace detail

}  // namespace bw::async
