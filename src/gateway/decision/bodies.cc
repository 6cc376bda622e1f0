// SPDX-License-Identifier: Apache-2.0
#include "gateway/decision/bodies.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "gateway/run_name.h"
#include "json/document.h"

namespace bw::gateway {
namespace {

constexpr json::Limits kLimits{.bytes_max = 4U << 20, .depth_max = 64, .values_max = 200'000};

Result<json::Document> read(std::string body, const std::vector<std::string>& keys) {
  BW_TRY(auto document, json::Document::parse(std::move(body), kLimits));
  if (!document.root().is(json::Kind::object)) return fail(Code::invalid_argument, "expected a JSON object");
  for (auto [key, value] : document.root().members()) {
    if (std::ranges::find(keys, key) == keys.end())
      return fail(Code::invalid_argument, fmt::format("unknown key `{}`; {}", printable(key, 40), suggest(key, keys)));
  }
  return document;
}

// The text of a key, or empty when it is absent.
Result<std::string> text_of(json::Value root, std::string_view key) {
  auto given = root[key];
  if (!given) return std::string();
  if (auto text = given.string()) return std::string(*text);
  return fail(Code::invalid_argument, fmt::format("`{}`: expected a string", key));
}

Result<std::string> required(json::Value root, std::string_view key) {
  BW_TRY(auto text, text_of(root, key));
  if (text.empty()) return fail(Code::invalid_argument, fmt::format("`{}` is missing", key));
  return text;
}

Result<std::int64_t> hold_of(json::Value root) {
  auto given = root["hold_ms"];
  if (!given) return -1;
  auto ms = given.integer();
  if (ms && *ms >= 0 && *ms <= kHoldMsMax) return *ms;
  return fail(Code::invalid_argument, fmt::format("`hold_ms`: expected a whole number from 0 to {}", kHoldMsMax));
}

}  // namespace

Result<Proposal> read_proposal(std::string body) {
  BW_TRY(auto document, read(std::move(body), {"tool", "arguments", "run", "hold_ms"}));
  auto root = document.root();
  Proposal proposal;
  BW_TRY(proposal.tool, required(root, "tool"));
  auto slash = proposal.tool.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == proposal.tool.size() || proposal.tool.size() > 256)
    return fail(Code::invalid_argument, "`tool`: expected UPSTREAM/TOOL, as the registry names it");
  if (auto arguments = root["arguments"]) {
    if (!arguments.is(json::Kind::object)) return fail(Code::invalid_argument, "`arguments`: expected an object");
    proposal.arguments = arguments.raw();
  }
  BW_TRY(proposal.run, text_of(root, "run"));
  if (root["run"] && !is_run_name(proposal.run))
    return fail(Code::invalid_argument, "`run`: expected 1 to 128 of A-Z a-z 0-9 _ . : -");
  BW_TRY(proposal.hold_ms, hold_of(root));
  return proposal;
}

Result<std::int64_t> read_hold(std::string body) {
  if (body.empty()) return -1;
  BW_TRY(auto document, read(std::move(body), {"hold_ms"}));
  return hold_of(document.root());
}

Result<Report> read_report(std::string body) {
  BW_TRY(auto document, read(std::move(body), {"outcome", "result", "error"}));
  auto root = document.root();
  Report report;
  BW_TRY(auto word, required(root, "outcome"));
  auto outcome = domain::parse_outcome(word);
  // That nothing happened would free what was spent, and is only the agent's word.
  bool is_agents = outcome == domain::Outcome::succeeded || outcome == domain::Outcome::failed ||
                   outcome == domain::Outcome::ambiguous;
  if (!is_agents)
    return fail(
        Code::invalid_argument,
        "`outcome`: expected succeeded, failed (also of what was not done after all) or ambiguous (when it is not "
        "known what happened)");
  report.outcome = *outcome;
  report.result = root["result"].raw();
  BW_TRY(report.error, text_of(root, "error"));
  return report;
}

}  // namespace bw::gateway
