// SPDX-License-Identifier: Apache-2.0
#include "replay/past.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/run_log.h"
#include "json/document.h"

namespace bw::replay {
namespace {

using ledger::Kind;

// How often an action is decided for all that it may have known, before nobody can tell.
constexpr std::size_t windows_max = 64;

// An action's first entry; those of an action that comes again have a predecessor.
bool begins(const ledger::Entry& entry) {
  bool may = entry.kind == Kind::intent || entry.kind == Kind::refusal || entry.kind == Kind::hold;
  return may && entry.previous.empty();
}

std::optional<std::string_view> or_none(const std::string& value) {
  return value.empty() ? std::nullopt : std::optional<std::string_view>(value);
}

// One action that is to be decided again.
struct Pending {
  ledger::Entry entry;
  admission::ContentValues contents;
  Past::Window window;
  std::optional<Result<domain::Decision>> decided;

  store::FirstEntry first() const { return {entry, or_none(contents.args), or_none(contents.checks)}; }
};

// A rule that looked for something in results of which some are gone could not be evaluated.
bool hangs_on_lost_results(const domain::Decision& decision) {
  auto failed = [](const auto& rules) {
    return std::ranges::any_of(rules, [](const auto& r) { return !r.error.empty(); });
  };
  return failed(decision.determining) || failed(decision.unmet) || decision.unmet_left_out > 0;
}

// Walks through what the run did, and decides each action when the walk is where the action was.
class Walk {
 public:
  Walk(store::RunReader& reader, Rejudge& rejudge, const Past& past)
      : reader_(reader), rejudge_(rejudge), past_(past), log_(rejudge.live().plan->result_patterns()) {}

  Status decide(std::vector<Pending*> pending) {
    std::ranges::sort(pending, {}, [](const Pending* p) { return p->window.low; });
    std::vector<Pending*> open;
    auto next = pending.begin();
    for (std::size_t n = 0; next != pending.end() || !open.empty(); ++n) {
      while (next != pending.end() && (*next)->window.low == n) open.push_back(*next++);
      for (Pending* one : open) decide(*one);
      std::erase_if(open, [n](const Pending* one) { return one->window.high == n; });
      if (n < past_.events().size()) {
        BW_OK(apply(past_.events()[n]));
      }
    }
    return {};
  }

 private:
  void decide(Pending& one) {
    if (one.decided && !*one.decided) return;
    auto decision = rejudge_.decide(one.first(), &log_.seen_by(*rejudge_.live().snapshot));
    if (decision && lost_ && hangs_on_lost_results(*decision))
      decision = fail(Code::not_found, "a result that its rules ask about was erased");
    if (decision && one.decided && decision->verdict != (*one.decided)->verdict)
      decision = fail(Code::not_found, "it hangs on what its run did in the same moment, and the record does not say");
    one.decided = std::move(decision);
  }

  Status apply(const Past::Event& event) {
    if (!event.succeeded) {
      log_.sent(event.action, event.upstream, event.name);
      return {};
    }
    std::string result;
    if (log_.remembers_results_of(event.name)) {
      BW_TRY(auto contents, reader_.contents(event.seq));
      result = std::move(contents.out);
      lost_ = lost_ || result.empty();
    }
    log_.succeeded(event.action, event.upstream, event.name, result);
    return {};
  }

  store::RunReader& reader_;
  Rejudge& rejudge_;
  const Past& past_;
  gateway::RunLog log_;
  bool lost_ = false;
};

}  // namespace

void Past::add(const ledger::Entry& entry) {
  if (!entry.tool.empty()) things_.emplace(entry.action, std::pair(entry.upstream, entry.tool));
  bool is_end = entry.kind == Kind::outcome || entry.kind == Kind::reconcile;
  bool succeeded = is_end && entry.outcome == domain::Outcome::succeeded;
  if (entry.kind != Kind::intent && !succeeded) return;
  const auto& [upstream, name] = things_[entry.action];
  events_.push_back({entry.seq, entry.at_ms, entry.action, upstream, name, succeeded});
  sent_.push_back(sent_.back() + (succeeded ? 0 : 1));
}

Result<Past::Window> Past::window(const ledger::Entry& first, std::string_view checks) const {
  auto before =
      static_cast<std::size_t>(std::ranges::lower_bound(events_, first.seq, {}, &Event::seq) - events_.begin());
  if (auto document = json::Document::parse(std::string(checks)); document && document->root()["run"]) {
    auto seen = document->root()["run"];
    auto sent = static_cast<std::size_t>(seen["sent"].integer().value_or(0));
    auto known = sent + static_cast<std::size_t>(seen["succeeded"].integer().value_or(0));
    if (known <= before && sent_[known] == sent) return Window{known, known};
    return fail(Code::data_loss, "what it was judged by of its run is not in the ledger");
  }
  auto arrived = arrived_ms(first);
  auto low = static_cast<std::size_t>(std::ranges::upper_bound(events_, arrived, {}, &Event::at_ms) - events_.begin());
  low = std::min(low, before);
  if (before - low > windows_max)
    return fail(Code::not_found, fmt::format("its run did more than {} things while it was decided", windows_max));
  return Window{low, before};
}

Status decide_run(store::RunReader& reader, const std::string& run, Rejudge& rejudge,
                  const std::function<bool(const ledger::Entry&)>& wanted,
                  const std::function<void(const store::FirstEntry&, Result<domain::Decision>)>& told) {
  Past past;
  std::vector<Pending> pending;
  BW_OK(reader.read(run, [&](const ledger::Entry& entry) {
    past.add(entry);
    if (begins(entry) && wanted(entry))
      pending.push_back({.entry = entry, .contents = {}, .window = {}, .decided = {}});
  }));
  std::vector<Pending*> looking_back;
  for (Pending& one : pending) {
    BW_TRY(one.contents, reader.contents(one.entry.seq));
    if (!rejudge.reads_history(one.entry)) {
      one.decided = rejudge.decide(one.first(), nullptr);
    } else if (auto window = past.window(one.entry, one.contents.checks)) {
      one.window = *window;
      looking_back.push_back(&one);
    } else {
      one.decided = fail(std::move(window).error());
    }
  }
  BW_OK(Walk(reader, rejudge, past).decide(std::move(looking_back)));
  for (Pending& one : pending) told(one.first(), std::move(*one.decided));
  return {};
}

}  // namespace bw::replay
