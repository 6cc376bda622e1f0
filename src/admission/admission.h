// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "admission/change.h"
#include "base/clock.h"
#include "base/result.h"

namespace bw::admission {

class Store;

using Done = std::move_only_function<void(Result<Committed>)>;

// One change's answer, on its way to who asked.
struct Completion {
  Done done;
  Result<Committed> result;
  void operator()() { done(std::move(result)); }
};

struct AdmissionOptions {
  std::size_t batch_max = 512;                 // changes in one commit
  std::size_t waiting_max = 16384;             // changes that may wait
  std::size_t waiting_bytes_max = 256U << 20;  // and their contents
  std::size_t content_bytes_max = 16U << 20;   // one content

  // 0: a commit begins as soon as a change waits. Otherwise it begins when the submitter says commit_soon(), or so many
  // wait. For a loop that submits many in one turn and says so at the end of it.
  std::size_t gather_max = 0;

  // No committer thread: nothing happens until step(), and everything happens on the thread that calls it. For
  // simulations, where a seed decides what happens when.
  bool stepped = false;

  // Takes the answers of one commit, on the committer thread; must not block or throw. Without it the committer calls
  // each `done` itself. An I/O loop posts the whole vector to itself, one wake-up a commit.
  std::function<void(std::vector<Completion>)> deliver;

  // Called once, on the committer thread, when the store failed: the process must end and restart from what is on disk.
  // It must not call stop().
  std::function<void(const Error&)> on_failure;
};

// The one place where state changes: every change is a row of one ordered ledger, and is acknowledged after it is durable.
//
//   auto admission = Admission::open(store, system_clock(), {.deliver = post_to_loop, .on_failure = exit_now});
//   BW_OK((*admission)->submit(Admit{.action = action, .decision = summarize(decision), …}, [](Result<Committed> got) {
//     if (!got) …                 // the change itself was wrong, or there is no ledger: the action must not run
//     else if (got->refusal) …    // recorded, and not admitted: say why
//     else …                      // durable: run it, then submit Settle
//   }));
//
// One committer thread takes whatever waits, up to batch_max changes, applies them in order in one transaction, commits it
// durably, and only then answers. No clock delays a commit to fill it. Changes that wait together share a commit; each sees
// the effect of those before it.
//
// When the store fails nothing is retried and nothing is acknowledged ever again: whoever waits, and every later submit,
// gets `unavailable` or `data_loss`, and on_failure is called.
//
// submit() is safe from any thread. The store is borrowed and used by the committer thread only.
class Admission {
 public:
  // Marks actions that an earlier process left without outcome as ambiguous (reads as failed), writes the `start` entry, and
  // begins to take changes. The clock is read by the committer thread while it commits, and at no other time.
  static Result<std::unique_ptr<Admission>> open(Store& store, const Clock& clock, AdmissionOptions options);

  ~Admission();  // stop()
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  // Errors: resource_exhausted when too much waits, invalid_argument for a change that cannot be recorded, unavailable or
  // data_loss when there is no ledger any more. Then `done` is not called; otherwise it is called exactly once.
  Status submit(Change change, Done done);

  // Nothing more is about to come: commit what waits. From any thread.
  void commit_soon();

  // submit() and wait: for commands and tests, never on an I/O loop, nor when stepped.
  Result<Committed> commit(Change change);

  // One turn of the committer: commits what waits, at most a batch, and lets the store keep house. False when it was the
  // last, because of stop() or because the store failed. Only with AdmissionOptions::stepped, by one thread.
  bool step();

  // Commits what waits, writes the `stop` entry and ends the thread. Later submits get `unavailable`.
  void stop();

 private:
  struct Body;
  explicit Admission(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

}  // namespace bw::admission
