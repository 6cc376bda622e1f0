// SPDX-License-Identifier: Apache-2.0
//
// What a ledger costs when it is large:
//
//   bench_scale DATA fill ENTRIES     adds actions until the ledger has so many entries
//   bench_scale DATA measure          opens it, appends, reads and proves; prints one line of JSON
//
// Each action is an intent and an outcome with their contents, four meters and a run of twenty actions, admitted as the gateway
// does. What is measured is single and repeated, so that it can be put beside the same of another size: tests/bench/scale.mjs.
#include <fmt/core.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <random>
#include <vector>

#include "admission/admission.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/random.h"
#include "json/writer.h"
#include "notary/checkpoints.h"
#include "store/store.h"

namespace {

using namespace bw;
using Steady = std::chrono::steady_clock;

double since_us(Steady::time_point start) {
  return std::chrono::duration<double, std::micro>(Steady::now() - start).count();
}

double cpu_us() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto us = [](const timeval& t) { return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec); };
  return us(usage.ru_utime) + us(usage.ru_stime);
}

double percentile(std::vector<double>& values, double p) {
  auto at = values.begin() + static_cast<std::ptrdiff_t>(p * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

domain::Action make_action(std::uint64_t number) {
  domain::Action action;
  action.at_ms = system_clock().now_ms();
  action.id = crypto::new_id("act", action.at_ms);
  action.run =
      fmt::format("refund-agent:{:x}", number / 20 * 0x9E3779B97F4A7C15ULL);  // agents name their runs as they like
  action.principal = {
      .agent = "refund-agent", .workflow = "refunds", .environment = "production", .token = "tok_bench"};
  action.upstream = "desk";
  action.name = "desk/create_refund";
  action.profile.tier = domain::Tier::write;
  action.arguments = fmt::format(R"({{"ticket":"T-{0}","customer":"C-{0}","amount_usd":{1},"reason":"damaged"}})",
                                 number, number % 200);
  action.tool_digest = std::string(64, 'a');
  action.digest = fmt::format("{:064x}", number);
  return action;
}

admission::Admit make_admit(std::uint64_t number) {
  admission::Admit admit;
  admit.action = make_action(number);
  admit.decision = {.verdict = domain::Verdict::allow,
                    .rules = {"refunds.small"},
                    .checks = R"({"rules":[{"id":"refunds.small","effect":"allow","holds":true}]})",
                    .reason = ""};
  admit.snapshot = std::string(64, 'b');
  admit.charges = {{"calls", "refund-agent", 1, 1'000'000'000'000, 60'000},
                   {"spend", "refunds", 40, 1'000'000'000'000, 86'400'000},
                   {"at-once", "refund-agent", 1, 1'000'000, 0},
                   {"desk", "desk", 1, 1'000'000'000'000, 1'000}};
  return admit;
}

// Keeps `width` actions going: each is admitted, settled when that is durable, and followed by the next.
class Load {
 public:
  Load(admission::Admission& admission, std::uint64_t first, unsigned width)
      : admission_(admission), next_(first), ids_(width), started_(width) {}

  // Answers when `count` more were settled. `tick` is called now and then with how many were.
  template <class Tick>
  void run(std::uint64_t count, Tick tick) {
    to_begin_ = count;
    going_ = ids_.size();
    for (std::size_t slot = 0; slot < ids_.size(); ++slot) begin(slot);
    std::unique_lock lock(mutex_);
    while (!over_.wait_for(lock, std::chrono::seconds(5), [this] { return going_ == 0; })) tick(settled_.load());
  }

  std::vector<double>& commit_us() { return commit_us_; }

 private:
  void begin(std::size_t slot) {
    if (to_begin_ == 0) {
      std::lock_guard lock(mutex_);
      if (--going_ == 0) over_.notify_one();
      return;
    }
    --to_begin_;
    auto change = make_admit(next_++);
    ids_[slot] = change.action.id;
    submit(slot, std::move(change), [this, slot] {
      admission::Settle settle{.action = ids_[slot], .outcome = domain::Outcome::succeeded};
      settle.result = R"({"content":[{"type":"text","text":"refunded"}],"isError":false})";
      submit(slot, std::move(settle), [this, slot] {
        ++settled_;
        begin(slot);
      });
    });
  }

  template <class Then>
  void submit(std::size_t slot, admission::Change change, Then then) {
    started_[slot] = Steady::now();
    auto taken = admission_.submit(std::move(change), [this, slot, then](Result<admission::Committed> result) {
      BW_ASSERT(result && !result->refusal);
      commit_us_.push_back(since_us(started_[slot]));
      then();
    });
    BW_ASSERT(taken.has_value());
  }

  admission::Admission& admission_;
  std::uint64_t next_, to_begin_ = 0;
  std::vector<std::string> ids_;
  std::vector<Steady::time_point> started_;
  std::vector<double> commit_us_;
  std::atomic<std::uint64_t> settled_ = 0;
  std::size_t going_ = 0;
  std::mutex mutex_;
  std::condition_variable over_;
};

void fill(const std::string& data, std::uint64_t entries) {
  auto ledger = store::open_sqlite(data).value();
  auto size = ledger->records().head()->size;
  if (size >= entries) return;
  auto admission =
      admission::Admission::open(ledger->store(), system_clock(), {.batch_max = 2048, .waiting_max = 8192}).value();
  auto count = (entries - size) / 2;
  auto start = Steady::now();
  Load load(*admission, size / 2, 4096);
  load.run(count, [&](std::uint64_t done) {
    fmt::print(stderr, "  {} of {} entries, {:.0f} actions/s\n", size + 2 * done, entries,
               static_cast<double>(done) / since_us(start) * 1e6);
  });
}

// Calls `read(i)` for each of `count`, twice: what is measured is the second time, when its pages are in memory.
struct Cost {
  double p50_us = 0, cpu_us = 0;
};
template <class Read>
Cost cost_of(std::size_t count, Read read) {
  std::vector<double> us;
  double cpu = 0;
  for (int round = 0; round < 2; ++round) {
    us.clear();
    cpu = cpu_us();
    for (std::size_t i = 0; i < count; ++i) {
      auto start = Steady::now();
      read(i);
      us.push_back(since_us(start));
    }
  }
  return {.p50_us = percentile(us, 0.5), .cpu_us = (cpu_us() - cpu) / static_cast<double>(count)};
}

void measure(const std::string& data) {
  constexpr std::size_t reads = 2'000;
  constexpr std::uint64_t appended = 5'000;
  auto start = Steady::now();
  auto ledger = store::open_sqlite(data).value();
  auto admission = admission::Admission::open(ledger->store(), system_clock(), {}).value();
  auto checkpoints = notary::Checkpoints::open(ledger->records(), {data, "example.org/bench", {}}).value();
  double open_ms = since_us(start) / 1e3;
  auto& records = ledger->records();
  auto size = records.head()->size;
  auto bytes = std::filesystem::file_size(data + "/ledger.db");

  std::mt19937_64 random(42);
  std::vector<std::uint64_t> seqs;
  std::vector<std::string> ids;
  while (ids.size() < reads) {
    auto seq = random() % size;
    auto entry = records.entries(seq, 1).value().front().entry;
    if (entry.action.empty()) continue;
    seqs.push_back(seq);
    ids.push_back(entry.action);
  }
  BW_ASSERT(checkpoints->advance().has_value());
  auto why = cost_of(reads, [&](std::size_t i) { BW_ASSERT(records.action(ids[i]).has_value()); });
  auto receipt = cost_of(reads, [&](std::size_t i) { BW_ASSERT(checkpoints->receipt(seqs[i]).has_value()); });

  Load warm(*admission, size / 2 + 1'000'000'000, 32);
  warm.run(appended / 5, [](std::uint64_t) {});
  Load load(*admission, size / 2 + 2'000'000'000, 32);
  auto cpu = cpu_us();
  start = Steady::now();
  load.run(appended, [](std::uint64_t) {});
  double seconds = since_us(start) / 1e6;
  cpu = (cpu_us() - cpu) / static_cast<double>(appended);
  auto number = [](double value) { return fmt::format("{:.2f}", value); };
  json::Writer w;
  w.begin_object()
      .member("entries", static_cast<std::int64_t>(size))
      .member_raw("bytes_per_action", number(static_cast<double>(bytes) / static_cast<double>(size) * 2))
      .member_raw("open_ms", number(open_ms))
      .member_raw("append_cpu_us", number(cpu))
      .member_raw("append_per_s", number(static_cast<double>(appended) / seconds))
      .member_raw("append_p50_us", number(percentile(load.commit_us(), 0.5)))
      .member_raw("append_p99_us", number(percentile(load.commit_us(), 0.99)))
      .member_raw("why_us", number(why.p50_us))
      .member_raw("why_cpu_us", number(why.cpu_us))
      .member_raw("receipt_us", number(receipt.p50_us))
      .member_raw("receipt_cpu_us", number(receipt.cpu_us))
      .end_object();
  fmt::print("{}\n", w.text());
}

}  // namespace

int main(int argc, char** argv) {
  std::string_view what = argc > 2 ? argv[2] : "";
  bw::log::set_level(bw::log::Level::error);
  if (what == "fill" && argc == 4) {
    fill(argv[1], std::strtoull(argv[3], nullptr, 10));
  } else if (what == "measure" && argc == 3) {
    measure(argv[1]);
  } else {
    fmt::print(stderr, "bench_scale DATA fill ENTRIES | bench_scale DATA measure\n");
    return 2;
  }
}
