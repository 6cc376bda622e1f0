// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "admission/admission.h"
#include "admission/store.h"
#include "store/store.h"

// What the tests of this room share.
namespace bw::store {

constexpr std::int64_t noon = 1'800'000'000'000;

// Whether tests that have a long form run it: `./dev soak`.
inline bool soaking() { return std::getenv("BW_SOAK") != nullptr; }

// Where files cost no disk.
inline std::filesystem::path memory_folder() {
  return std::filesystem::exists("/dev/shm") ? "/dev/shm" : std::filesystem::temp_directory_path();
}

// A new folder that goes with the object.
struct TemporaryFolder {
  std::string path;
  explicit TemporaryFolder(const std::filesystem::path& in = std::filesystem::temp_directory_path()) {
    path = (in / "bw_store_XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr) std::abort();
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
};

// What a closed ledger consists of, with the keys of its contents.
inline void copy_ledger(const std::string& from, const std::string& to) {
  for (auto file : {"/ledger.db", "/ledger.db-wal", "/content.keys", "/subject.key"}) {
    if (std::filesystem::exists(from + file)) std::filesystem::copy(from + file, to + file);
  }
}

// A ledger of either kind that can be closed and opened again.
class Backend {
 public:
  explicit Backend(bool sqlite) : sqlite_(sqlite) { open(); }
  admission::Store& store() { return ledger_->store(); }
  admission::Records& records() { return ledger_->records(); }
  void reopen() {
    if (!sqlite_) return;
    ledger_.reset();
    open();
  }
  void close() { ledger_.reset(); }
  const std::string& folder() const { return folder_.path; }
  bool sqlite() const { return sqlite_; }

 private:
  void open() { ledger_ = sqlite_ ? open_sqlite(folder_.path).value() : make_memory(); }
  TemporaryFolder folder_;
  bool sqlite_;
  std::unique_ptr<Ledger> ledger_;
};

inline domain::Action make_action(const std::string& id, const std::string& digest = "d",
                                  const std::string& run = "run_1") {
  domain::Action action;
  action.id = id;
  action.run = run;
  action.principal = {.agent = "refund-agent", .workflow = "refunds", .environment = "sandbox", .token = "tok_1"};
  action.upstream = "desk";
  action.name = "desk/refund";
  action.profile.tier = domain::Tier::write;
  action.arguments = R"({"order":17,"amount":40})";
  action.tool_digest = "td";
  action.digest = digest;
  action.at_ms = noon;
  return action;
}

inline admission::Admit make_admit(const std::string& id, std::vector<domain::Charge> charges = {},
                                   const std::string& digest = {}) {
  admission::Admit admit;
  admit.action = make_action(id, digest.empty() ? "digest of " + id : digest);
  admit.decision = {.verdict = domain::Verdict::allow,
                    .rules = {"refunds.small"},
                    .checks = R"({"amount":"40 <= 200"})",
                    .reason = ""};
  admit.snapshot = "snap";
  admit.charges = std::move(charges);
  return admit;
}

inline admission::Hold make_hold(const std::string& id, const std::string& digest = "d",
                                 std::int64_t expires_at_ms = noon + 3'600'000) {
  admission::Hold hold;
  hold.action = make_action(id, digest);
  hold.decision = {.verdict = domain::Verdict::hold,
                   .rules = {"refunds.large"},
                   .checks = "{}",
                   .reason = "a person must look at it"};
  hold.snapshot = "snap";
  hold.reviewers = {"maya"};
  hold.terms = R"({"quorum":1})";
  hold.expires_at_ms = expires_at_ms;
  return hold;
}

inline admission::Settle make_settle(const std::string& id, domain::Outcome outcome = domain::Outcome::succeeded) {
  return {.action = id, .outcome = outcome, .result = R"({"ok":true})", .status = 200};
}

}  // namespace bw::store
