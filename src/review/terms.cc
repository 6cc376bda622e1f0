// SPDX-License-Identifier: Apache-2.0
#include "review/terms.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/text.h"
#include "json/document.h"
#include "json/writer.h"

namespace bw::review {
namespace {

// What the approve obligations say together.
struct Asked {
  std::vector<std::string> from;  // people and teams
  std::int64_t expires_in_ms = 0;
};

Result<Asked> join_obligations(const std::vector<domain::Obligation>& obligations) {
  Asked asked;
  for (const domain::Obligation& obligation : obligations) {
    if (obligation.type != "approve") continue;
    BW_TRY(auto document, json::Document::parse(obligation.arguments));
    auto root = document.root();
    for (json::Value name : root["from"].elements()) asked.from.emplace_back(name.string().value_or(""));
    if (auto expires = root["expires"].string()) {
      BW_TRY(std::int64_t ms, parse_duration_ms(*expires));
      asked.expires_in_ms = asked.expires_in_ms == 0 ? ms : std::min(asked.expires_in_ms, ms);
    }
  }
  return asked;
}

std::string record(const Terms& terms, const std::vector<std::string>& asked) {
  json::Writer w;
  w.begin_object().member("expires_in_ms", terms.expires_in_ms).key("asked").begin_array();
  for (const auto& name : asked) w.string(name);
  return std::move(w.end_array().end_object()).text();
}

}  // namespace

Result<Terms> terms(const registry::Snapshot& snapshot, const domain::Decision& decision, const std::string& workflow) {
  const registry::Workflow* declared = snapshot.workflow(workflow);
  if (!declared) return fail(Code::failed_precondition, fmt::format("no workflow `{}` in the registry", workflow));
  BW_TRY(Asked asked, join_obligations(decision.obligations));
  if (asked.from.empty()) asked.from = declared->reviewers;
  if (asked.from.empty()) asked.from = {declared->accountable};
  Terms out;
  out.reviewers = snapshot.humans(asked.from);
  out.expires_in_ms = asked.expires_in_ms > 0 ? asked.expires_in_ms : declared->hold_expires_ms;
  if (out.reviewers.empty()) {
    return fail(Code::failed_precondition,
                fmt::format("nobody of {} is an active person who could decide", join(asked.from, ", ")));
  }
  out.json = record(out, asked.from);
  return out;
}

Status may_decide(const registry::Snapshot& snapshot, const std::vector<std::string>& reviewers,
                  const std::string& person) {
  const registry::Person* known = snapshot.person(person);
  if (!known || !known->active()) {
    return fail(Code::permission_denied,
                fmt::format("`{}` is no active person of the registry; {} may decide", person, join(reviewers, ", ")));
  }
  if (std::ranges::find(reviewers, person) == reviewers.end()) {
    return fail(Code::permission_denied,
                fmt::format("`{}` is no reviewer of this action; {} may decide", person, join(reviewers, ", ")));
  }
  return {};
}

}  // namespace bw::review
