// SPDX-License-Identifier: Apache-2.0
#include "replay/recorded_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "gateway/action_digest.h"
#include "json/document.h"
#include "replay/past.h"
#include "replay/rejudge.h"

namespace bw::replay {
namespace {

constexpr std::size_t page_max = 1'000;

using ByAction = std::unordered_map<std::string, Step*>;

ByAction by_action(RecordedRun& run) {
  ByAction out;
  for (Step& step : run.steps) out.emplace(step.record.row.action, &step);
  return out;
}

Again again(const Result<domain::Decision>& decided) {
  Again out;
  if (!decided) {
    out.why_not = decided.error().message;
    return out;
  }
  out.verdict = decided->verdict;
  out.reason = decided->reason;
  for (const auto& rule : decided->determining) out.rules.push_back(rule.rule);
  return out;
}

// What was recorded about an action may be of another action than was decided, or typed by another definition.
std::string doubt(const Step& step, const std::map<std::string, std::string>& digests) {
  const auto& first = step.first();
  auto known = digests.find(first.tool);
  if (!first.tool_digest.empty() && known != digests.end() && known->second != first.tool_digest)
    return "the tool's definition has changed since, and rules are typed by the newer one";
  auto arguments = json::Document::parse(step.record.contents.front().args);
  if (!arguments) return {};
  domain::Action action{.principal = {first.agent, first.workflow, first.environment, first.token},
                        .kind = first.what.value_or(domain::ActionKind::tool),
                        .upstream = first.upstream,
                        .name = first.tool,
                        .tool_digest = first.tool_digest};
  auto digest = gateway::action_digest(action, arguments->root(), "");
  if (digest && *digest == first.digest) return {};
  return "its digest is not that of the recorded arguments alone: it was a further round of a call";
}

Status decide(RecordedRun& run, gateway::Live live, store::RunReader& reader, const std::string& snapshot) {
  Rejudge rejudge(std::move(live));
  auto steps = by_action(run);
  auto wanted = [&](const ledger::Entry& entry) {
    return steps.contains(entry.action) && (snapshot.empty() || entry.snapshot == snapshot);
  };
  auto told = [&](const store::FirstEntry& first, const Result<domain::Decision>& decided) {
    steps.at(first.entry.action)->again = again(decided);
  };
  return decide_run(reader, run.row.run, rejudge, wanted, told);
}

// The registry with this digest, made ready to judge by.
Result<gateway::Live> live_of(admission::Records& records, const std::string& digest,
                              const gateway::Definitions& definitions) {
  auto stored = records.snapshot(digest);
  if (!stored || stored->text.empty()) return fail(Code::not_found, "the registry of that moment is not kept");
  BW_TRY(auto snapshot, registry::Snapshot::from_canonical(stored->text));
  auto prepared = gateway::prepare(std::move(snapshot), definitions);
  if (prepared.live.plan) return std::move(prepared.live);
  return fail(Code::failed_precondition, "the rules of that moment do not fit the definitions of today's tools");
}

}  // namespace

bool Step::differs() const {
  if (!again || !again->verdict) return false;
  auto then = first().rules;
  auto now = again->rules;
  if (now.size() > ledger::rules_max) now.resize(ledger::rules_max);  // as many as an entry names
  std::ranges::sort(then);
  std::ranges::sort(now);
  return *again->verdict != verdict_then(first()) || then != now;
}

Result<RecordedRun> read_run(admission::Records& records, const std::string& run) {
  RecordedRun out;
  auto row = records.run(run);
  if (!row && row.error().code == Code::not_found)
    return fail(Code::not_found,
                fmt::format("no run `{}` in the ledger; `bailiwick runs` lists the latest", printable(run, 80)));
  if (!row) return fail(std::move(row).error());
  out.row = std::move(*row);
  admission::ActionFilter filter{.run = run, .limit = page_max};
  do {
    BW_TRY(auto page, records.actions(filter));
    for (const auto& action : page.actions) {
      if (out.steps.size() == steps_max)
        return fail(Code::failed_precondition, fmt::format("the run has more than {} actions", steps_max));
      BW_TRY(auto record, records.action(action.action));
      out.steps.push_back({.record = std::move(record), .again = {}});
    }
    filter.cursor = page.next;
  } while (!filter.cursor.empty());
  std::ranges::sort(out.steps, {}, [](const Step& step) { return step.first().seq; });
  return out;
}

Result<KnownDefinitions> known_definitions(admission::Records& records) {
  KnownDefinitions out;
  BW_TRY(auto pins, records.pins(""));
  for (auto& pin : pins) {
    if (pin.row.state != admission::Pin::State::accepted) continue;
    out.digests.emplace(pin.row.tool, pin.row.digest);
    out.definitions.emplace(pin.row.tool, std::move(pin.definition));
  }
  return out;
}

Status decide_by_then(RecordedRun& run, admission::Records& records, store::RunReader& reader) {
  BW_TRY(auto known, known_definitions(records));
  for (Step& step : run.steps) {
    if (step.again) continue;
    const std::string& digest = step.first().snapshot;
    auto live = live_of(records, digest, known.definitions);
    if (live) {
      BW_OK(decide(run, std::move(*live), reader, digest));
    } else {
      step.again = Again{.why_not = live.error().message};
    }
  }
  for (Step& step : run.steps) {
    if (step.differs()) step.again->doubt = doubt(step, known.digests);
  }
  return {};
}

Status decide_by(RecordedRun& run, gateway::Live live, store::RunReader& reader) {
  return decide(run, std::move(live), reader, "");
}

}  // namespace bw::replay
