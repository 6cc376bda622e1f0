// SPDX-License-Identifier: Apache-2.0
#include "gateway/fact_sources.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/text.h"
#include "execution/credentials.h"
#include "http/message.h"
#include "json/document.h"
#include "json/writer.h"
#include "registry/yaml.h"

namespace bw::gateway {
namespace {

constexpr json::Limits fact_limits{.bytes_max = kFactBytesMax, .depth_max = 32, .values_max = 50'000};

Result<std::string> checked(std::string text, std::string_view from) {
  auto document = json::Document::parse(std::move(text), fact_limits);
  if (!document)
    return fail(Code::data_loss,
                fmt::format("{} answered no JSON that can be read: {}", from, document.error().message));
  return std::string(document->text());
}

// The text of a result that has one text and nothing else.
std::optional<std::string_view> only_text(json::Value result) {
  auto content = result["content"];
  if (content.size() != 1 || content.at(0)["type"].string() != "text") return std::nullopt;
  return content.at(0)["text"].string();
}

Result<std::string> of_tool(const execution::Reply& reply, const std::string& tool) {
  if (reply.kind == execution::Reply::Kind::input_required)
    return fail(Code::unavailable, fmt::format("{} asks for more before it answers", tool));
  if (reply.kind == execution::Reply::Kind::error || reply.is_error)
    return fail(Code::unavailable, fmt::format("{} answered with an error", tool));
  auto document = json::Document::parse(reply.body, fact_limits);
  if (!document)
    return fail(Code::data_loss, fmt::format("{} answered what cannot be read: {}", tool, document.error().message));
  if (auto structured = document->root()["structuredContent"]) return std::string(structured.raw());
  auto text = only_text(document->root());
  if (!text) return fail(Code::data_loss, fmt::format("{} answered neither structured content nor one text", tool));
  auto as_json = json::Document::parse(std::string(*text), fact_limits);
  return as_json ? std::string(as_json->text()) : json::quoted(*text);
}

// A scalar as it stands in a query; nothing for a list or map.
std::optional<std::string> query_text(json::Value value) {
  if (auto text = value.string()) return std::string(*text);
  if (value.is(json::Kind::array) || value.is(json::Kind::object)) return std::nullopt;
  return std::string(value.raw());
}

Result<std::string> with_query(const std::string& url, const std::string& arguments) {
  BW_TRY(auto document, json::Document::parse(arguments));
  std::string out = url;
  for (auto [name, value] : document.root().members()) {
    auto text = query_text(value);
    if (!text) return fail(Code::unavailable, fmt::format("argument `{}` is no single value", name));
    out += out.contains('?') ? '&' : '?';
    out += fmt::format("{}={}", http::percent_encode(name), http::percent_encode(*text));
  }
  return out;
}

}  // namespace

Result<std::string> read_fact_file(const std::string& folder, const std::string& file) {
  namespace fs = std::filesystem;
  auto missing = [&file](std::string_view why) {
    return fail(Code::unavailable, fmt::format("{} cannot be read: {}", file, why));
  };
  std::error_code failed;
  auto root = fs::canonical(folder, failed);
  auto path = failed ? fs::path() : fs::canonical(root / file, failed);
  if (failed) return missing(failed.message());
  auto relative = path.lexically_relative(root);
  if (relative.empty() || *relative.begin() == "..") return missing("it leads out of the registry");
  if (!fs::is_regular_file(path, failed)) return missing("it is no file");
  if (auto size = fs::file_size(path, failed); failed || size > kFactBytesMax)
    return missing(fmt::format("it is larger than {} bytes", kFactBytesMax));
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in) return missing("reading failed");
  if (file.ends_with(".json")) return checked(std::move(text), file);
  Diagnostics diagnostics;
  auto yaml = registry::read_yaml(file, text, diagnostics);
  if (!diagnostics.empty()) return fail(Code::data_loss, format(diagnostics.front()));
  if (yaml.documents.size() != 1) return fail(Code::data_loss, fmt::format("{} holds not one document", file));
  return registry::to_json(yaml.documents.front());
}

async::Task<Result<SourceAnswer>> FactSources::ask(Question question) {
  if (question.stopped && question.stopped->is_set())
    co_return fail(Code::cancelled, "stopped by a kill switch before it was asked");
  if (!question.fact->opa.empty()) {
    Result<SourceAnswer> decided = co_await opa_.ask(std::move(question));
    co_return decided;
  }
  Result<std::string> plain = co_await ask_plain(std::move(question));
  if (!plain) co_return fail(std::move(plain).error());
  co_return SourceAnswer{.result = std::move(*plain)};
}

async::Task<Result<std::string>> FactSources::ask_plain(Question question) {
  if (!question.fact->tool.empty()) {
    Result<std::string> answer = co_await ask_tool(std::move(question));
    co_return answer;
  }
  if (!question.fact->url.empty()) {
    Result<std::string> answer = co_await ask_url(std::move(question));
    co_return answer;
  }
  auto read = [folder = parts_.folder, file = question.fact->file] { return read_fact_file(folder, file); };
  Result<std::string> answer = co_await async::offload(parts_.pool, std::move(read));
  co_return answer;
}

async::Task<Result<std::string>> FactSources::ask_tool(Question question) {
  const std::string& tool = question.fact->tool;
  auto slash = tool.find('/');
  std::string upstream_name = tool.substr(0, slash), own_name = tool.substr(slash + 1);
  const Pin* pin = parts_.pins.find(upstream_name, own_name);
  if (pin && !pin->changed_digest.empty()) {
    co_return fail(Code::unavailable, fmt::format("the definition of {} changed; it waits in quarantine", tool));
  }
  execution::Upstream* upstream = parts_.upstreams.find(upstream_name);
  if (!upstream) co_return fail(Code::unavailable, fmt::format("upstream {} is not there", upstream_name));
  json::Writer w;
  w.begin_object().member("name", own_name).member_raw("arguments", question.arguments).end_object();
  execution::Call call{.method = "tools/call", .params = std::move(w).text(), .progress_token = {}, .caller = {}};
  call.caller.capabilities = "{}";
  call.stopped = question.stopped;
  call.timeout_ms = question.timeout_ms;
  execution::CallResult result = co_await upstream->call(std::move(call));
  if (!result) co_return fail(std::move(result).error().error);
  co_return of_tool(*result, tool);
}

async::Task<Result<std::string>> FactSources::ask_url(Question question) {
  const domain::Fact& fact = *question.fact;
  auto url = with_query(fact.url, question.arguments);
  if (!url) co_return fail(std::move(url).error());
  execution::Credentials credentials(question.snapshot->fact_credentials(fact.name));
  auto secrets = credentials.fields();
  if (!secrets) co_return fail(std::move(secrets).error());
  http::ClientRequest request;
  request.url = std::move(*url);
  request.partition = "fact\n" + fact.name;
  request.idempotent = true;
  request.body_bytes_max = kFactBytesMax;
  request.connect_ms_max = request.response_ms_max = request.body_idle_ms_max = question.timeout_ms;
  request.headers.add("accept", "application/json");
  request.headers.add("user-agent", "bailiwick");
  for (const auto& [name, value] : *secrets) request.headers.add(name, value);
  http::ClientResult answer = co_await parts_.client.send(std::move(request));
  if (!answer) co_return fail(answer.error().code, answer.error().message);
  if (answer->status != 200)
    co_return fail(Code::unavailable, fmt::format("{} answered with status {}", fact.url, answer->status));
  if (!is_json(answer->headers)) co_return fail(Code::data_loss, fmt::format("{} answered no JSON", fact.url));
  credentials.mask(answer->body);
  co_return checked(std::move(answer->body), fact.url);
}

}  // namespace bw::gateway
