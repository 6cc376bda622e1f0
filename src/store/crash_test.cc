// SPDX-License-Identifier: Apache-2.0
// A process that is killed at any moment loses nothing that it acknowledged, and leaves a ledger that adds up. BW_SOAK=1 kills
// 9,800 times, each ledger a hundred times; with the 200 of tests/e2e/soak that is ten thousand.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <map>
#include <thread>

#include "base/log.h"
#include "base/text.h"
#include "store/testing.h"

namespace bw::store {
namespace {

using namespace admission;

// What the child writes to the pipe for each acknowledgement; small enough to be written whole.
struct Ack {
  std::uint64_t seq = 0;
  std::array<char, 32> leaf_hash{};
};

void acknowledge(int pipe, const Committed& committed) {
  Ack ack;
  ack.seq = committed.seq;
  auto hash = from_hex(committed.leaf_hash).value();
  std::copy(hash.begin(), hash.end(), ack.leaf_hash.begin());
  if (::write(pipe, &ack, sizeof ack) != sizeof ack) ::_exit(3);
}

// Admits and settles from four threads until it is killed. Never returns.
[[noreturn]] void be_killed(const std::string& folder, unsigned round, int pipe) {
  auto ledger = open_sqlite(folder).value();
  auto admission = Admission::open(ledger->store(), system_clock(), {}).value();
  for (unsigned t = 0; t < 4; ++t) {
    std::thread([&, t] {
      for (int i = 0;; ++i) {
        auto id = "act_" + std::to_string(1000 + round) + "_" + std::to_string(t) + "_" + std::to_string(i);
        auto admit = make_admit(id, {{"calls", "agent", 1, 1'000'000, 60'000}, {"at-once", "agent", 1, 100, 0}});
        auto admitted = admission->commit(std::move(admit));
        if (!admitted) ::_exit(4);
        acknowledge(pipe, *admitted);
        if (admitted->refusal || i % 7 == 3) continue;  // some never settle
        auto settled = admission->commit(make_settle(id));
        if (!settled) ::_exit(5);
        acknowledge(pipe, *settled);
      }
    }).detach();
  }
  while (true) ::pause();
}

// Reads what was acknowledged until the pipe ends.
void collect(int pipe, std::map<std::uint64_t, std::string>& acknowledged) {
  Ack ack;
  while (::read(pipe, &ack, sizeof ack) == sizeof ack) {
    auto [known, fresh] = acknowledged.emplace(ack.seq, std::string(ack.leaf_hash.data(), 32));
    EXPECT_TRUE(fresh) << "entry " << ack.seq << " was acknowledged twice";
  }
}

class Crash : public testing::TestWithParam<unsigned> {};

TEST_P(Crash, KilledAtAnyMomentNothingAcknowledgedIsLost) {
  log::set_level(log::Level::error);  // each start says what the one before left unsettled
  const unsigned rounds = soaking() ? 100 : 25;
  TemporaryFolder folder;
  std::map<std::uint64_t, std::string> acknowledged;
  std::uint64_t random = 88172645463325252ULL + GetParam();
  for (unsigned round = 0; round < rounds; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      be_killed(folder.path, round, ends[1]);
    }
    ::close(ends[1]);
    random ^= random << 13, random ^= random >> 7, random ^= random << 17;
    auto killer = std::thread([child, wait_us = 20'000 + random % 150'000] {
      std::this_thread::sleep_for(std::chrono::microseconds(wait_us));
      ::kill(child, SIGKILL);
    });
    collect(ends[0], acknowledged);
    killer.join();
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with " << WEXITSTATUS(status);

    if (round % 5 == 4 || round + 1 == rounds) {
      auto report = verify(folder.path, {});
      // A child that was killed before its first commit leaves a ledger without entries, or none.
      ASSERT_TRUE(report.has_value() || acknowledged.empty()) << "round " << round << ": " << report.error().message;
    }
  }
  ASSERT_GT(acknowledged.size(), rounds * 5) << "too little happened for this to prove anything";

  auto records = open_sqlite_records(folder.path).value();
  auto size = records->head()->size;
  std::uint64_t found = 0;
  for (std::uint64_t from = 0; from < size; from += 1000) {
    auto entries = records->entries(from, 1000).value();
    for (const auto& stored : entries) {
      auto known = acknowledged.find(stored.entry.seq);
      if (known == acknowledged.end()) continue;
      ASSERT_EQ(to_hex(known->second), stored.leaf_hash)
          << "entry " << stored.entry.seq << " is not the one that was acknowledged";
      ++found;
    }
  }
  EXPECT_EQ(found, acknowledged.size());
}

INSTANTIATE_TEST_SUITE_P(Ledger, Crash, testing::Range(0U, soaking() ? 98U : 1U));

}  // namespace
}  // namespace bw::store
