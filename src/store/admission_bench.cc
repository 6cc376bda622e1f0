// SPDX-License-Identifier: Apache-2.0
// Durable actions a second, of the ledger and of what it is measured against, one after the other in one run:
//   ledger       an intent and an outcome for each action, with contents and four meters, in group commits
//   raw          append and fdatasync of the same bytes (leaves and contents) in the same batches: the disk's floor
//   unbatched    the ledger with a commit for each change, as a program would write to SQLite that gathers nothing
// Numbers of a virtual disk show the shape, not the machine.
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
#include "store/sqlite/database.h"
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

// What a change left in the ledger, on the average.
std::size_t bytes_per_change(const std::string& folder) {
  auto database = store::sqlite::Database::open(folder + "/ledger.db", store::sqlite::Database::Mode::read).value();
  store::sqlite::Statement sum(
      database->handle(),
      "SELECT (SELECT sum(length(leaf)) FROM entries) + (SELECT sum(coalesce(length(args), 0) + "
      "coalesce(length(out), 0) + coalesce(length(why), 0) + coalesce(length(checks), 0) + "
      "coalesce(length(text), 0)) FROM contents), (SELECT count(*) FROM entries)");
  BW_ASSERT(sum.next().value());
  return sum.number(0) / sum.number(1);
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

struct Measured {
  double actions_per_s = 0, cpu_us = 0, p50_ms = 0, p99_ms = 0;
};

void print(std::string_view what, const Measured& m, const std::string& note) {
  fmt::print("  {:<10} {:8.0f} actions/s  {:7.1f} us CPU/action  p50 {:6.2f} ms  p99 {:6.2f} ms  {}\n", what,
             m.actions_per_s, m.cpu_us, m.p50_ms, m.p99_ms, note);
}

// What one run of the ledger wrote.
struct Written {
  std::vector<std::size_t> batches;  // changes in each commit
  std::size_t bytes_per_change = 0;  // of the leaf and its contents
};

Measured ledger(const std::string& folder, unsigned width, double seconds, std::size_t batch_max, Written& written) {
  auto ledger = store::open_sqlite(folder).value();
  admission::AdmissionOptions options;
  options.batch_max = batch_max;
  options.deliver = [&written](std::vector<admission::Completion> done) {
    written.batches.push_back(done.size());
    for (auto& one : done) one();
  };
  auto admission = admission::Admission::open(ledger->store(), system_clock(), std::move(options)).value();
  Load load(*admission, width);
  load.run(seconds / 10);  // warm
  load.commit_ms().clear();
  written.batches.clear();
  auto warm = load.actions();
  auto cpu = cpu_seconds();
  load.run(seconds);
  cpu = cpu_seconds() - cpu;
  auto actions = static_cast<double>(load.actions() - warm);
  admission.reset();
  written.bytes_per_change = bytes_per_change(folder);
  auto& ms = load.commit_ms();
  return {actions / load.seconds(), cpu / actions * 1e6, percentile(ms, 0.5), percentile(ms, 0.99)};
}

Measured raw(const std::string& path, const Written& written) {
  int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  BW_ASSERT(file >= 0);
  std::vector<double> ms;
  double changes = 0;
  auto cpu = cpu_seconds();
  auto start = Clock::now();
  for (auto batch : written.batches) {
    std::string bytes(batch * written.bytes_per_change, 'x');
    auto before = Clock::now();
    BW_ASSERT(::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    BW_ASSERT(::fdatasync(file) == 0);
    ms.push_back(since(before) * 1e3);
    changes += static_cast<double>(batch);
  }
  auto actions = changes / 2;
  Measured out{actions / since(start), (cpu_seconds() - cpu) / actions * 1e6, percentile(ms, 0.5),
               percentile(ms, 0.99)};
  ::close(file);
  ::unlink(path.c_str());
  return out;
}

void compare(const std::string& folder, unsigned width, double seconds) {
  Written written, unbatched_written;
  auto ours = ledger(fmt::format("{}/ledger_{}", folder, width), width, seconds, 512, written);
  auto floor = raw(folder + "/raw", written);
  auto unbatched = ledger(fmt::format("{}/unbatched_{}", folder, width), width, seconds / 2, 1, unbatched_written);
  fmt::print("{} changes waiting, {} bytes each\n", width, written.bytes_per_change);
  print("ledger", ours,
        fmt::format("{:.2f} of raw, {:.1f} times unbatched", ours.actions_per_s / floor.actions_per_s,
                    ours.actions_per_s / unbatched.actions_per_s));
  print("raw", floor, "");
  print("unbatched", unbatched, "");
}

}  // namespace

int main(int argc, char** argv) {
  double seconds = argc > 1 ? std::atof(argv[1]) : 1;
  bw::store::TemporaryFolder temporary;
  std::string parent = argc > 2 ? argv[2] : temporary.path;
  std::vector<unsigned> widths{1, 32, 128, 512};
  if (argc > 3) widths = {static_cast<unsigned>(std::atoi(argv[3]))};
  for (unsigned width : widths) compare(parent, width, seconds);
}
