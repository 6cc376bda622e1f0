// SPDX-License-Identifier: Apache-2.0
#include "admission/admission.h"

#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <optional>
#include <thread>

#include "admission/apply.h"
#include "base/log.h"

namespace bw::admission {
namespace {

constexpr auto quiet_before_tending = std::chrono::milliseconds(20);
constexpr std::int64_t clock_behind_max_ms = 5'000;

struct Waiting {
  Prepared prepared;
  Done done;
};

Result<Committed> apply_one(Batch& batch, const Prepared& prepared) {
  Contribution with{prepared.contents, prepared.commitments};
  return std::visit([&](const auto& change) { return apply(batch, change, with); }, prepared.change);
}

// Errors of the store are these; no change fails with them.
bool is_fatal(const Error& error) { return error.code == Code::unavailable || error.code == Code::data_loss; }

Status append_mark(Batch& batch, ledger::Kind kind) {
  ledger::Entry entry;
  entry.kind = kind;
  BW_TRY(auto sealed, batch.seal(entry));
  return batch.append(sealed, {});
}

}  // namespace

// What the committer thread and submitters share. Everything from `mutex` on is guarded by it.
struct Admission::Body {
  Store& store;
  const Clock& clock;
  const AdmissionOptions options;
  std::thread thread;
  std::int64_t at_ms = 0;  // of the newest entry
  bool clock_is_behind = false;
  bool tend_wanted = true;
  bool ended = false;  // there was a last turn

  std::mutex mutex;
  std::condition_variable arrived;
  std::deque<Waiting> waiting;
  std::size_t waiting_bytes = 0;
  bool asleep = false;
  bool wanted = false;  // a commit of what waits
  bool stopping = false;
  std::optional<Error> failure;

  Body(Store& store, const Clock& clock, AdmissionOptions options)
      : store(store), clock(clock), options(std::move(options)) {}

  // One commit: `changes(batch)` between begin and commit.
  template <class Changes>
  Status commit(Changes changes) {
    BW_TRY(auto transaction, store.begin());
    auto now_ms = clock.now_ms();
    BW_TRY(auto batch, Batch::begin(*transaction, now_ms));
    watch_clock(batch.at_ms() - now_ms);
    BW_OK(changes(batch));
    BW_OK(batch.finish());
    BW_OK(transaction->commit());
    // A commit without entries leaves no time behind: the next may be earlier, when the clock goes back in between.
    if (batch.written()) at_ms = batch.at_ms();
    return {};
  }

  // The ledger's time stands still until the clock has caught up: nothing expires, no window moves on. People must know.
  void watch_clock(std::int64_t behind_ms) {
    bool behind = behind_ms > clock_behind_max_ms;
    if (behind && !clock_is_behind)
      log::warn("ledger: the clock is {} ms behind the last entry; time stands still until it has caught up",
                behind_ms);
    clock_is_behind = behind;
  }

  // Whether enough waits for a commit that nobody asked for yet. With the lock.
  bool gathered() const { return waiting.size() > options.gather_max || waiting.size() >= options.batch_max; }

  Status start();
  bool turn();
  bool last_turn();
  void wait(std::unique_lock<std::mutex>& lock);
  std::vector<Waiting> take();
  Status commit_all(std::vector<Waiting>& taken, std::vector<Completion>& answers);
  void deliver(std::vector<Completion> answers);
  void give_up(std::vector<Waiting> taken, Error error);
};

Status Admission::Body::start() {
  return commit([&](Batch& batch) -> Status {
    BW_TRY(auto unsettled, batch.store().unsettled());
    for (auto& action : unsettled) {
      BW_OK(settle_unfinished(batch, std::move(action)));
    }
    if (!unsettled.empty())
      log::warn("ledger: {} actions of an earlier process have no outcome; those that did more than read are ambiguous",
                unsettled.size());
    return append_mark(batch, ledger::Kind::start);
  });
}

// Until something is to be committed, or it is time to tend the store, or to stop.
void Admission::Body::wait(std::unique_lock<std::mutex>& lock) {
  asleep = true;
  auto something = [this] { return stopping || (!waiting.empty() && (wanted || gathered())); };
  if (tend_wanted) {
    arrived.wait_for(lock, quiet_before_tending, something);
  } else {
    arrived.wait(lock, something);
  }
  asleep = false;
}

// What waits, at most a batch.
std::vector<Waiting> Admission::Body::take() {
  std::unique_lock lock(mutex);
  if (!options.stepped) wait(lock);
  wanted = false;
  std::vector<Waiting> taken;
  taken.reserve(std::min(waiting.size(), options.batch_max));
  while (!waiting.empty() && taken.size() < options.batch_max) {
    waiting_bytes -= waiting.front().prepared.contents.size();
    taken.push_back(std::move(waiting.front()));
    waiting.pop_front();
  }
  return taken;
}

Status Admission::Body::commit_all(std::vector<Waiting>& taken, std::vector<Completion>& answers) {
  std::vector<Result<Committed>> results;
  results.reserve(taken.size());
  BW_OK(commit([&](Batch& batch) -> Status {
    for (const auto& one : taken) {
      auto result = apply_one(batch, one.prepared);
      if (!result && is_fatal(result.error())) return fail(std::move(result).error());
      results.push_back(std::move(result));
    }
    return {};
  }));
  answers.reserve(taken.size());
  for (std::size_t i = 0; i < taken.size(); ++i) answers.push_back({std::move(taken[i].done), std::move(results[i])});
  return {};
}

void Admission::Body::deliver(std::vector<Completion> answers) {
  if (options.deliver) {
    options.deliver(std::move(answers));
    return;
  }
  for (auto& answer : answers) answer();
}

// The store failed. Whoever waits learns that there is no ledger; what was in the failed commit may or may not be in it,
// which the next start finds out from what is on disk.
void Admission::Body::give_up(std::vector<Waiting> taken, Error error) {
  if (!is_fatal(error)) error.code = Code::unavailable;
  error = std::move(error).with("the ledger cannot be written");
  {
    std::lock_guard lock(mutex);
    failure = error;
    for (auto& one : waiting) taken.push_back(std::move(one));
    waiting.clear();
    waiting_bytes = 0;
  }
  std::vector<Completion> answers;
  for (auto& one : taken) answers.push_back({std::move(one.done), fail(error)});
  deliver(std::move(answers));
  if (options.on_failure) {
    options.on_failure(error);
  } else {
    log::error("{}", error.message);
  }
}

// What waits is committed and answered, then the store is tended. False when it was the last turn.
bool Admission::Body::turn() {
  auto taken = take();
  if (!taken.empty()) {
    std::vector<Completion> answers;
    if (auto status = commit_all(taken, answers); !status) {
      give_up(std::move(taken), std::move(status).error());
      return false;
    }
    deliver(std::move(answers));
  } else if (std::unique_lock lock(mutex); stopping) {
    lock.unlock();
    return last_turn();
  }
  auto more = store.tend(taken.empty(), at_ms);
  if (!more) {
    give_up({}, std::move(more).error());
    return false;
  }
  tend_wanted = *more;
  return true;
}

bool Admission::Body::last_turn() {
  auto stopped = commit([](Batch& batch) { return append_mark(batch, ledger::Kind::stop); });
  if (!stopped) give_up({}, std::move(stopped).error());
  return false;
}

Result<std::unique_ptr<Admission>> Admission::open(Store& store, const Clock& clock, AdmissionOptions options) {
  auto body = std::make_unique<Body>(store, clock, std::move(options));
  BW_OK(body->start());
  auto admission = std::unique_ptr<Admission>(new Admission(std::move(body)));
  auto* owned = admission->body_.get();
  if (!owned->options.stepped) {
    owned->thread = std::thread([owned] {
      while (owned->turn()) continue;
    });
  }
  return admission;
}

Admission::Admission(std::unique_ptr<Body> body) : body_(std::move(body)) {}

Admission::~Admission() { stop(); }

Status Admission::submit(Change change, Done done) {
  BW_TRY(auto prepared, prepare(std::move(change), body_->options));
  auto bytes = prepared.contents.size();
  bool wake = false;
  {
    std::lock_guard lock(body_->mutex);
    if (body_->failure) return fail(*body_->failure);
    if (body_->stopping) return fail(Code::unavailable, "the ledger is closed");
    bool full = body_->waiting.size() >= body_->options.waiting_max;
    if (full || (!body_->waiting.empty() && body_->waiting_bytes + bytes > body_->options.waiting_bytes_max)) {
      return fail(Code::resource_exhausted, "too much waits for the ledger: slow down");
    }
    body_->waiting.push_back({std::move(prepared), std::move(done)});
    body_->waiting_bytes += bytes;
    wake = body_->asleep && body_->gathered();
    if (wake) body_->asleep = false;
  }
  if (wake) body_->arrived.notify_one();
  return {};
}

void Admission::commit_soon() {
  bool wake = false;
  {
    std::lock_guard lock(body_->mutex);
    if (body_->waiting.empty()) return;
    body_->wanted = true;
    wake = std::exchange(body_->asleep, false);
  }
  if (wake) body_->arrived.notify_one();
}

Result<Committed> Admission::commit(Change change) {
  BW_ASSERT(!body_->options.stepped);
  auto promise = std::make_shared<std::promise<Result<Committed>>>();
  auto answer = promise->get_future();
  BW_OK(submit(std::move(change), [promise](Result<Committed> result) { promise->set_value(std::move(result)); }));
  commit_soon();
  return answer.get();
}

bool Admission::step() {
  BW_ASSERT(body_->options.stepped);
  if (!body_->ended) body_->ended = !body_->turn();
  return !body_->ended;
}

void Admission::stop() {
  {
    std::lock_guard lock(body_->mutex);
    body_->stopping = true;
  }
  body_->arrived.notify_one();
  if (body_->thread.joinable()) body_->thread.join();
  while (body_->options.stepped && step()) continue;
}

}  // namespace bw::admission
