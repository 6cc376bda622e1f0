// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "async/one_shot.h"
#include "async/task.h"
#include "base/result.h"

namespace bw::async {

// A few threads for what blocks: SQL, files, name look-ups. Its destructor runs what was accepted, then joins.
class Pool {
 public:
  using Work = std::move_only_function<void()>;

  Pool(unsigned threads, std::size_t queue_max);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Fails with `resource_exhausted` when `queue_max` pieces of work wait. From any thread.
  Status submit(Work work);

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Work> queue_;
  std::size_t queue_max_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

namespace detail {
template <class R>
struct Flat {
  using Value = R;
};
template <class R>
struct Flat<Result<R>> {
  using Value = R;
};
}  // namespace detail

// Runs `work` on the pool and resumes the caller on its loop with what it returned (a Result as it is, another type as a
// Result of it). `work` is a named local, moved in:
//
//   auto load = [path] { return read_file(path); };
//   BW_CO_TRY(auto bytes, co_await async::offload(pool, std::move(load)));
template <class Work>
auto offload(Pool& pool, Work work) -> Task<Result<typename detail::Flat<std::invoke_result_t<Work&>>::Value>> {
  using Value = typename detail::Flat<std::invoke_result_t<Work&>>::Value;
  auto shot = one_shot<Value>();
  auto job = [work = std::move(work), completer = std::move(shot.completer)]() mutable {
    if constexpr (std::is_void_v<std::invoke_result_t<Work&>>) {
      work();
      completer.complete({});
    } else {
      completer.complete(work());
    }
  };
  auto accepted = pool.submit(std::move(job));
  if (!accepted) co_return fail(std::move(accepted).error());
  auto result = co_await shot.pending.get();
  co_return result;
}

}  // namespace bw::async
