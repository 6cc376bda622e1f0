// SPDX-License-Identifier: Apache-2.0
#include "execution/suspended.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <optional>

#include "base/text.h"
#include "crypto/random.h"
#include "execution/limits.h"
#include "json/canonical.h"
#include "json/writer.h"
#include "mcp/splice.h"

namespace bw::execution {
namespace {

// What a call is, apart from how far it has come.
std::string identity(const Call& call) {
  auto params = mcp::remove_member(
      mcp::remove_member(mcp::remove_member(call.params, "inputResponses"), "requestState"), "_meta");
  auto document = json::Document::parse(params, kMessageLimits);
  if (!document) return {};
  auto canonical = json::canonical(document->root());
  return canonical ? call.method + ' ' + *canonical : std::string();
}

std::string without_state(std::string_view params) {
  return mcp::remove_member(mcp::remove_member(params, "inputResponses"), "requestState");
}

}  // namespace

// A call that goes on whether or not somebody waits for it. Towards the upstream's link it is the caller's peer.
class SuspendedCalls::Held final : public Peer {
 public:
  struct Question {
    std::string key, method, params;
    std::optional<Result<std::string>> answer;
    async::Event answered;
  };

  Held(async::Loop& loop, std::shared_ptr<Link> by, Call call, std::int64_t timeout_ms)
      : link(std::move(by)), what(identity(call)), flight(loop, prepared(std::move(call)), timeout_ms) {}

  async::Task<void> notify(std::string method, std::string params) override {
    if (!listener) co_return;
    ++notifying;
    co_await listener->notify(std::move(method), std::move(params));
    --notifying;
    changed.set();
  }

  async::Task<Result<std::string>> request(std::string method, std::string params) override {
    if (given_up) co_return fail(Code::cancelled, "the caller went away");
    auto question = std::make_shared<Question>();
    question->key = fmt::format("q{}", ++asked_);
    question->method = std::move(method);
    question->params = std::move(params);
    questions.push_back(question);
    changed.set();
    co_await async::wait_any(kSuspendedMs, question->answered);
    std::erase(questions, question);
    if (!question->answer) {
      given_up = true;
      co_return fail(Code::deadline_exceeded, "the caller did not come back with an answer");
    }
    co_return std::move(*question->answer);
  }

  void give_up() {
    given_up = true;
    flight.patience.end(Patience::End::cancelled);
    for (auto& question : questions) question->answered.set();
  }

  std::shared_ptr<Link> link;
  std::string what;
  Flight flight;
  Peer* listener = nullptr;  // of the round that waits, if one does
  int notifying = 0;
  bool given_up = false;
  std::deque<std::shared_ptr<Question>> questions;
  std::optional<CallResult> result;
  async::Event changed;

 private:
  // The caller of the first round is not the one who waits later: its peer and its cancellation stay behind.
  Call prepared(Call call) {
    call.params = without_state(call.params);
    call.peer = this;
    call.cancelled = nullptr;
    return call;
  }
  int asked_ = 0;
};

SuspendedCalls::~SuspendedCalls() = default;

async::Task<void> SuspendedCalls::run(std::shared_ptr<Held> held) {
  auto result = co_await held->link->call(held->flight);
  held->result.emplace(std::move(result));
  held->changed.set();
}

CallResult SuspendedCalls::ask_caller(std::shared_ptr<Held> held) {
  std::erase_if(held_, [](const auto& entry) { return entry.second->given_up; });
  if (held_.size() >= kSuspendedMax) {
    held->give_up();
    return failure(domain::Outcome::ambiguous, Code::resource_exhausted, "too many calls wait for their callers");
  }
  auto state = "bw1." + to_hex(crypto::random_salt(16));
  json::Writer w;
  w.begin_object().member("resultType", "input_required").key("inputRequests").begin_object();
  for (const auto& question : held->questions) {
    if (question->answered.is_set()) continue;
    w.key(question->key)
        .begin_object()
        .member("method", question->method)
        .member_raw("params", question->params)
        .end_object();
  }
  w.end_object().member("requestState", state).end_object();
  held_.emplace(std::move(state), std::move(held));
  return Reply{Reply::Kind::input_required, std::move(w).text()};
}

std::shared_ptr<SuspendedCalls::Held> SuspendedCalls::take_up(const Call& call, std::string_view state) {
  auto found = held_.find(state);
  if (found == held_.end()) return nullptr;
  auto held = found->second;
  if (held->flight.call.caller.session != call.caller.session || held->what != identity(call)) return nullptr;
  held_.erase(found);  // a state is good once; a question that stays open gets a new one
  auto responses =
      json::Document::parse(std::string(mcp::get_member(call.params, "inputResponses").value_or("{}")), kMessageLimits);
  if (!responses) return held;
  for (auto& question : held->questions) {
    auto answer = responses->root()[question->key];
    if (!answer.is(json::Kind::object)) continue;
    question->answer.emplace(std::string(answer.raw()));
    question->answered.set();
  }
  return held;
}

async::Task<CallResult> SuspendedCalls::round(std::shared_ptr<Held> held, Flight& flight) {
  held->listener = flight.call.peer;
  auto& over = flight.patience.over();
  auto open = [&held] {
    return std::ranges::any_of(held->questions, [](const auto& question) { return !question->answered.is_set(); });
  };
  while (!held->result && !open()) {
    held->changed.reset();
    co_await async::wait_any(async::kNever, held->changed, over);
    if (over.is_set()) {
      held->give_up();
      while (!held->result) {
        held->changed.reset();
        co_await async::wait(held->changed);
      }
    }
  }
  held->listener = nullptr;
  while (held->notifying > 0) {
    held->changed.reset();
    co_await async::wait(held->changed);
  }
  if (held->result) co_return std::move(*held->result);
  co_return ask_caller(std::move(held));
}

async::Task<CallResult> SuspendedCalls::call(std::shared_ptr<Link> link, Flight& flight, std::int64_t timeout_ms) {
  auto state = mcp::get_member(flight.call.params, "requestState");
  std::shared_ptr<Held> held;
  if (state) {
    held = take_up(flight.call, unquoted(*state));
    if (!held) {
      co_return Reply{
          Reply::Kind::error,
          R"({"code":-32602,"message":"nothing waits under this requestState","data":{"reason":"invalid_request_state"}})"};
    }
  } else {
    auto call = flight.call;
    held = std::make_shared<Held>(loop_, std::move(link), std::move(call), timeout_ms);
    async::spawn(loop_, run(held));
  }
  auto result = co_await round(std::move(held), flight);
  co_return result;
}

void SuspendedCalls::close_session(std::string_view session) {
  std::erase_if(held_, [session](const auto& entry) {
    if (entry.second->flight.call.caller.session != session) return false;
    entry.second->give_up();
    return true;
  });
}

void SuspendedCalls::close_all() {
  for (auto& [state, held] : held_) held->give_up();
  held_.clear();
}

}  // namespace bw::execution
