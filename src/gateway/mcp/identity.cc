// SPDX-License-Identifier: Apache-2.0
#include "gateway/mcp/identity.h"

#include "json/writer.h"

namespace bw::gateway {

std::string server_info(std::string_view version) {
  json::Writer w;
  w.begin_object().member("name", "bailiwick").member("title", "Bailiwick").member("version", version).end_object();
  return std::move(w).text();
}

std::string_view server_capabilities(bool is_stateless) {
  static constexpr std::string_view kSession =
      R"({"tools":{"listChanged":true},"resources":{"subscribe":true,"listChanged":true},"prompts":{"listChanged":true},"completions":{},"logging":{}})";
  static constexpr std::string_view kStateless =
      R"({"tools":{"listChanged":true},"resources":{"subscribe":true,"listChanged":true},"prompts":{"listChanged":true},"completions":{},"logging":{},"extensions":{"io.modelcontextprotocol/tasks":{}}})";
  return is_stateless ? kStateless : kSession;
}

std::string_view server_instructions() {
  return "Every call goes through Bailiwick, which checks it against policy and records it. A result that begins with NOT "
         "EXECUTED means that nothing happened: it says why, and what to do. A result that begins with OUTCOME UNKNOWN means "
         "that the call may have taken effect: do not repeat it blindly.";
}

}  // namespace bw::gateway
