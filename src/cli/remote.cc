// SPDX-License-Identifier: Apache-2.0
#include "cli/remote.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

#include "async/loop.h"
#include "cli/exit_code.h"
#include "identity/operator_token.h"
#include "json/document.h"
#include "transport/client.h"

namespace bw::cli {
namespace {

constexpr std::size_t answer_bytes_max = 64U << 20;
constexpr std::int64_t answer_ms_max = 60'000;

Code code_of(int status) {
  switch (status) {
    case 400: return Code::invalid_argument;
    case 401: return Code::unauthenticated;
    case 403: return Code::permission_denied;
    case 404: return Code::not_found;
    case 409: return Code::failed_precondition;
    default: return Code::unavailable;
  }
}

std::string message_of(const std::string& body) {
  auto document = json::Document::parse(body);
  if (!document) return body;
  return std::string(document->root()["error"].string().value_or(body));
}

Result<std::string> operator_token(const Remote& remote) {
  if (const char* token = std::getenv("BAILIWICK_OPERATOR_TOKEN")) return std::string(token);
  auto token = identity::load_operator_token(remote.data);
  if (token) return token;
  return fail(Code::unavailable,
              fmt::format("{}; name the server's data folder with --data or BAILIWICK_DATA", token.error().message));
}

Result<std::string> send(const Remote& remote, http::ClientRequest request) {
  BW_TRY(std::string token, operator_token(remote));
  request.headers.set("authorization", "Bearer " + token);
  request.body_bytes_max = answer_bytes_max;
  request.response_ms_max = answer_ms_max;
  async::Loop loop;
  transport::Client client(loop);
  http::ClientResult answer = async::run(loop, client.send(std::move(request)));
  if (!answer)
    return fail(Code::unavailable,
                fmt::format("no answer from {}: {}; is `bailiwick serve` running there? (--admin, BAILIWICK_ADMIN)",
                            remote.url, answer.error().message));
  if (answer->status == 200) return std::move(answer->body);
  return fail(code_of(answer->status), message_of(answer->body));
}

}  // namespace

Result<std::string> ask(const Remote& remote, const std::string& path_and_query) {
  http::ClientRequest request;
  request.url = remote.url + path_and_query;
  if (!remote.json) request.url += path_and_query.contains('?') ? "&format=text" : "?format=text";
  request.idempotent = true;
  return send(remote, std::move(request));
}

Result<std::string> change(const Remote& remote, const std::string& path, std::string body) {
  http::ClientRequest request;
  request.method = "POST";
  request.url = remote.url + path + (remote.json ? "" : "?format=text");
  request.headers.set("content-type", "application/json");
  request.body = std::move(body);
  return send(remote, std::move(request));
}

int show(const Result<std::string>& answer) {
  if (!answer) {
    std::fprintf(stderr, "bailiwick: %s\n", answer.error().message.c_str());
    return exit_code(answer.error());
  }
  std::fwrite(answer->data(), 1, answer->size(), stdout);
  if (!answer->empty() && answer->back() != '\n') std::fputc('\n', stdout);
  return done;
}

}  // namespace bw::cli
