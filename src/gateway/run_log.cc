// SPDX-License-Identifier: Apache-2.0
#include "gateway/run_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "json/document.h"
#include "policy/returned.h"

namespace bw::gateway {

using domain::RunHistory;

bool RunLog::remembers_results_of(std::string_view name) const {
  return std::ranges::any_of(patterns_, [&](const auto& pattern) { return glob_match(pattern, name); });
}

void RunLog::sent(const std::string& action, const std::string& upstream, const std::string& name) {
  if (!history_.unknown.empty()) return;
  auto& count = history_.actions[name];
  count.upstream = upstream;
  if (!sent_.insert(action).second) return;
  ++count.sent;
  if (sent_.size() > actions_max_) lose(fmt::format("it has more than {} actions", actions_max_));
}

void RunLog::succeeded(const std::string& action, const std::string& upstream, const std::string& name,
                       const std::string& result) {
  sent(action, upstream, name);
  if (!history_.unknown.empty() || !succeeded_.insert(action).second) return;
  ++history_.actions[name].succeeded;
  if (!remembers_results_of(name)) return;
  RunHistory::Returned& returned = history_.returned[name];
  auto document = json::Document::parse(result, {.bytes_max = 16U << 20, .depth_max = 128, .values_max = 4'000'000});
  if (document) {
    policy::add_result(returned, document->root());
  } else {
    returned.complete = false;
  }
}

void RunLog::lose(std::string why) {
  history_ = {};
  history_.unknown = std::move(why);
  sent_.clear();
  succeeded_.clear();
}

const RunHistory& RunLog::seen_by(const registry::Snapshot& snapshot) {
  std::set<std::string> labels;
  for (const auto& [name, count] : history_.actions) {
    const auto* upstream = snapshot.upstream(count.upstream);
    // What agents report of themselves is no source, and what they left out of it may have been there.
    if (count.sent > 0 && (!upstream || upstream->external))
      history_.returned.insert_or_assign(name, RunHistory::Returned{.complete = false});
    if (!upstream || count.sent == 0) continue;
    labels.insert(upstream->labels.begin(), upstream->labels.end());
    bool own = name.size() > count.upstream.size() && name.starts_with(count.upstream);
    const auto* tool = own ? snapshot.tool(count.upstream, name.substr(count.upstream.size() + 1)) : nullptr;
    if (tool) labels.insert(tool->labels.begin(), tool->labels.end());
  }
  history_.labels.assign(labels.begin(), labels.end());
  return history_;
}

std::size_t RunLog::bytes() const {
  std::size_t out = 500;
  for (const auto& [name, count] : history_.actions) out += 150 + name.size();
  for (const auto& [name, of] : history_.returned) out += 150 + of.values.size() + of.words.size();
  return out + 100 * (sent_.size() + succeeded_.size());
}

domain::RunSeen seen(const RunHistory& history) {
  domain::RunSeen out;
  for (const auto& [name, count] : history.actions) {
    out.sent += count.sent;
    out.succeeded += count.succeeded;
  }
  return out;
}

}  // namespace bw::gateway
