// SPDX-License-Identifier: Apache-2.0
#include "replay/shadow.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "json/writer.h"
#include "store/scan.h"

namespace bw::replay {
namespace {

constexpr std::uint64_t slice = 4'096;  // entries between two reports
constexpr int lowest_priority = 19;

constexpr std::chrono::milliseconds pause{500};  // between two looks at the ledger

void follow(const std::stop_token& stopping, Candidate& candidate) {
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), lowest_priority);
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  while (!stopping.stop_requested() && candidate.look(stopping)) {
    stopped.wait_for(lock, stopping, pause, [] { return false; });
  }
}

std::int64_t number(std::uint64_t n) { return static_cast<std::int64_t>(n); }

}  // namespace

Candidate::Candidate(std::string data_dir, admission::Records& records, gateway::Live live, std::uint64_t next,
                     std::uint64_t there, std::uint64_t behind_max)
    : data_dir_(std::move(data_dir)),
      records_(records),
      replay_(std::move(live)),
      next_(next),
      there_(there),
      behind_max_(behind_max) {}

Result<std::unique_ptr<Candidate>> Candidate::make(std::string data_dir, admission::Records& records,
                                                   gateway::Live live, ShadowReport::Begun begun,
                                                   std::uint64_t behind_max) {
  BW_TRY(auto head, records.head());
  std::string digest = live.snapshot->digest();
  std::unique_ptr<Candidate> out(
      new Candidate(std::move(data_dir), records, std::move(live), begun.entry + 1, head.size, behind_max));
  out->found_.begun = std::move(begun);
  out->found_.candidate = std::move(digest);
  return out;
}

Status Candidate::look(const std::stop_token& stopping) {
  auto looked = look_at_new(stopping);
  if (looked) return looked;
  std::lock_guard lock(mutex_);
  found_.trouble = looked.error().message;
  return looked;
}

Status Candidate::look_at_new(const std::stop_token& stopping) {
  BW_TRY(auto head, records_.head());
  BW_OK(look_until(there_, head.size, stopping));
  if (stopping.stop_requested()) return {};
  BW_TRY(head, records_.head());
  if (head.size - next_ > behind_max_) {
    std::lock_guard lock(mutex_);
    found_.dropped += head.size - behind_max_ - next_;
    next_ = head.size - behind_max_;
  }
  return look_until(head.size, head.size, stopping);
}

Status Candidate::look_until(std::uint64_t end, std::uint64_t head, const std::stop_token& stopping) {
  while (next_ < end && !stopping.stop_requested()) {
    std::set<std::string> enforced;
    BW_OK(look_at(std::min(end, next_ + slice), enforced));
    std::lock_guard lock(mutex_);
    found_.report = replay_.so_far();
    found_.behind = head - next_;
    if (found_.enforced.size() < ShadowReport::enforced_max) found_.enforced.merge(enforced);
  }
  return {};
}

Status Candidate::look_at(std::uint64_t end, std::set<std::string>& enforced) {
  auto visit = [&](const store::FirstEntry& first) {
    enforced.insert(first.entry.snapshot);
    replay_.add(first);
  };
  BW_OK(store::scan_actions(data_dir_, {next_, end}, visit, [](std::uint64_t) {}));
  if (replay_.waits()) {
    BW_TRY(auto runs, store::open_runs(data_dir_));
    BW_OK(replay_.look_back(*runs, [](std::size_t, std::size_t) {}));
  }
  next_ = end;
  return {};
}

ShadowReport Candidate::report() const {
  std::lock_guard lock(mutex_);
  return found_;
}

void Shadow::start(std::unique_ptr<Candidate> candidate) {
  stop();
  std::lock_guard lock(mutex_);
  candidate_ = std::move(candidate);
  thread_ = std::jthread([one = candidate_](const std::stop_token& stopping) { follow(stopping, *one); });
}

std::optional<ShadowReport> Shadow::stop() {
  std::jthread thread;
  std::shared_ptr<Candidate> candidate;
  {
    std::lock_guard lock(mutex_);
    thread = std::move(thread_);
    candidate = std::exchange(candidate_, nullptr);
  }
  if (!candidate) return std::nullopt;
  thread.request_stop();
  thread.join();
  return candidate->report();
}

std::optional<ShadowReport> Shadow::report() const {
  std::lock_guard lock(mutex_);
  return candidate_ ? std::optional(candidate_->report()) : std::nullopt;
}

std::string to_text(const ShadowReport& report) {
  std::vector<std::string> enforced;
  for (const auto& digest : report.enforced) enforced.push_back(digest.substr(0, 16));
  std::string out = fmt::format("candidate {} beside {}, since {} by {} (entry {})\n", report.candidate.substr(0, 16),
                                enforced.empty() ? "nothing yet" : join(enforced, ", "),
                                format_time(report.begun.at_ms), printable(report.begun.by, 80), report.begun.entry);
  if (report.behind > 0) out += fmt::format("{} entries are still to be looked at\n", report.behind);
  if (report.dropped > 0) out += fmt::format("{} entries were passed over: it was too far behind\n", report.dropped);
  if (!report.trouble.empty()) out += fmt::format("it does not get on: {}\n", report.trouble);
  return out + analysis::to_text(report.report);
}

std::string to_json(const ShadowReport& report) {
  json::Writer w;
  w.begin_object().member("candidate", report.candidate).key("enforced").begin_array();
  for (const auto& digest : report.enforced) w.string(digest);
  w.end_array().member("entry", number(report.begun.entry)).member("by", report.begun.by);
  w.member("since", format_time(report.begun.at_ms));
  w.member("behind", number(report.behind))
      .member("dropped", number(report.dropped))
      .optional("trouble", report.trouble);
  w.member_raw("report", trim(analysis::to_json(report.report)));
  return std::move(w.end_object()).text();
}

}  // namespace bw::replay
