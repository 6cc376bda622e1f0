// SPDX-License-Identifier: Apache-2.0
#include "gateway/pruning.h"

#include <algorithm>
#include <utility>

#include "async/timer.h"
#include "base/log.h"
#include "gateway/committer.h"
#include "gateway/retention.h"

namespace bw::gateway {
namespace {

using admission::Committed;
using admission::Prune;
using admission::RetainedEntry;
using admission::RetainedGroup;

constexpr std::int64_t sweep_every_ms = 60'000, rest_ms = 1'000;
constexpr std::int64_t look_again_ms = 600'000;  // where something was kept although its time is over

void add(Pruned& sum, const Committed& committed) {
  sum.actions += committed.erased_actions;
  sum.entries += committed.erased;
  sum.kept += committed.kept.size();
  if (sum.why_kept.empty() && !committed.kept.empty()) sum.why_kept = committed.kept.front();
  if (!committed.leaf_hash.empty()) sum.by.push_back(committed.seq);
}

}  // namespace

async::Task<Result<Pruned>> Pruning::prune(RetainedGroup group, bool only_look) {
  Pruned sum{.name = group.name, .ms = group.ms, .why_kept = {}, .by = {}};
  std::uint64_t from = group.oldest;
  for (bool more = true; more;) {
    auto read = [this, group, from] { return parts_.records.retained(group.name, group.ms, from, Prune::entries_max); };
    Result<std::vector<RetainedEntry>> page = co_await async::offload(parts_.pool, std::move(read));
    if (!page) co_return fail(std::move(page).error());
    // As it is live now: it may have changed since the last page.
    const auto& classes = parts_.live().snapshot->retention();
    auto declared = classes.find(group.name);
    Prune change{.name = group.name,
                 .ms = group.ms,
                 .present_ms = periods_of(declared == classes.end() ? nullptr : &declared->second),
                 .entries = {},
                 .only_look = only_look};
    auto shortest = std::max(group.ms, std::ranges::min(change.present_ms));
    auto now_ms = parts_.clock.now_ms();
    for (const auto& entry : *page) {
      if (shortest > now_ms - entry.at_ms) break;
      change.entries.push_back(entry.seq);
    }
    more = change.entries.size() == Prune::entries_max;
    if (change.entries.empty()) break;
    from = change.entries.back() + 1;
    admission::Change submitted = std::move(change);
    Result<Committed> committed = co_await commit(parts_.admission, std::move(submitted));
    if (!committed) co_return fail(std::move(committed).error());
    add(sum, *committed);
    if (!only_look) told_.expired += committed->erased;
  }
  co_return sum;
}

async::Task<Result<std::vector<Pruned>>> Pruning::sweep(bool only_look) {
  std::vector<Pruned> out;
  auto read = [this] { return parts_.records.retained(); };
  Result<std::vector<RetainedGroup>> groups = co_await async::offload(parts_.pool, std::move(read));
  if (!groups) co_return fail(std::move(groups).error());
  std::int64_t next_at_ms = 0;
  for (const RetainedGroup& group : *groups) {
    RetainedGroup copy = group;
    Result<Pruned> pruned = co_await prune(std::move(copy), only_look);
    if (!pruned) co_return fail(std::move(pruned).error());
    auto due_ms = group.oldest_at_ms + group.ms;
    next_at_ms = next_at_ms == 0 ? due_ms : std::min(next_at_ms, due_ms);
    if (pruned->entries > 0 || pruned->kept > 0) out.push_back(*std::move(pruned));
  }
  told_.next_at_ms = next_at_ms;
  co_return out;
}

async::Task<void> Pruning::run(async::Event& stop) {
  while (!stop.is_set()) {
    Result<std::vector<Pruned>> swept = co_await sweep(false);
    told_.failing = !swept.has_value();
    if (!swept) log::warn("contents whose time is over were not erased: {}", swept.error().message);
    bool erased = false, kept = false;
    for (std::size_t i = 0; swept && i < swept->size(); ++i) {
      const Pruned& one = (*swept)[i];
      erased = erased || one.entries > 0;
      kept = kept || one.kept > 0;
      if (one.entries > 0) log::info("retention {}: contents of {} entries are erased", one.name, one.entries);
    }
    auto wait_ms = erased ? rest_ms : kept ? look_again_ms : sweep_every_ms;
    auto left_ms = told_.next_at_ms - parts_.clock.now_ms();
    if (left_ms > 0) wait_ms = std::clamp(left_ms + 1, rest_ms, wait_ms);
    [[maybe_unused]] auto first = co_await async::wait_any(wait_ms, stop);
  }
}

}  // namespace bw::gateway
