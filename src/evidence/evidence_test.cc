// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "admission/admission.h"
#include "base/durable_file.h"
#include "evidence/export.h"
#include "evidence/verify.h"
#include "ledger/finding.h"
#include "notary/checkpoints.h"
#include "notary/keys.h"
#include "store/workload.h"

namespace bw::evidence {
namespace {

using store::noon;

// A ledger in which a seed decided what happened, closed, with a checkpoint of all of it.
class World {
 public:
  explicit World(unsigned seed, int changes) {
    auto ledger = store::open_sqlite(data()).value();
    auto admission = admission::Admission::open(ledger->store(), clock_, {}).value();
    EXPECT_TRUE(admission->commit(admission::Apply{"snap", "text", "maya", "first"}).has_value());
    store::Workload workload(seed);
    for (int i = 0; i < changes; ++i) {
      clock_.advance_ms(workload.below(4) * 700);
      auto change = workload.next();
      workload.learn(change, admission->commit(change));
    }
    admission.reset();
    auto checkpoints = notary::Checkpoints::open(ledger->records(), {data(), "example.org/ledger", {}}).value();
    EXPECT_TRUE(checkpoints->advance().has_value());
    keys = notary::load_keys(data())->verifiers();
  }

  std::string data() const { return folder_.path + "/data"; }
  std::string out(int n) const { return folder_.path + "/out" + std::to_string(n); }
  std::int64_t now_ms() const { return clock_.now_ms(); }

  Result<ExportReport> write(int n, Subject subject) const {
    return export_evidence({data(), out(n), std::move(subject), "bailiwick test", noon}, {});
  }
  Result<Verified> check(int n) const { return verify_export(out(n), keys, {}, "bailiwick test", {}); }

  std::vector<ledger::NoteVerifier> keys;

 private:
  store::TemporaryFolder folder_;
  FakeClock clock_{noon};
};

TEST(Evidence, EachPeriodOfEachWorldIsExportedAndVerified) {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    World world(seed, 300);
    auto length = world.now_ms() - noon;
    int n = 0;
    for (std::string workflow : {"", "refunds", "another"}) {
      for (auto [from, to] :
           {std::pair<std::int64_t, std::int64_t>{0, length + 1}, {length / 3, length / 2}, {length / 2, length + 1}}) {
        auto report = world.write(++n, {noon + from, noon + to, workflow, workflow == "another"});
        ASSERT_TRUE(report.has_value()) << seed << " " << n << ": " << report.error().message;
        auto verified = world.check(n);
        ASSERT_TRUE(verified.has_value()) << seed << " " << n << ": " << verified.error().message;
        EXPECT_EQ(verified->actions, report->actions);
        EXPECT_EQ(verified->actions == 0, workflow == "another");
        EXPECT_TRUE(verified->page_checked);
      }
    }
  }
}

TEST(Evidence, EachFlippedByteIsFound) {
  World world(7, 40);
  ASSERT_TRUE(world.write(1, {noon + 5'000, noon + 40'000, "refunds", false}).has_value());
  ASSERT_TRUE(world.check(1).has_value());
  int tried = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(world.out(1))) {
    if (file.is_directory()) continue;
    auto path = file.path().string();
    auto whole = read_file(path, 64U << 20).value();
    for (std::size_t at = 0; at < whole.size(); at += 97) {
      auto flipped = whole;
      flipped[at] = static_cast<char>(flipped[at] ^ 4);
      std::ofstream(path, std::ios::binary) << flipped;
      auto verified = world.check(1);
      // Times of making are nobody's proof, and a page of another program is not compared.
      bool said = !verified.has_value() || (path.ends_with("export.json") && !verified->page_checked);
      EXPECT_TRUE(said || path.ends_with("export.json")) << path << " byte " << at;
      ++tried;
    }
    std::ofstream(path, std::ios::binary) << whole;
  }
  EXPECT_GT(tried, 100);
  EXPECT_TRUE(world.check(1).has_value());
}

TEST(Evidence, AnotherProgramsPageIsNotCompared) {
  World world(3, 20);
  ASSERT_TRUE(world.write(1, {}).has_value());
  auto verified = verify_export(world.out(1), world.keys, {}, "bailiwick of another day", {});
  ASSERT_TRUE(verified.has_value());
  EXPECT_FALSE(verified->page_checked);
}

TEST(Evidence, AFolderThatIsNotEmptyStaysAsItIs) {
  World world(3, 20);
  std::filesystem::create_directories(world.out(1) + "/mine");
  EXPECT_EQ(world.write(1, {}).error().code, Code::failed_precondition);
  EXPECT_EQ(world.write(2, {0, 1, "", false})->actions, 0U);
  EXPECT_FALSE(std::filesystem::exists(world.out(1) + ".unfinished"));
}

TEST(Pack, AContentIsReadAsItIsWritten) {
  std::string salt(32, 's');
  for (const auto& content : {
           Content{.entry = 3, .field = "args", .salted = salt + "{\"a\":\"ü\\n\"}", .path = ""},
           Content{.entry = 3, .field = "out", .salted = salt + "\xff\x00 raw", .path = ""},
           Content{
               .entry = 9, .field = "text", .state = Content::State::erased, .salted = "", .path = "", .erased_by = 12},
           Content{.entry = 9, .field = "why", .state = Content::State::missing, .salted = "", .path = ""},
       }) {
    auto again = parse_content(format(content)).value();
    EXPECT_EQ(again.entry, content.entry);
    EXPECT_EQ(again.field, content.field);
    EXPECT_EQ(again.state, content.state);
    EXPECT_EQ(again.salted, content.salted);
    EXPECT_EQ(again.erased_by, content.erased_by);
  }
  for (const char* line :
       {"", "{}", "[]", R"({"entry":-1,"field":"args","missing":true})", R"({"entry":1,"field":"name","missing":true})",
        R"({"entry":1,"field":"args"})", R"({"entry":1,"field":"args","salt":"AAAA","value":"x"})"}) {
    EXPECT_FALSE(parse_content(line).has_value()) << line;
  }
}

}  // namespace
}  // namespace bw::evidence
