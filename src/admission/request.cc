// SPDX-License-Identifier: Apache-2.0
#include "admission/request.h"

#include "json/document.h"
#include "json/writer.h"

namespace bw::admission {
namespace {

void write_principal(json::Writer& out, const domain::Principal& principal) {
  out.begin_object().member("agent", principal.agent).member("workflow", principal.workflow);
  out.member("environment", principal.environment).member("token", principal.token).end_object();
}

void write_profile(json::Writer& out, const domain::ToolProfile& profile) {
  out.begin_object().member("tier", name(profile.tier)).member("reversible", profile.reversible);
  out.key("touches").begin_array();
  for (auto touch : profile.touches) out.string(name(touch));
  out.end_array().member("environment", profile.environment).member("undo", profile.undo);
  out.member("system_owner", profile.system_owner).member("risk_owner", profile.risk_owner);
  out.member("accountable", profile.accountable).end_object();
}

std::string text_of(json::Value value) { return std::string(value.string().value_or("")); }

domain::Principal read_principal(json::Value from) {
  return {.agent = text_of(from["agent"]),
          .workflow = text_of(from["workflow"]),
          .environment = text_of(from["environment"]),
          .token = text_of(from["token"])};
}

// False for words that are none.
bool read_profile(json::Value from, domain::ToolProfile& profile) {
  auto tier = domain::parse_tier(text_of(from["tier"]));
  if (!tier) return false;
  profile.tier = *tier;
  profile.reversible = from["reversible"].boolean().value_or(false);
  for (auto element : from["touches"].elements()) {
    auto touch = domain::parse_touch(text_of(element));
    if (!touch) return false;
    profile.touches.push_back(*touch);
  }
  profile.environment = text_of(from["environment"]);
  profile.undo = text_of(from["undo"]);
  profile.system_owner = text_of(from["system_owner"]);
  profile.risk_owner = text_of(from["risk_owner"]);
  profile.accountable = text_of(from["accountable"]);
  return true;
}

}  // namespace

std::string write_request(const HeldRequest& request) {
  const auto& action = request.action;
  json::Writer out;
  out.begin_object().member("action", action.id).member("run", action.run).key("principal");
  write_principal(out, action.principal);
  out.member("kind", name(action.kind)).member("upstream", action.upstream).member("name", action.name).key("profile");
  write_profile(out, action.profile);
  out.member("tool_digest", action.tool_digest).member("digest", action.digest).member("at_ms", action.at_ms);
  out.member("terms", request.terms).end_object();
  return std::move(out).text();
}

Result<HeldRequest> held_request(const TicketRow& ticket, const ContentValues& held) {
  if (!held.erased_by[static_cast<std::size_t>(ledger::Field::text)]) return parse_request(held.text, held.args);
  HeldRequest out;
  out.action.id = ticket.action;
  out.action.run = ticket.run;
  out.action.principal = {
      .agent = ticket.agent, .workflow = ticket.workflow, .environment = ticket.environment, .token = {}};
  out.action.upstream = ticket.upstream;
  out.action.name = ticket.tool;
  out.action.profile.tier = ticket.tier;
  out.action.digest = ticket.digest;
  out.action.arguments = held.args;
  out.action.at_ms = ticket.opened_at_ms;
  return out;
}

Result<HeldRequest> parse_request(std::string_view text, std::string_view arguments) {
  auto document = json::Document::parse(std::string(text), {.bytes_max = text.size() + 1});
  if (!document) return fail(Code::data_loss, "a held request cannot be read: " + document.error().message);
  auto root = document->root();
  HeldRequest request;
  auto& action = request.action;
  auto kind = domain::parse_action_kind(text_of(root["kind"]));
  auto at = root["at_ms"].integer();
  if (!kind || !at || !read_profile(root["profile"], action.profile))
    return fail(Code::data_loss, "a held request cannot be read");
  action.kind = *kind;
  action.at_ms = *at;
  action.id = text_of(root["action"]);
  action.run = text_of(root["run"]);
  action.principal = read_principal(root["principal"]);
  action.upstream = text_of(root["upstream"]);
  action.name = text_of(root["name"]);
  action.tool_digest = text_of(root["tool_digest"]);
  action.digest = text_of(root["digest"]);
  action.arguments = std::string(arguments);
  request.terms = text_of(root["terms"]);
  return request;
}

std::string write_reviewers(const std::vector<std::string>& reviewers) {
  json::Writer out;
  out.begin_array();
  for (const auto& reviewer : reviewers) out.string(reviewer);
  out.end_array();
  return std::move(out).text();
}

Result<std::optional<std::vector<std::string>>> parse_reviewers(std::string_view reviewers, std::string_view text) {
  auto stored = reviewers.empty() ? text : reviewers;
  if (stored.empty()) return std::nullopt;
  auto document = json::Document::parse(std::string(stored), {.bytes_max = stored.size() + 1});
  if (!document) return fail(Code::data_loss, "who may decide cannot be read: " + document.error().message);
  auto list = reviewers.empty() ? document->root()["reviewers"] : document->root();
  if (!list && reviewers.empty()) return std::nullopt;
  if (!list.is(json::Kind::array)) return fail(Code::data_loss, "who may decide is no list of names");
  std::vector<std::string> out;
  for (auto element : list.elements()) {
    auto name = element.string();
    if (!name) return fail(Code::data_loss, "who may decide is no list of names");
    out.emplace_back(*name);
  }
  return out;
}

}  // namespace bw::admission
