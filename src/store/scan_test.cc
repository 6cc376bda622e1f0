// SPDX-License-Identifier: Apache-2.0
#include "store/scan.h"

#include <gtest/gtest.h>

#include <future>
#include <limits>

#include "store/testing.h"

namespace bw::store {
namespace {

constexpr std::int64_t always = std::numeric_limits<std::int64_t>::max();

// Submits and waits, at a given time.
class Desk {
 public:
  Desk() : ledger_(open_sqlite(folder.path).value()) {
    admission_ = admission::Admission::open(ledger_->store(), clock_, {}).value();
  }
  ~Desk() { admission_->stop(); }

  void at(std::int64_t ms, admission::Change change) {
    clock_.advance_ms(ms - clock_.now_ms());
    std::promise<void> done;
    auto submitted = admission_->submit(std::move(change), [&](Result<admission::Committed> result) {
      EXPECT_TRUE(result) << result.error().message;
      done.set_value();
    });
    EXPECT_TRUE(submitted);
    done.get_future().wait();
  }

  TemporaryFolder folder;

 private:
  FakeClock clock_{noon};
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<admission::Admission> admission_;
};

struct Seen {
  std::string action, kind, args;
};

std::vector<Seen> scan(const std::string& data, EntryRange range) {
  std::vector<Seen> out;
  std::uint64_t passed = 0;
  auto status = scan_actions(
      data, range,
      [&](const FirstEntry& first) {
        out.push_back({first.entry.action, std::string(name(first.entry.kind)),
                       first.args ? std::string(*first.args) : "(erased)"});
      },
      [&](std::uint64_t n) { passed += n; });
  EXPECT_TRUE(status) << status.error().message;
  EXPECT_EQ(passed, range.end - range.begin);
  return out;
}

// Every action is seen once, by its first entry, whatever became of it; other entries are passed over.
TEST(Scan, SeesEachActionOnceByItsFirstEntry) {
  Desk desk;
  desk.at(noon + 1, make_admit("act_a"));
  desk.at(noon + 2, make_settle("act_a"));
  desk.at(noon + 3, make_hold("act_b", "digest b"));
  desk.at(noon + 4, admission::SetSwitch{.scope = {}, .on = true, .by = "maya", .reason = "drill"});
  auto refused = make_admit("act_c");
  desk.at(noon + 5, admission::Refuse{refused.action, {.verdict = domain::Verdict::deny, .checks = "{}"}, "snap"});
  auto range = entries_between(desk.folder.path, 0, always);
  ASSERT_TRUE(range);
  auto seen = scan(desk.folder.path, *range);
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(seen[0].action + " " + seen[0].kind, "act_a intent");
  EXPECT_EQ(seen[0].args, R"({"order":17,"amount":40})");
  EXPECT_EQ(seen[1].action + " " + seen[1].kind, "act_b hold");
  EXPECT_EQ(seen[1].args, seen[0].args);
  EXPECT_EQ(seen[2].action + " " + seen[2].kind, "act_c refusal");
}

TEST(Scan, FindsTheEntriesOfASpanOfTime) {
  Desk desk;
  for (int i = 1; i <= 9; ++i) desk.at(noon + 100 * i, make_admit("act_" + std::to_string(i)));
  auto middle = entries_between(desk.folder.path, noon + 300, noon + 600);
  ASSERT_TRUE(middle);
  std::vector<std::string> actions;
  for (const auto& seen : scan(desk.folder.path, *middle)) actions.push_back(seen.action);
  EXPECT_EQ(actions, (std::vector<std::string>{"act_3", "act_4", "act_5"}));
  auto nothing = entries_between(desk.folder.path, noon + 600, noon + 300);
  ASSERT_TRUE(nothing);
  EXPECT_EQ(nothing->begin, nothing->end);
}

TEST(Scan, SaysThatThereIsNoLedger) {
  TemporaryFolder empty;
  auto range = entries_between(empty.path, 0, always);
  ASSERT_FALSE(range);
  EXPECT_EQ(range.error().code, Code::unavailable);
}

}  // namespace
}  // namespace bw::store
