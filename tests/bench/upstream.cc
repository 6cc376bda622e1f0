// SPDX-License-Identifier: Apache-2.0
//
// An MCP upstream (revision 2026-07-28, stateless) that does nothing as fast as it can: what a gateway in front of it costs
// is then all that is seen. One tool, `lookup`. Prints its address when it listens.
#include <cstdio>
#include <string>

#include "async/loop.h"
#include "http/handler.h"
#include "json/document.h"
#include "transport/server.h"

namespace {

using namespace bw;

constexpr std::string_view tool =
    R"({"name":"lookup","description":"Looks up a ticket.","inputSchema":{"type":"object","properties":{"ticket":{"type":"string"},"limit":{"type":"integer"},"note":{"type":"string"}},"required":["ticket"]}})";

std::string result_of(std::string_view method) {
  if (method == "server/discover") {
    return R"({"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"resultType":"complete","ttlMs":0,"cacheScope":"private","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"bench","version":"1"}}})";
  }
  if (method == "tools/list")
    return std::string(R"({"tools":[)") + std::string(tool) +
           R"(],"resultType":"complete","ttlMs":0,"cacheScope":"private"})";
  if (method == "tools/call") {
    return R"({"content":[{"type":"text","text":"T-501 is open: the customer asks for a refund of $42.10 for a lamp that arrived broken."}],"resultType":"complete"})";
  }
  return {};
}

class Upstream final : public http::Handler {
 public:
  async::Task<void> handle(http::Request request, http::ResponseWriter& writer) override {
    auto document = json::Document::parse(std::move(request.body));
    if (request.method != "POST" || !document) {
      writer.respond(http::error_response(405, "POST a message"));
      co_return;
    }
    auto id = document->root()["id"].raw();
    std::string result = result_of(document->root()["method"].string().value_or(""));
    std::string body = R"({"jsonrpc":"2.0","id":)" + std::string(id.empty() ? "null" : id);
    body += result.empty() ? R"(,"error":{"code":-32601,"message":"no such method"}})" : ",\"result\":" + result + "}";
    writer.respond(http::json_response(result.empty() ? 404 : 200, std::move(body)));
  }
};

}  // namespace

int main(int argc, char** argv) {
  async::Loop loop;
  Upstream upstream;
  auto server = transport::Server::listen(loop, {.address = argc > 1 ? argv[1] : "127.0.0.1:0"}, upstream);
  if (!server) return std::fprintf(stderr, "%s\n", server.error().message.c_str()), 3;
  std::printf("{\"event\":\"listening\",\"url\":\"%s/mcp\"}\n", (*server)->url().c_str());
  std::fflush(stdout);
  loop.run();
}
