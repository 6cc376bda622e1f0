// SPDX-License-Identifier: Apache-2.0
// Durable actions a second: intent and outcome, each with a content, four meters, group commit, against raw append and
// fdatasync of the same bytes in the same run. Numbers of a virtual disk show the shape, not the machine.
//
//   store_admission_bench [seconds] [folder] [changes waiting]
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <vector>

#include "admission/admission.h"
#include "crypto/random.h"
#include "store/testing.h"

namespace {

using namespace bw;
using Clock = std::chrono::steady_clock;

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double percentile(std::vector<double>& values, double p) {
  if (values.empty()) return 0;
  auto at = values.begin() + static_cast<std::ptrdiff_t>(p * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

std::vector<domain::Charge> charges() {
  return {{"calls", "refund-agent", 1, 1'000'000'000, 60'000},
          {"spend", "refunds", 40, 1'000'000'000, 86'400'000},
          {"at-once", "refund-agent", 1, 1'000'000, 0},
          {"desk", "desk", 1, 1'000'000'000, 1'000}};
}

admission::Admit make_change(std::uint64_t n) {
  auto change = store::make_admit(crypto::new_id("act", store::noon + static_cast<std::int64_t>(n / 10)), charges());
  change.action.run = fmt::format("run_{}", n / 20);
  change.action.digest = std::string(64, 'd') + std::to_string(n);
  change.action.tool_digest = std::string(64, 't');
  change.snapshot = std::string(64, 's');
  return change;
}

// Keeps `width` actions going: each is admitted, settled when that is durable, and followed by the next.
class Load {
 public:
  Load(admission::Admission& admission, unsigned width) : admission_(admission), started_(width), ids_(width) {}

  void run(double seconds) {
    auto start = Clock::now();
    end_ = start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    going_ = static_cast<int>(ids_.size());
    for (std::size_t slot = 0; slot < ids_.size(); ++slot) admit(slot);
    std::unique_lock lock(mutex_);
    over_.wait(lock, [this] { return going_ == 0; });
    seconds_ = since(start);
  }

  double seconds() const { return seconds_; }
  std::uint64_t actions() const { return actions_; }
  std::vector<double>& commit_ms() { return commit_ms_; }

 private:
  void admit(std::size_t slot) {
    auto change = make_change(next_++);
    ids_[slot] = change.action.id;
    submit(slot, std::move(change), [this, slot] { settle(slot); });
  }
  void settle(std::size_t slot) {
    submit(slot, store::make_settle(ids_[slot]), [this, slot] {
      ++actions_;
      if (Clock::now() < end_) return admit(slot);
      std::lock_guard lock(mutex_);
      if (--going_ == 0) over_.notify_one();
    });
  }
  template <class Then>
  void submit(std::size_t slot, admission::Change change, Then then) {
    started_[slot] = Clock::now();
    auto status = admission_.submit(std::move(change), [this, slot, then](Result<admission::Committed> result) {
      BW_ASSERT(result && !result->refusal);
      commit_ms_.push_back(since(started_[slot]) * 1e3);
      then();
    });
    BW_ASSERT(status.has_value());
  }

  admission::Admission& admission_;
  std::vector<Clock::time_point> started_;
  std::vector<std::string> ids_;
  std::uint64_t next_ = 0, actions_ = 0;
  std::vector<double> commit_ms_;
  Clock::time_point end_;
  double seconds_ = 0;
  int going_ = 0;
  std::mutex mutex_;
  std::condition_variable over_;
};

void raw(const std::string& path, unsigned width, double seconds) {
  int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  std::string bytes(static_cast<std::size_t>(width) * 1100, 'x');  // about one entry with its content
  std::vector<double> ms;
  auto cpu = cpu_seconds();
  auto start = Clock::now();
  while (since(start) < seconds) {
    auto before = Clock::now();
    BW_ASSERT(::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    BW_ASSERT(::fdatasync(file) == 0);
    ms.push_back(since(before) * 1e3);
  }
  double commits = static_cast<double>(ms.size()) / since(start);
  cpu = (cpu_seconds() - cpu) / static_cast<double>(ms.size()) * 2 / width;
  ::close(file);
  ::unlink(path.c_str());
  fmt::print("  raw append+fdatasync  {:8.0f} actions/s  {:7.1f} us CPU/action  p50 {:6.2f} ms  p99 {:6.2f} ms\n",
             commits * width / 2, cpu * 1e6, percentile(ms, 0.5), percentile(ms, 0.99));
}

void durable(const std::string& folder, unsigned width, double seconds) {
  auto ledger = store::open_sqlite(folder).value();
  auto admission = admission::Admission::open(ledger->store(), system_clock(), {}).value();
  Load load(*admission, width);
  load.run(seconds / 10);  // warm
  load.commit_ms().clear();
  auto warm = load.actions();
  auto cpu = cpu_seconds();
  load.run(seconds);
  cpu = cpu_seconds() - cpu;
  auto actions = static_cast<double>(load.actions() - warm);
  auto& ms = load.commit_ms();
  fmt::print(
      "  ledger, {:4} waiting   {:8.0f} actions/s  {:7.1f} us CPU/action  p50 {:6.2f} ms  p99 {:6.2f} ms  p99.9 {:6.2f} ms\n",
      width, actions / load.seconds(), cpu / actions * 1e6, percentile(ms, 0.5), percentile(ms, 0.99),
      percentile(ms, 0.999));
}

}  // namespace

int main(int argc, char** argv) {
  double seconds = argc > 1 ? std::atof(argv[1]) : 1;
  bw::store::TemporaryFolder temporary;
  std::string parent = argc > 2 ? argv[2] : temporary.path;
  std::vector<unsigned> widths{1, 32, 128, 512};
  if (argc > 3) widths = {static_cast<unsigned>(std::atoi(argv[3]))};
  for (unsigned width : widths) {
    raw(parent + "/raw", width, seconds / 4);
    durable(fmt::format("{}/ledger_{}", parent, width), width, seconds);
  }
}
