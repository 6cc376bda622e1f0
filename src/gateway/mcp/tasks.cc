// SPDX-License-Identifier: Apache-2.0
#include "gateway/mcp/tasks.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "gateway/mcp/answers.h"
#include "json/document.h"
#include "json/writer.h"
#include "mcp/build.h"
#include "mcp/splice.h"

namespace bw::gateway {

namespace {

constexpr std::string_view kExtension = "io.modelcontextprotocol/tasks";
constexpr std::string_view kComplete = R"({"resultType":"complete"})";
constexpr std::int64_t kPollMs = 3'000;
constexpr std::int64_t kQuickMs = 500;  // how long a poll waits for an execution that it has set off

std::string owner_of(const domain::Principal& principal) {
  return fmt::format("{}\x1f{}\x1f{}", principal.agent, principal.workflow, principal.environment);
}

std::unexpected<mcp::Refusal> undeclared() {
  json::Writer data;
  data.begin_object().key("requiredCapabilities").begin_object().key("extensions").begin_object();
  data.key(kExtension).begin_object().end_object().end_object().end_object().end_object();
  return rpc_error(mcp::code::missing_capability,
                   fmt::format("this request does not declare the extension {}", kExtension), std::move(data).text());
}

std::unexpected<mcp::Refusal> unknown(std::string_view id) {
  return rpc_error(mcp::code::invalid_params, fmt::format("there is no task {}", id));
}

// The members that every description of a task begins with; the object stays open.
void begin_task(json::Writer& w, std::string_view type, std::string_view id, std::string_view status,
                std::int64_t created_ms, std::int64_t changed_ms, std::int64_t ttl_ms) {
  w.begin_object().member("resultType", type).member("taskId", id).member("status", status);
  w.member("createdAt", format_time(created_ms)).member("lastUpdatedAt", format_time(changed_ms));
  w.member("ttlMs", std::max<std::int64_t>(0, ttl_ms));
}

bool is_settled(const Answer& answer) {
  return answer.kind != Answer::Kind::held && answer.kind != Answer::Kind::withdrawn;
}

}  // namespace

bool Tasks::declared(std::string_view capabilities) {
  auto extensions = mcp::get_member(capabilities, "extensions");
  return extensions && mcp::get_member(*extensions, kExtension).has_value();
}

std::string Tasks::without(std::string_view capabilities) {
  if (!declared(capabilities)) return std::string(capabilities);
  auto extensions = mcp::remove_member(*mcp::get_member(capabilities, "extensions"), kExtension);
  return mcp::set_member(capabilities, "extensions", extensions);
}

bool Tasks::is_method(std::string_view method) {
  return method == "tasks/get" || method == "tasks/cancel" || method == "tasks/update";
}

RpcResult Tasks::created(const Answer& answer) const {
  auto now_ms = parts_.clock.now_ms();
  json::Writer w;
  begin_task(w, "task", answer.receipt.ticket, "working", now_ms, now_ms,
             answer.expires_at_ms - now_ms + limits_.task_kept_ms);
  w.member("statusMessage", fmt::format("Waiting for a person's approval: {}", answer.message));
  w.member("pollIntervalMs", std::max(answer.retry_after_ms, kPollMs)).end_object();
  return std::move(w).text();
}

async::Task<RpcResult> Tasks::answer(Ask ask) {
  if (!declared(ask.capabilities)) co_return undeclared();
  auto given = ask.message.params["taskId"].string();
  if (!given) co_return rpc_error(mcp::code::invalid_params, "`taskId` must be a string");
  std::string id(*given);
  if (ask.message.method == "tasks/get") {
    auto result = co_await get(std::move(ask), std::move(id));
    co_return result;
  }
  if (ask.message.method == "tasks/cancel") {
    auto result = co_await cancel(std::move(ask), std::move(id));
    co_return result;
  }
  co_return rpc_error(mcp::code::invalid_params, "this task waits for no input of its client");
}

async::Task<RpcResult> Tasks::get(Ask ask, std::string id) {
  auto owner = owner_of(ask.principal);
  auto known = runs_.find(id);
  auto run = known == runs_.end() ? nullptr : known->second;
  if (run != nullptr && run->owner != owner) co_return unknown(id);
  auto principal = ask.principal;
  auto ticket = co_await parts_.tickets.find(std::move(principal), id);
  if (!ticket) co_return unknown(id);
  if (run == nullptr && ticket->state == domain::TicketState::held) {
    co_return working(id, ticket->created_ms, ticket->changed_ms, ticket->expires_ms);
  }
  if (run == nullptr) {
    run = std::make_shared<Run>();
    run->owner = std::move(owner);
    run->created_ms = ticket->created_ms;
    run->changed_ms = ticket->changed_ms;
    runs_.emplace(id, run);
    async::spawn(parts_.loop, carry_out(run, std::move(ask), id));
  }
  if (!run->answer) [[maybe_unused]]
    auto first = co_await async::wait_any(kQuickMs, run->done);
  if (!run->answer || !is_settled(*run->answer)) {
    auto result = working(id, run->created_ms, run->changed_ms, ticket->expires_ms);
    if (run->answer) runs_.erase(id);
    co_return result;
  }
  co_return settled(id, *run);
}

async::Task<void> Tasks::carry_out(std::shared_ptr<Run> run, Ask ask, std::string id) {
  execution::Call call{.caller = ask.caller, .cancelled = &run->cancelled};
  auto principal = ask.principal;
  auto answer =
      co_await parts_.path.await(std::move(principal), std::move(id), CarriedOutBy::bailiwick, std::move(call), 0);
  run->answer = std::move(answer);
  run->changed_ms = parts_.clock.now_ms();
  run->done.set();
}

async::Task<RpcResult> Tasks::cancel(Ask ask, std::string id) {
  auto principal = ask.principal;
  auto ticket = co_await parts_.tickets.find(std::move(principal), id);
  if (!ticket) co_return unknown(id);
  if (auto run = runs_.find(id); run != runs_.end()) run->second->cancelled.set();
  if (ticket->state == domain::TicketState::held || ticket->state == domain::TicketState::approved) {
    auto by = ask.principal;
    [[maybe_unused]] auto answer = co_await parts_.path.withdraw(std::move(by), std::move(id));
  }
  co_return std::string(kComplete);
}

RpcResult Tasks::working(std::string_view id, std::int64_t created_ms, std::int64_t changed_ms,
                         std::int64_t expires_ms) const {
  json::Writer w;
  begin_task(w, "complete", id, "working", created_ms, changed_ms,
             expires_ms - parts_.clock.now_ms() + limits_.task_kept_ms);
  w.member("statusMessage", "Waiting for a person's approval, or being carried out").member("pollIntervalMs", kPollMs);
  return std::move(w.end_object()).text();
}

RpcResult Tasks::settled(std::string_view id, const Run& run) const {
  const auto& answer = *run.answer;
  auto ttl_ms = run.changed_ms + limits_.task_kept_ms - parts_.clock.now_ms();
  json::Writer w;
  if (answer.kind == Answer::Kind::denied && answer.code == "withdrawn") {
    begin_task(w, "complete", id, "cancelled", run.created_ms, run.changed_ms, ttl_ms);
    return std::move(w.end_object()).text();
  }
  auto result = to_rpc(answer, mcp::Era::stateless, mcp::method::tools_call, id);
  begin_task(w, "complete", id, result ? "completed" : "failed", run.created_ms, run.changed_ms, ttl_ms);
  if (result) {
    w.member_raw("result", *result);
  } else {
    w.member_raw("error", mcp::error_object(result.error().code, result.error().message, result.error().data));
  }
  return std::move(w.end_object()).text();
}

void Tasks::sweep() {
  auto now_ms = parts_.clock.now_ms();
  std::erase_if(runs_, [&](const auto& entry) {
    return entry.second->answer && now_ms - entry.second->changed_ms > limits_.task_kept_ms;
  });
}

}  // namespace bw::gateway
