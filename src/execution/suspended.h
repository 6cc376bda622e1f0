// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "async/loop.h"
#include "execution/link.h"

namespace bw::execution {

// Calls of stateless callers at an upstream with sessions. Such an upstream asks its questions in the middle of a call, and
// such a caller takes them only as an answer: so the call goes on here while its caller is told `input_required`, with a
// `requestState` that names it. The caller's next call, the same but for the answers, takes it up again.
//
// A state is a random number, good for the session and the params it was made for, for ten minutes.
class SuspendedCalls {
 public:
  explicit SuspendedCalls(async::Loop& loop) : loop_(loop) {}
  ~SuspendedCalls();

  // One round of a call. `flight.call.caller.multi_round` holds.
  async::Task<CallResult> call(std::shared_ptr<Link> link, Flight& flight, std::int64_t timeout_ms);
  void close_session(std::string_view session);
  void close_all();

 private:
  class Held;
  CallResult ask_caller(std::shared_ptr<Held> held);
  std::shared_ptr<Held> take_up(const Call& call, std::string_view state);
  async::Task<CallResult> round(std::shared_ptr<Held> held, Flight& flight);
  static async::Task<void> run(std::shared_ptr<Held> held);

  async::Loop& loop_;
  std::map<std::string, std::shared_ptr<Held>, std::less<>> held_;  // by state
};

}  // namespace bw::execution
