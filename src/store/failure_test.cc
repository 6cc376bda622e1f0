// SPDX-License-Identifier: Apache-2.0
// A store that fails at any call: nothing is acknowledged from then on, and what was is there afterwards.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <atomic>
#include <latch>

#include "store/forwarding.h"
#include "store/workload.h"

namespace bw::store {
namespace {

using namespace admission;

// Passes every call on, and fails the one that the countdown names, and all after it.
struct Countdown {
  std::atomic<std::int64_t> left{INT64_MAX};
  Code code = Code::unavailable;
  bool hit() { return --left < 0; }
  std::unexpected<Error> error() const { return fail(code, "the disk is gone"); }
};

class FailingTransaction final : public ForwardingTransaction {
 public:
  FailingTransaction(std::unique_ptr<Transaction> inner, Countdown& countdown)
      : ForwardingTransaction(std::move(inner)), countdown_(countdown) {}

 private:
  Status before() override { return countdown_.hit() ? Status(countdown_.error()) : Status(); }
  Countdown& countdown_;
};

class FailingStore final : public Store {
 public:
  FailingStore(Store& inner, Countdown& countdown) : inner_(inner), countdown_(countdown) {}
  Result<std::unique_ptr<Transaction>> begin() override {
    if (countdown_.hit()) return countdown_.error();
    BW_TRY(auto inner, inner_.begin());
    return std::make_unique<FailingTransaction>(std::move(inner), countdown_);
  }
  Result<bool> tend(bool idle, std::int64_t now_ms) override { return inner_.tend(idle, now_ms); }

 private:
  Store& inner_;
  Countdown& countdown_;
};

// Fails at call 1, 2, 3 … of the same workload until it goes through; after each, the ledger holds exactly what was
// acknowledged and adds up.
TEST(Failure, AtAnyCallLosesNothingAndAcknowledgesNothingMore) {
  constexpr int changes = 30;
  std::int64_t at = 0;
  bool through = false;
  for (; !through; at += at < 30 ? 1 : 7) {
    Backend backend(true);
    Countdown countdown;
    FailingStore failing(backend.store(), countdown);
    FakeClock clock(noon);
    int failures = 0;
    std::vector<std::string> acknowledged;
    {
      auto admission = Admission::open(failing, clock, {.on_failure = [&](const Error&) { ++failures; }}).value();
      Workload workload(7);
      countdown.left = at;
      for (int i = 0; i < changes; ++i) {
        auto change = workload.next();
        auto result = admission->commit(change);
        workload.learn(change, result);
        if (result && !result->leaf_hash.empty()) acknowledged.push_back(result->leaf_hash);
        if (countdown.left >= 0) continue;
        ASSERT_FALSE(result.has_value());
        EXPECT_EQ(result.error().code, Code::unavailable);
      }
      through = countdown.left >= 0;
      countdown.left = through ? INT64_MAX : -1;
    }
    EXPECT_EQ(failures, through ? 0 : 1) << at;
    backend.reopen();
    auto report = verify(backend.folder(), {});
    ASSERT_TRUE(report.has_value()) << "failed at call " << at << ": " << report.error().message;
    std::set<std::string> stored;
    auto entries = backend.records().entries(0, 1000).value();
    for (const auto& entry : entries) stored.insert(entry.leaf_hash);
    for (const auto& hash : acknowledged) ASSERT_TRUE(stored.contains(hash)) << at;
  }
  EXPECT_GT(at, 150);
}

TEST(Failure, EveryoneWhoWaitsIsTold) {
  Backend backend(false);
  Countdown countdown;
  FailingStore failing(backend.store(), countdown);
  FakeClock clock(noon);
  std::atomic<int> told{0};
  std::latch enter(1), leave(1), failed(1);
  AdmissionOptions options;
  bool first = true;
  options.deliver = [&](std::vector<Completion> done) {
    if (std::exchange(first, false)) {
      enter.count_down();
      leave.wait();
    }
    for (auto& one : done) one();
  };
  options.on_failure = [&](const Error& error) {
    EXPECT_EQ(error.code, Code::data_loss);
    failed.count_down();
  };
  auto admission = Admission::open(failing, clock, std::move(options)).value();
  countdown.code = Code::data_loss;
  ASSERT_TRUE(
      admission->submit(make_admit("act_0"), [](Result<Committed> r) { EXPECT_TRUE(r.has_value()); }).has_value());
  enter.wait();
  for (int i = 1; i <= 1000; ++i) {
    ASSERT_TRUE(admission
                    ->submit(make_admit("act_" + std::to_string(i)),
                             [&](Result<Committed> r) { told += !r && r.error().code == Code::data_loss ? 1 : 0; })
                    .has_value());
  }
  countdown.left = 0;
  leave.count_down();
  failed.wait();
  EXPECT_EQ(told, 1000);
  EXPECT_EQ(admission->submit(make_admit("act_x"), [](Result<Committed>) {}).error().code, Code::data_loss);
  admission->stop();
  EXPECT_EQ(backend.records().head()->size, 2U);
}

TEST(Failure, AFailedStartIsAnError) {
  Backend backend(true);
  Countdown countdown;
  FailingStore failing(backend.store(), countdown);
  countdown.left = 2;
  FakeClock clock(noon);
  EXPECT_FALSE(Admission::open(failing, clock, {}).has_value());
  backend.reopen();
  EXPECT_EQ(backend.records().head()->size, 0U);
}

TEST(Failure, AFullDiskStopsTheLedger) {
  TemporaryFolder folder;
  auto ledger = open_sqlite(folder.path).value();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, SIG_IGN);  // writing past the limit fails with EFBIG instead
  rlimit small{.rlim_cur = 1U << 20, .rlim_max = before.rlim_max};
  std::atomic<int> failures{0};
  int admitted = 0;
  {
    auto admission =
        Admission::open(ledger->store(), system_clock(), {.on_failure = [&](const Error&) { ++failures; }}).value();
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int i = 0; i < 200; ++i) {
      auto admit = make_admit("act_" + std::to_string(1000 + i));
      admit.action.arguments = std::string(20'000, 'x');
      auto result = admission->commit(std::move(admit));
      if (result) {
        ++admitted;
        EXPECT_EQ(failures, 0);
      } else {
        EXPECT_EQ(result.error().code, Code::unavailable);
      }
    }
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(failures, 1);
  EXPECT_GT(admitted, 0);
  EXPECT_LT(admitted, 200);
  ledger.reset();
  ASSERT_TRUE(open_sqlite(folder.path).has_value());
  auto report = verify(folder.path, {});
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_EQ(report->actions, static_cast<std::uint64_t>(admitted));
}

}  // namespace
}  // namespace bw::store
