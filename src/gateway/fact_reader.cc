// SPDX-License-Identifier: Apache-2.0
#include "gateway/fact_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "base/text.h"

namespace bw::gateway {
namespace {

using domain::FactReading;

constexpr std::size_t detail_bytes_max = 300;

FactReading unknown(const domain::Fact& fact, FactReading::State state, std::string_view detail) {
  return {.fact = fact.name,
          .state = state,
          .value = {},
          .source = fact.source(),
          .detail = printable(detail, detail_bytes_max)};
}

}  // namespace

async::Task<std::vector<FactReading>> FactReader::read(Live live, domain::Action action, Freshness freshness) {
  std::vector<FactReading> readings;
  auto arguments = json::Document::parse(action.arguments);
  if (!arguments) co_return readings;
  auto wanted = policy::look_ups(*live.plan, action, arguments->root());
  // Of facts that share a look-up, the most patient one begins it.
  std::ranges::sort(wanted, std::greater(), [](const auto& asked) { return asked.fact().timeout_ms; });
  std::int64_t began_ms = loop_.now_ms();
  std::vector<Waiting> all;
  Own own;
  for (auto& asked : wanted) {
    Waiting& waiting = all.emplace_back(Waiting{.asked = std::move(asked), .key = {}, .kept = {}, .flight = {}});
    if (waiting.asked.problem.empty()) begin(waiting, live, action, freshness == Freshness::anew, own);
  }
  for (const Waiting& waiting : all) {
    std::int64_t left = began_ms + waiting.asked.fact().timeout_ms - loop_.now_ms();
    if (waiting.flight && !waiting.flight->done.is_set() && left > 0) {
      [[maybe_unused]] auto first = co_await async::wait_any(left, waiting.flight->done);
    }
  }
  for (const Waiting& waiting : all) readings.push_back(settle(waiting, live, action, arguments->root()));
  std::ranges::sort(readings, {}, &FactReading::fact);
  co_return readings;
}

void FactReader::begin(Waiting& waiting, const Live& live, const domain::Action& action, bool anew, Own& own) {
  const domain::Fact& fact = waiting.asked.fact();
  waiting.key = fmt::format("{}\x1f{}\x1f{}\x1f{}", live.snapshot->digest(), fact.source(),
                            fact.is_remote() ? fact.name : "", waiting.asked.arguments);
  bool may_share = fact.max_age_ms > 0 && !anew;
  if (const auto* kept = may_share ? cache_.find(waiting.key, loop_.now_ms(), fact.max_age_ms) : nullptr) {
    waiting.kept = *kept;
    return;
  }
  auto& mine = own[waiting.key];
  if (auto joined = shared_.find(waiting.key); !mine && may_share && joined != shared_.end()) mine = joined->second;
  if (!mine) {
    mine = std::make_shared<Flight>();
    if (may_share) shared_[waiting.key] = mine;
    Question question{
        .snapshot = live.snapshot, .fact = &fact, .arguments = waiting.asked.arguments, .timeout_ms = fact.timeout_ms};
    async::spawn(loop_, fly(mine, std::move(question), action, waiting.key, may_share));
  }
  waiting.flight = mine;
}

// Counts as a call of its source while it is under way, so that a kill switch stops it too.
async::Task<void> FactReader::fly(std::shared_ptr<Flight> flight, Question question, domain::Action action,
                                  std::string key, bool shared) {
  const std::string& tool = question.fact->tool;
  action.kind = domain::ActionKind::tool;
  action.name = question.fact->source();
  action.upstream = tool.substr(0, tool.find('/'));
  InFlight::Entry flying(in_flight_, action);
  question.stopped = &flying.stopped();
  flight->answer = co_await sources_.ask(std::move(question));
  flight->at_ms = loop_.clock().now_ms();
  flight->tick_ms = loop_.now_ms();
  if (*flight->answer) cache_.keep(key, {**flight->answer, flight->at_ms, flight->tick_ms});
  if (auto mine = shared_.find(key); shared && mine != shared_.end() && mine->second == flight) shared_.erase(mine);
  flight->done.set();
}

FactReading FactReader::settle(const Waiting& waiting, const Live& live, const domain::Action& action,
                               json::Value args) const {
  const domain::Fact& fact = waiting.asked.fact();
  if (!waiting.asked.problem.empty()) return unknown(fact, FactReading::State::unavailable, waiting.asked.problem);
  const Flight* flight = waiting.flight.get();
  if (flight && !flight->done.is_set()) {
    return unknown(fact, FactReading::State::timeout,
                   fmt::format("no answer within {}", format_duration_ms(fact.timeout_ms)));
  }
  if (flight && !*flight->answer) {
    const Error& error = flight->answer->error();
    bool late = error.code == Code::deadline_exceeded;
    return unknown(fact, late ? FactReading::State::timeout : FactReading::State::unavailable, error.message);
  }
  const SourceAnswer& said = flight ? **flight->answer : waiting.kept->said;
  std::int64_t tick_ms = flight ? flight->tick_ms : waiting.kept->tick_ms;
  auto document = json::Document::parse(said.result, {.bytes_max = 2 * kFactBytesMax});
  if (!document) return unknown(fact, FactReading::State::unavailable, document.error().message);
  auto value = policy::fact_value(*live.plan, waiting.asked, action, args, document->root());
  FactReading reading = value ? FactReading{.fact = fact.name, .state = FactReading::State::known, .value = *value}
                              : unknown(fact, FactReading::State::wrong_type, value.error().message);
  reading.source = fact.source();
  reading.decision_id = said.decision_id;
  reading.digest = said.digest;
  reading.within_ms = said.within_ms;
  reading.at_ms = flight ? flight->at_ms : waiting.kept->at_ms;
  reading.age_ms = std::max<std::int64_t>(0, loop_.now_ms() - tick_ms);
  return reading;
}

}  // namespace bw::gateway
