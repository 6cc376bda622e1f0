// SPDX-License-Identifier: Apache-2.0
//
// A recorded run made ready to be played back: what its agent saw, and what each of its calls was answered.
#include <fmt/format.h>

#include "admission/change.h"
#include "json/document.h"
#include "replay/playback.h"
#include "replay/rejudge.h"

namespace bw::replay {
namespace {

using gateway::Answer;
using ledger::Kind;

constexpr json::Limits result_limits{.bytes_max = 16U << 20, .depth_max = 128, .values_max = 4'000'000};

// The newest of an action's contents of one field; empty when there is none, or no more.
const std::string* newest(const Step& step, ledger::Field field) {
  for (auto contents = step.record.contents.rbegin(); contents != step.record.contents.rend(); ++contents) {
    if (!contents->value(field).empty()) return &contents->value(field);
  }
  return nullptr;
}

// What the upstream said, as it said it: a JSON-RPC error has a code and a message, a result has none.
execution::Reply reply_of(const Step& step, const std::string& body) {
  execution::Reply reply{.body = body};
  auto document = json::Document::parse(body, result_limits);
  if (!document) return reply;
  auto root = document->root();
  if (step.record.row.outcome == domain::Outcome::input_required) {
    reply.kind = execution::Reply::Kind::input_required;
  } else if (root["code"].integer() && root["message"].string() && !root["content"]) {
    reply.kind = execution::Reply::Kind::error;
  }
  reply.is_error = root["isError"].boolean().value_or(false);
  return reply;
}

Answer refusal_of(const Step& step, const std::string& words) {
  Answer out;
  out.message = words;
  out.code = step.record.row.refused;
  if (out.code == "policy" || out.code.empty())
    out.code = step.first().rules.empty() ? "no_rule" : step.first().rules.front();
  return out;
}

Answer held(const Step& step) {
  Answer out;
  out.kind = Answer::Kind::held;
  out.receipt.ticket = step.record.row.ticket;
  out.digest = step.first().digest;
  out.expires_at_ms = step.first().expires_at_ms;
  out.message = "a person had to decide, and nothing was executed in this run";
  return out;
}

Answer answer_of(const Step& step) {
  const auto& row = step.record.row;
  const auto *body = newest(step, ledger::Field::out), *words = newest(step, ledger::Field::why);
  Answer out;
  if (!row.outcome) {
    bool waits = row.refused.empty() && step.first().kind == Kind::hold;
    out = waits ? held(step) : refusal_of(step, words ? *words : "it was refused; the words were erased");
  } else if (body) {
    out.kind = Answer::Kind::reply;
    out.reply = reply_of(step, *body);
  } else {
    out.kind = Answer::Kind::failed;
    out.code = name(*row.outcome);
    out.message = words ? *words : "what it was answered was erased";
  }
  if (row.outcome) out.outcome = *row.outcome;
  out.receipt.action = row.action;
  out.receipt.run = row.run;
  out.receipt.entry = step.record.entries.back().entry.seq;
  out.receipt.leaf = step.record.entries.back().leaf_hash;
  out.receipt.replayed = true;
  return out;
}

Result<std::string> asked(const Step& step) {
  const auto& contents = step.record.contents.front();
  if (contents.args.empty()) return std::string();
  return asked_arguments(contents.args, contents.checks);
}

bool is_agents_own(const Step& step) {
  for (const auto& stored : step.record.entries) {
    if (stored.entry.credential == admission::agents_own_credential) return true;
  }
  return false;
}

Result<std::vector<gateway::Pin>> accepted_pins(admission::Records& records) {
  std::vector<gateway::Pin> out;
  BW_TRY(auto stored, records.pins(""));
  for (auto& pin : stored) {
    if (pin.row.state != admission::Pin::State::accepted) continue;
    auto own_name = pin.row.tool.substr(std::min(pin.row.tool.size(), pin.row.upstream.size() + 1));
    out.push_back({.upstream = pin.row.upstream,
                   .tool = std::move(own_name),
                   .digest = pin.row.digest,
                   .definition = std::move(pin.definition)});
  }
  return out;
}

}  // namespace

Result<Record> make_record(const RecordedRun& run, admission::Records& records) {
  Record out;
  out.principal = {run.row.agent, run.row.workflow, run.row.environment, "playback"};
  for (std::size_t i = 0; i < run.steps.size(); ++i) {
    const Step& step = run.steps[i];
    if (is_agents_own(step)) {
      ++out.left_out;
      continue;
    }
    BW_TRY(auto arguments, asked(step));
    out.steps.push_back({.number = i + 1,
                         .name = step.first().tool,
                         .arguments = std::move(arguments),
                         .first = step.first().seq,
                         .last = step.record.entries.back().entry.seq,
                         .answer = answer_of(step)});
  }
  if (out.steps.empty())
    return fail(Code::failed_precondition, "nothing of this run was asked for over MCP, so there is nothing to serve");
  auto stored = records.snapshot(run.steps.front().first().snapshot);
  if (!stored || stored->text.empty())
    return fail(Code::failed_precondition, "the registry of this run is not kept, so its tools are not known");
  BW_TRY(out.snapshot, registry::Snapshot::from_canonical(stored->text));
  BW_TRY(out.pins, accepted_pins(records));
  return out;
}

}  // namespace bw::replay
