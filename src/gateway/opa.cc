// SPDX-License-Identifier: Apache-2.0
#include "gateway/opa.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "async/timer.h"
#include "base/clock.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "execution/credentials.h"
#include "json/document.h"
#include "json/writer.h"

namespace bw::gateway {
namespace {

constexpr json::Limits kLimits{.bytes_max = kOpaBytesMax, .depth_max = 32, .values_max = 10'000};
constexpr std::size_t kDecisionIdBytesMax = 128;
constexpr std::array<std::int64_t, 9> kLatencies{1, 5, 10, 50, 100, 500, 1000, 5000, 10'000};

// Ends an exchange as a whole, however little at a time its other side sends.
class Limit final : public async::Timer {
 public:
  Limit(async::Loop& loop, std::int64_t ms) : Timer(loop) { arm(ms); }
  async::Event over;

 private:
  void expired() override { over.set(); }
};

std::int64_t latency_class(std::int64_t took_ms) {
  for (std::int64_t most : kLatencies) {
    if (took_ms <= most) return most;
  }
  return kLatencies.back();
}

std::string input_of(const std::string& arguments) {
  json::Writer w;
  w.begin_object().member_raw("input", arguments).end_object();
  return std::move(w).text();
}

http::ClientRequest request_of(const Question& question) {
  http::ClientRequest request;
  request.method = "POST";
  request.url = question.fact->opa;
  request.body = input_of(question.arguments);
  request.partition = "fact\n" + question.fact->name;
  request.idempotent = true;
  request.body_bytes_max = kOpaBytesMax;
  request.connect_ms_max = request.response_ms_max = request.body_idle_ms_max = question.timeout_ms;
  request.headers.add("accept", "application/json");
  request.headers.add("content-type", "application/json");
  request.headers.add("user-agent", "bailiwick");
  return request;
}

std::unexpected<Error> malformed(std::string_view what) {
  return fail(Code::data_loss, fmt::format("malformed: OPA {}", what));
}

std::string open_text(const Breaker& breaker, std::int64_t left_ms) {
  std::int64_t seconds = (left_ms + 999) / 1000;
  std::string when = seconds > 0 ? fmt::format("it is tried again in {}s", seconds) : "one question tries it now";
  return fmt::format("breaker open: OPA failed {} times in a row; {}", breaker.failures(), when);
}

// What came instead of an answer, by the word that people look for.
Error named(const Error& error, std::int64_t timeout_ms) {
  if (error.code == Code::deadline_exceeded)
    return {error.code, fmt::format("late: no answer within {}", format_duration_ms(timeout_ms))};
  if (error.code == Code::data_loss || error.code == Code::resource_exhausted)
    return {Code::data_loss, "malformed: " + error.message};
  return {Code::unavailable, "unreachable: " + error.message};
}

}  // namespace

Result<SourceAnswer> read_opa_answer(std::string body) {
  std::string digest = to_hex(crypto::sha256(body));
  auto document = json::Document::parse(std::move(body), kLimits);
  if (!document) return malformed(fmt::format("answered no JSON that can be read: {}", document.error().message));
  auto root = document->root();
  if (!root.is(json::Kind::object)) return malformed("answered no object");
  auto id = root["decision_id"];
  bool is_id = !id || (id.string() && id.string()->size() <= kDecisionIdBytesMax);
  if (!is_id)
    return malformed(fmt::format("gave a `decision_id` that is no text of at most {} bytes", kDecisionIdBytesMax));
  auto result = root["result"];
  if (!result)
    return fail(Code::data_loss,
                "undefined: OPA has no decision for this input; is its bundle loaded, and the path right?");
  return SourceAnswer{.result = std::string(result.raw()),
                      .decision_id = printable(id.string().value_or("")),
                      .digest = std::move(digest)};
}

async::Task<Result<SourceAnswer>> OpaClient::ask(Question question) {
  const domain::Fact& fact = *question.fact;
  execution::Credentials credentials(question.snapshot->fact_credentials(fact.name));
  auto secrets = credentials.fields();
  if (!secrets) co_return fail(std::move(secrets).error());
  std::int64_t began_ms = loop_.now_ms();
  if (auto found = breakers_.find(fact.opa);
      found != breakers_.end() && !found->second.admits(fact.breaker, began_ms)) {
    co_return fail(Code::unavailable, open_text(found->second, found->second.left_ms(fact.breaker, began_ms)));
  }
  http::ClientRequest request = request_of(question);
  for (const auto& [name, value] : *secrets) request.headers.add(name, value);
  http::ClientResult answer = co_await send(std::move(request), question.timeout_ms);
  note(fact.opa, answer);
  if (!answer) co_return std::unexpected(named(answer.error(), question.timeout_ms));
  if (answer->status != 200)
    co_return fail(Code::unavailable, fmt::format("status {}: OPA answered no decision", answer->status));
  if (!is_json(answer->headers)) co_return malformed("answered no JSON");
  credentials.mask(answer->body);
  auto said = read_opa_answer(std::move(answer->body));
  if (said) said->within_ms = latency_class(loop_.now_ms() - began_ms);
  co_return said;
}

async::Task<http::ClientResult> OpaClient::send(http::ClientRequest request, std::int64_t timeout_ms) {
  Limit limit(loop_, timeout_ms);
  request.cancel = &limit.over;
  http::ClientResult answer = co_await client_.send(std::move(request));
  if (!answer && limit.over.is_set()) answer.error().code = Code::deadline_exceeded;
  co_return answer;
}

// An answer of whatever kind means that it is there; that it does not decide is no reason not to ask it.
void OpaClient::note(const std::string& url, const http::ClientResult& answer) {
  bool is_there = answer ? answer->status < 500
                         : answer.error().code != Code::unavailable && answer.error().code != Code::deadline_exceeded;
  if (is_there) {
    breakers_.erase(url);
  } else {
    breakers_[url].failed(loop_.now_ms());
  }
}

}  // namespace bw::gateway
