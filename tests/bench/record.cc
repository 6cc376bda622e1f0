// SPDX-License-Identifier: Apache-2.0
//
// Fills a data folder with judged actions, for what is measured over many of them:
//
//   bench_record REGISTRY DATA COUNT
//
// The actions are those of examples/refunds, chosen by a fixed seed and spread evenly over thirty days. Each is judged by the
// registry's policy and recorded as the gateway would: admitted and settled, held, or refused.
#include <fmt/core.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <random>

#include "admission/admission.h"
#include "admission/summary.h"
#include "crypto/random.h"
#include "gateway/live.h"
#include "json/document.h"
#include "policy/judge.h"
#include "registry/load.h"
#include "store/store.h"

namespace {

using namespace bw;

constexpr std::int64_t begin_ms = 1'797'408'000'000;  // 2026-12-16
constexpr std::int64_t span_ms = 30LL * 86'400'000;
constexpr std::size_t waiting_max = 1024;

class Time final : public Clock {
 public:
  std::int64_t now_ms() const override { return now_ms_; }
  std::int64_t monotonic_us() const override { return now_ms_ * 1000; }
  void set(std::int64_t now_ms) { now_ms_ = now_ms; }

 private:
  std::atomic<std::int64_t> now_ms_ = begin_ms;
};

// What an agent of the refund desk does all day: it reads a lot and pays a little.
struct Wish {
  std::string tool, args;
};

Wish wish(std::mt19937_64& random) {
  auto dice = random() % 100;
  auto ticket = random() % 100'000;
  if (dice < 55) return {"desk/get_ticket", fmt::format(R"({{"ticket":"T-{}"}})", ticket)};
  if (dice < 75)
    return {"desk/send_reply", fmt::format(R"({{"ticket":"T-{}","text":"Sorry for the delay."}})", ticket)};
  if (dice < 76) return {"desk/grant_access", fmt::format(R"({{"customer":"C-{}"}})", ticket)};
  auto cents = dice < 95 ? random() % 25'000 : random() % 700'000;
  return {"desk/create_refund",
          fmt::format(R"({{"ticket":"T-{0}","customer":"C-{0}","amount_usd":{1}.{2:02},"reason":"damaged"}})", ticket,
                      cents / 100, cents % 100)};
}

class Recorder {
 public:
  Recorder(gateway::Live live, admission::Admission& admission, Time& time)
      : live_(std::move(live)), admission_(admission), time_(time) {}

  void run(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      time_.set(begin_ms + static_cast<std::int64_t>(i * static_cast<std::uint64_t>(span_ms) / count));
      record(i);
    }
    wait_below(1);
  }

 private:
  void record(std::uint64_t number) {
    Wish next = wish(random_);
    domain::Action action;
    action.at_ms = time_.now_ms();
    action.id = crypto::new_id("act", action.at_ms);
    action.run = fmt::format("run_{}", number / 20);
    action.principal = {"desk-agent", "refund-desk", "production", "tok_bench"};
    action.upstream = "desk";
    action.name = next.tool;
    action.profile = *live_.snapshot->profile("desk", next.tool.substr(5), "refund-desk");
    action.arguments = next.args;
    action.tool_digest = std::string(64, 'a');
    action.digest = fmt::format("{:064x}", number);
    auto args = json::Document::parse(next.args);
    auto decision = policy::judge(*live_.plan, {.action = action, .args = args->root()});
    submit(std::move(action), decision);
  }

  void submit(domain::Action action, const domain::Decision& decision) {
    auto summary = admission::summarize(decision);
    const std::string& snapshot = live_.snapshot->digest();
    switch (decision.verdict) {
      case domain::Verdict::deny: return submit(admission::Refuse{std::move(action), std::move(summary), snapshot});
      case domain::Verdict::hold:
        return submit(admission::Hold{.action = action,
                                      .decision = std::move(summary),
                                      .snapshot = snapshot,
                                      .reviewers = {"ana"},
                                      .terms = "{}",
                                      .expires_at_ms = action.at_ms + span_ms});
      case domain::Verdict::allow: break;
    }
    std::string id = action.id;
    submit(admission::Admit{.action = std::move(action), .decision = std::move(summary), .snapshot = snapshot});
    submit(admission::Settle{.action = id, .outcome = domain::Outcome::succeeded, .result = R"({"content":[]})"});
  }

  void submit(admission::Change change) {
    wait_below(waiting_max);
    ++waiting_;
    auto status = admission_.submit(std::move(change), [this](Result<admission::Committed> result) {
      BW_ASSERT(result.has_value());
      std::lock_guard lock(mutex_);
      --waiting_;
      fewer_.notify_one();
    });
    BW_ASSERT(status.has_value());
  }

  void wait_below(std::size_t n) {
    std::unique_lock lock(mutex_);
    fewer_.wait(lock, [&] { return waiting_ < n; });
  }

  gateway::Live live_;
  admission::Admission& admission_;
  Time& time_;
  std::mt19937_64 random_{42};
  std::mutex mutex_;
  std::condition_variable fewer_;
  std::atomic<std::size_t> waiting_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "bench_record REGISTRY DATA COUNT\n");
    return 2;
  }
  auto loaded = registry::load(argv[1]);
  auto prepared = gateway::prepare(loaded.snapshot, {});
  BW_ASSERT(prepared.live.plan);
  Time time;
  auto ledger = store::open_sqlite(argv[2]).value();
  auto admission = admission::Admission::open(ledger->store(), time, {}).value();
  Recorder(std::move(prepared.live), *admission, time).run(std::strtoull(argv[3], nullptr, 10));
}
