// SPDX-License-Identifier: Apache-2.0
#include "execution/input_rounds.h"

#include <fmt/format.h>

#include "execution/limits.h"
#include "execution/link.h"
#include "json/writer.h"
#include "mcp/protocol.h"
#include "mcp/splice.h"

namespace bw::execution {
namespace {

struct Question {
  std::string key;
  std::string method;
  std::string params;
};

Result<std::vector<Question>> questions(json::Value asked, const Caller& caller) {
  std::vector<Question> found;
  for (auto [key, value] : asked.members()) {
    auto method = value["method"].string().value_or("");
    auto capability = mcp::capability_for(method);
    if (capability.empty() || !declares(caller.capabilities, capability)) {
      return fail(Code::failed_precondition,
                  fmt::format("the upstream asks for `{}`, which the caller cannot give", method));
    }
    auto params = value["params"];
    found.push_back(
        {std::string(key), std::string(method), params.is(json::Kind::object) ? std::string(params.raw()) : "{}"});
  }
  return found;
}

async::Task<Result<std::string>> ask(Flight& flight, Question question) {
  bool may_cancel = question.method == mcp::method::elicit;
  if (!flight.call.peer)
    co_return fail(Code::failed_precondition, "nobody can be asked what the upstream wants to know");
  flight.patience.pause();
  auto said = co_await flight.call.peer->request(std::move(question.method), std::move(question.params));
  flight.patience.resume();
  if (!said && may_cancel) co_return std::string(R"({"action":"cancel"})");
  if (!said) co_return fail(std::move(said).error().with("the caller did not answer what the upstream wants to know"));
  co_return said;
}

}  // namespace

bool asks_something(std::string_view input_required) {
  auto asked = mcp::get_member(input_required, "inputRequests");
  return asked && mcp::set_member(*asked, "x", "1") != R"({"x":1})";
}

async::Task<Result<std::string>> answer_questions(Flight& flight, std::string params, std::string input_required) {
  auto document = json::Document::parse(std::move(input_required), kMessageLimits);
  if (!document) co_return fail(std::move(document).error());
  auto state = document->root()["requestState"].raw();
  auto wanted = questions(document->root()["inputRequests"], flight.call.caller);
  if (!wanted) co_return fail(std::move(wanted).error());
  json::Writer w;
  w.begin_object();
  for (auto& question : *wanted) {
    auto key = question.key;
    auto said = co_await ask(flight, std::move(question));
    if (!said) co_return fail(std::move(said).error());
    w.member_raw(key, *said);
  }
  w.end_object();
  params = mcp::remove_member(mcp::remove_member(params, "inputResponses"), "requestState");
  if (!wanted->empty()) params = mcp::set_member(params, "inputResponses", w.text());
  if (!state.empty()) params = mcp::set_member(params, "requestState", state);
  co_return params;
}

}  // namespace bw::execution
