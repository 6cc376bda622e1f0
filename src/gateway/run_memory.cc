// SPDX-License-Identifier: Apache-2.0
#include "gateway/run_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "policy/returned.h"

namespace bw::gateway {
namespace {

using domain::Outcome;
using domain::RunHistory;

constexpr std::size_t page_max = 1'000;

bool is_asked_about(const std::vector<std::string>& patterns, std::string_view name) {
  return std::ranges::any_of(patterns, [&](const auto& pattern) { return glob_match(pattern, name); });
}

void look_into(RunHistory& history, const std::string& name, const std::string& result) {
  RunHistory::Returned& returned = history.returned[name];
  auto document = json::Document::parse(result, {.bytes_max = 16U << 20, .depth_max = 128, .values_max = 4'000'000});
  if (document) {
    policy::add_result(returned, document->root());
  } else {
    returned.complete = false;
  }
}

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

void RunMemory::apply(Known& known, const std::vector<std::string>& patterns, const Event& event) {
  const domain::Action& action = event.action;
  auto& count = known.history.actions[action.name];
  count.upstream = action.upstream;
  if (known.sent.insert(action.id).second) ++count.sent;
  if (event.outcome != Outcome::succeeded || !known.succeeded.insert(action.id).second) return;
  ++count.succeeded;
  if (is_asked_about(patterns, action.name)) look_into(known.history, action.name, event.result);
}

RunMemory::Known RunMemory::load(admission::Records& records, const std::string& run,
                                 const std::vector<std::string>& patterns, const Limits& limits) {
  Known known;
  auto unknown = [](std::string why) {
    Known nothing;
    nothing.history.unknown = std::move(why);
    return nothing;
  };
  std::size_t actions = 0, results = 0;
  admission::ActionFilter filter{.run = run, .limit = page_max};
  do {
    auto page = records.actions(filter);
    if (!page) return unknown(page.error().message);
    for (const auto& row : page->actions) {
      if (++actions > limits.actions_max)
        return unknown(fmt::format("it has more than {} actions", limits.actions_max));
      if (!row.intent) continue;
      Event event{.action = {.id = row.action, .run = run, .upstream = row.upstream, .name = row.tool},
                  .outcome = row.outcome,
                  .result = {}};
      if (row.outcome == Outcome::succeeded && is_asked_about(patterns, row.tool)) {
        if (++results <= limits.results_max) event.result = result_of(records, row);
      }
      apply(known, patterns, event);
    }
    filter.cursor = page->next;
  } while (!filter.cursor.empty());
  return known;
}

async::Task<void> RunMemory::recall(std::string run, std::vector<std::string> patterns) {
  for (;;) {
    Entry* entry = find(run);
    if (entry && entry->loading) {
      auto loaded = entry->loading;
      co_await async::wait(*loaded);
      continue;
    }
    if (entry && entry->patterns == patterns && entry->known.history.unknown.empty()) co_return;
    if (!entry) {
      used_.emplace_front().run = run;
      by_run_[run] = used_.begin();
      entry = &used_.front();
    }
    auto loaded = std::make_shared<async::Event>();
    entry->loading = loaded;
    entry->patterns = patterns;
    auto read = [records = &records_, run, patterns, limits = limits_] {
      return load(*records, run, patterns, limits);
    };
    Result<Known> known = co_await async::offload(pool_, std::move(read));
    if (!known) {
      Known nothing;
      nothing.history.unknown = known.error().message;
      known = std::move(nothing);
    }
    // It was not dropped meanwhile: entries that are loading are not.
    entry->known = std::move(*known);
    for (const Event& event : std::exchange(entry->meanwhile, {})) {
      if (entry->known.history.unknown.empty()) apply(entry->known, patterns, event);
    }
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
  std::set<std::string> labels;
  for (const auto& [name, count] : entry->known.history.actions) {
    const auto* upstream = snapshot.upstream(count.upstream);
    // What agents report of themselves is no source, and what they left out of it may have been there.
    if (count.sent > 0 && (!upstream || upstream->external))
      entry->known.history.returned.insert_or_assign(name, RunHistory::Returned{.complete = false});
    if (!upstream || count.sent == 0) continue;
    labels.insert(upstream->labels.begin(), upstream->labels.end());
    bool own = name.size() > count.upstream.size() && name.starts_with(count.upstream);
    const auto* tool = own ? snapshot.tool(count.upstream, name.substr(count.upstream.size() + 1)) : nullptr;
    if (tool) labels.insert(tool->labels.begin(), tool->labels.end());
  }
  entry->known.history.labels.assign(labels.begin(), labels.end());
  return &entry->known.history;
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
  } else if (entry.known.history.unknown.empty()) {
    apply(entry.known, entry.patterns, event);
    if (entry.known.sent.size() > limits_.actions_max)
      entry.known = {.history = {.unknown = fmt::format("it has more than {} actions", limits_.actions_max)}};
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
  std::size_t bytes = 500 + entry.run.size();
  for (const auto& [name, count] : entry.known.history.actions) bytes += 150 + name.size();
  for (const auto& [name, of] : entry.known.history.returned) bytes += 150 + of.values.size() + of.words.size();
  bytes += 100 * (entry.known.sent.size() + entry.known.succeeded.size());
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
