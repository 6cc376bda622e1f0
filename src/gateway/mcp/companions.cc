// SPDX-License-Identifier: Apache-2.0
#include "gateway/mcp/companions.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/clock.h"
#include "gateway/companion_names.h"
#include "gateway/mcp/answers.h"
#include "json/writer.h"

namespace bw::gateway {

namespace {

constexpr std::array<std::string_view, 3> kDefinitions = {
    R"({"name":"bailiwick_await","title":"Wait for an approval","description":"Waits up to 45 seconds for a person to decide about a held call. Pass the ticket that the held call returned. When it was approved, the held call is carried out, once, and its result is returned. While the answer says that it is still waiting, call this again; do not repeat the original call and do not look for another way to the same effect.","inputSchema":{"type":"object","properties":{"ticket":{"type":"string","description":"The ticket, tkt_…"}},"required":["ticket"],"additionalProperties":false},"annotations":{"openWorldHint":false}})",
    R"({"name":"bailiwick_withdraw","title":"Take a held call back","description":"Withdraws a held call that is not needed any more, so that nobody has to decide about it. It will then never be carried out.","inputSchema":{"type":"object","properties":{"ticket":{"type":"string","description":"The ticket, tkt_…"}},"required":["ticket"],"additionalProperties":false},"annotations":{"destructiveHint":false,"idempotentHint":true,"openWorldHint":false}})",
    R"({"name":"bailiwick_pending","title":"List held calls","description":"Lists your own calls that wait for a person's approval, with their tickets.","inputSchema":{"type":"object","properties":{},"additionalProperties":false},"annotations":{"readOnlyHint":true,"openWorldHint":false}})",
};

std::string pending_text(const std::vector<Ticket>& open) {
  if (open.empty()) return "Nothing is waiting for approval.";
  std::string text = fmt::format("{} waiting:", open.size());
  for (const auto& ticket : open) {
    text += fmt::format("\n{} {} ({}), expires at {}", ticket.id, ticket.name, domain::name(ticket.state),
                        format_time(ticket.expires_ms));
  }
  return text;
}

}  // namespace

std::span<const std::string_view> companion_definitions() { return kDefinitions; }

bool is_companion(std::string_view exposed) {
  return std::ranges::find(companion::all, exposed) != companion::all.end();
}

async::Task<RpcResult> Companions::call(Ask ask, execution::Call call) {
  auto name = ask.message.params["name"].string().value_or("");
  if (name == companion::pending) {
    auto result = co_await pending(std::move(ask));
    co_return result;
  }
  auto given = ask.message.params["arguments"]["ticket"].string();
  if (!given) co_return text_result("`ticket` is missing: pass the ticket that the held call returned", true);
  std::string ticket(*given);
  if (name == companion::withdraw) {
    auto result = co_await withdraw(std::move(ask), std::move(ticket));
    co_return result;
  }
  auto result = co_await await(std::move(ask), std::move(ticket), std::move(call));
  co_return result;
}

async::Task<RpcResult> Companions::await(Ask ask, std::string ticket, execution::Call call) {
  auto principal = ask.principal;
  auto answer = co_await path_.await(std::move(principal), std::move(ticket), CarriedOutBy::bailiwick, std::move(call),
                                     limits_.await_ms);
  if (answer.kind == Answer::Kind::denied && answer.code == "unknown") co_return text_result(answer.message, true);
  if (answer.kind == Answer::Kind::reply && answer.reply.kind == execution::Reply::Kind::input_required) {
    co_return text_result("NOT EXECUTED — the tool asks for input; call the tool itself again", true);
  }
  co_return to_rpc(answer, ask.era, mcp::method::tools_call, companion::await);
}

async::Task<RpcResult> Companions::withdraw(Ask ask, std::string ticket) {
  auto principal = ask.principal;
  auto answer = co_await path_.withdraw(std::move(principal), std::move(ticket));
  co_return text_result(answer.message, answer.code != "withdrawn");
}

async::Task<RpcResult> Companions::pending(Ask ask) {
  auto open = co_await tickets_.open(ask.principal);
  if (!open)
    co_return text_result(fmt::format("the open tickets cannot be listed now: {}", open.error().message), true);
  co_return text_result(pending_text(*open), false);
}

}  // namespace bw::gateway
