// SPDX-License-Identifier: Apache-2.0
#include "gateway/run_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace bw::gateway {
namespace {

using domain::Outcome;
using domain::RunHistory;

constexpr std::size_t page_max = 1'000;

// The answer of an action in the records; nothing when it was erased.
std::string result_of(admission::Records& records, const admission::ActionRow& row) {
  for (auto seq = row.entries.rbegin(); seq != row.entries.rend(); ++seq) {
    auto contents = records.contents(*seq);
    if (contents && !contents->out.empty()) return std::move(contents->out);
  }
  return {};
}

}  // namespace

RunMemory::RunMemory(async::Pool& pool, admission::Records& records, Limits limits)
    : pool_(pool), records_(records), limits_(limits) {}

void RunMemory::apply(RunLog& log, const Event& event) {
  const domain::Action& action = event.action;
  if (event.outcome == Outcome::succeeded) {
    log.succeeded(action.id, action.upstream, action.name, event.result);
  } else {
    log.sent(action.id, action.upstream, action.name);
  }
}

RunLog RunMemory::load(admission::Records& records, const std::string& run, RunLog log, const Limits& limits) {
  std::size_t actions = 0, results = 0;
  admission::ActionFilter filter{.run = run, .limit = page_max};
  do {
    auto page = records.actions(filter);
    if (!page) log.lose(page.error().message);
    if (!page) return log;
    for (const auto& row : page->actions) {
      if (++actions > limits.actions_max) log.lose(fmt::format("it has more than {} actions", limits.actions_max));
      if (!log.history().unknown.empty()) return log;
      if (!row.intent) continue;
      Event event{.action = {.id = row.action, .run = run, .upstream = row.upstream, .name = row.tool},
                  .outcome = row.outcome,
                  .result = {}};
      if (row.outcome == Outcome::succeeded && log.remembers_results_of(row.tool)) {
        if (++results <= limits.results_max) event.result = result_of(records, row);
      }
      apply(log, event);
    }
    filter.cursor = page->next;
  } while (!filter.cursor.empty());
  return log;
}

async::Task<void> RunMemory::recall(std::string run, std::vector<std::string> patterns) {
  for (;;) {
    Entry* entry = find(run);
    if (entry && entry->loading) {
      auto loaded = entry->loading;
      co_await async::wait(*loaded);
      continue;
    }
    if (entry && entry->log.patterns() == patterns && entry->log.history().unknown.empty()) co_return;
    if (!entry) {
      used_.emplace_front().run = run;
      by_run_[run] = used_.begin();
      entry = &used_.front();
    }
    auto loaded = std::make_shared<async::Event>();
    entry->loading = loaded;
    entry->log = RunLog(std::move(patterns), limits_.actions_max);
    auto read = [records = &records_, run, log = entry->log, limits = limits_] {
      return load(*records, run, log, limits);
    };
    Result<RunLog> log = co_await async::offload(pool_, std::move(read));
    // It was not dropped meanwhile: entries that are loading are not.
    if (log) {
      entry->log = std::move(*log);
    } else {
      entry->log.lose(log.error().message);
    }
    for (const Event& event : std::exchange(entry->meanwhile, {})) apply(entry->log, event);
    entry->loading = nullptr;
    weigh(*entry);
    make_room();
    loaded->set();
    co_return;
  }
}

const RunHistory* RunMemory::look(const std::string& run, const registry::Snapshot& snapshot) {
  Entry* entry = find(run);
  if (!entry || entry->loading) return nullptr;
  return &entry->log.seen_by(snapshot);
}

void RunMemory::sent(const domain::Action& action) { note({.action = action, .outcome = {}, .result = {}}); }

void RunMemory::ended(const domain::Action& action, Outcome outcome, const std::string& result) {
  auto known = by_run_.find(action.run);
  if (known == by_run_.end() || outcome != Outcome::succeeded) return;
  note({.action = action, .outcome = outcome, .result = result});
}

void RunMemory::note(Event event) {
  auto found = by_run_.find(event.action.run);
  if (found == by_run_.end()) return;
  Entry& entry = *found->second;
  if (entry.loading) {
    entry.meanwhile.push_back(std::move(event));
  } else {
    apply(entry.log, event);
    weigh(entry);
    make_room();
  }
}

RunMemory::Entry* RunMemory::find(const std::string& run) {
  auto found = by_run_.find(run);
  if (found == by_run_.end()) return nullptr;
  used_.splice(used_.begin(), used_, found->second);
  return &*found->second;
}

void RunMemory::weigh(Entry& entry) {
  std::size_t bytes = entry.run.size() + entry.log.bytes();
  bytes_ += bytes - entry.bytes;
  entry.bytes = bytes;
}

// The run that just came stays, however large it is.
void RunMemory::make_room() {
  auto last = used_.end();
  while ((bytes_ > limits_.bytes_max || used_.size() > limits_.runs_max) && last != used_.begin()) {
    --last;
    if (last == used_.begin() || last->loading) continue;
    bytes_ -= last->bytes;
    by_run_.erase(last->run);
    last = used_.erase(last);
  }
}

}  // namespace bw::gateway
