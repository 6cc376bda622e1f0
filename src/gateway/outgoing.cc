// SPDX-License-Identifier: Apache-2.0
#include "gateway/outgoing.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "json/document.h"
#include "json/writer.h"

namespace bw::gateway {

using domain::Outcome;

std::string inputs_of(const std::string& params) {
  if (!params.contains("\"inputResponses\"") && !params.contains("\"requestState\"")) return {};
  auto document = json::Document::parse(params);
  if (!document) return {};
  auto responses = document->root()["inputResponses"], state = document->root()["requestState"];
  if (!responses && !state) return {};
  json::Writer w;
  w.begin_object();
  if (responses) w.member_raw("inputResponses", responses.raw());
  if (state) w.member_raw("requestState", state.raw());
  return std::move(w.end_object()).text();
}

void rebuild_call(Passage& passage) {
  const auto& action = passage.action;
  auto own_name = std::string_view(action.name).substr(std::min(action.name.size(), action.upstream.size() + 1));
  json::Writer w;
  w.begin_object();
  if (action.kind == domain::ActionKind::resource) {
    w.member("uri", action.name);
  } else {
    w.member("name", own_name).member_raw("arguments", action.arguments);
  }
  passage.call.params = std::move(w.end_object()).text();
  passage.call.method = action.kind == domain::ActionKind::tool       ? "tools/call"
                        : action.kind == domain::ActionKind::resource ? "resources/read"
                                                                      : "prompts/get";
}

Outcome settled_outcome(const domain::Action& action, Outcome outcome) {
  bool harmless = action.profile.tier == domain::Tier::read;
  return harmless && outcome == Outcome::ambiguous ? Outcome::failed : outcome;
}

Outcome outcome_of(const execution::Reply& reply) {
  if (reply.kind == execution::Reply::Kind::input_required) return Outcome::input_required;
  return reply.is_error || reply.kind == execution::Reply::Kind::error ? Outcome::failed : Outcome::succeeded;
}

}  // namespace bw::gateway
