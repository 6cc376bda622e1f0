// SPDX-License-Identifier: Apache-2.0
#include "gateway/mcp/stateless_run.h"

#include <utility>

#include "mcp/build.h"
#include "mcp/protocol.h"

namespace bw::gateway {

StatelessRun::StatelessRun(std::string log_level, std::string progress_token, const McpLimits& limits)
    : log_level_(std::move(log_level)), progress_(std::move(progress_token)), limits_(limits) {}

void StatelessRun::update_news() {
  if (result_ || !notices_.empty()) {
    news_.set();
  } else {
    news_.reset();
  }
}

// A stateless client is told of nothing that it did not ask for with this very request.
async::Task<void> StatelessRun::notify(std::string method, std::string params) {
  if (notices_.size() >= limits_.notices_max) co_return;
  if (method == mcp::notification::progress) {
    auto passed = progress_.pass_on(params);
    if (passed) notices_.push_back(mcp::notification_text(method, *passed));
  } else if (method == mcp::notification::message && !log_level_.empty()) {
    notices_.push_back(mcp::notification_text(method, params));
  }
  update_news();
}

async::Task<Result<std::string>> StatelessRun::request(std::string, std::string) {
  co_return fail(Code::failed_precondition, "a stateless client is never sent a request");
}

void StatelessRun::finish(RpcResult result) {
  result_ = std::move(result);
  update_news();
}

std::optional<std::string> StatelessRun::take_notice() {
  if (notices_.empty()) return std::nullopt;
  auto notice = std::move(notices_.front());
  notices_.pop_front();
  update_news();
  return notice;
}

std::optional<RpcResult> StatelessRun::take_result() {
  auto result = std::exchange(result_, std::nullopt);
  update_news();
  return result;
}

std::string StatelessRun::sign_of_life() {
  return mcp::notification_text(
      mcp::notification::progress,
      progress_.sign_of_life("Not answered yet: it is running, or it waits for a person's approval"));
}

}  // namespace bw::gateway
