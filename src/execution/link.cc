// SPDX-License-Identifier: Apache-2.0
#include "execution/link.h"

#include "mcp/build.h"
#include "mcp/splice.h"

namespace bw::execution {

Reply to_reply(const mcp::Message& answer) {
  if (answer.kind == mcp::Message::Kind::error) return {Reply::Kind::error, std::string(answer.error.raw())};
  Reply reply{Reply::Kind::result, std::string(answer.result.raw())};
  if (answer.result["resultType"].string() == "input_required") reply.kind = Reply::Kind::input_required;
  reply.is_error = answer.result["isError"].boolean().value_or(false);
  return reply;
}

Reply error_reply(int code, std::string_view message) { return {Reply::Kind::error, mcp::error_object(code, message)}; }

bool declares(std::string_view capabilities, std::string_view what, std::string_view feature) {
  auto value = mcp::get_member(capabilities, what);
  if (!value || *value == "null" || *value == "false") return false;
  return feature.empty() || mcp::get_member(*value, feature) == "true";
}

std::string unquoted(std::string_view json) {
  auto document = json::Document::parse(std::string(json));
  if (!document) return {};
  return std::string(document->root().string().value_or(std::string_view{}));
}

bool wants_log(std::string_view least, std::string_view params) {
  auto floor = mcp::log_severity(least);
  if (!floor) return false;
  auto level = mcp::get_member(params, "level");
  return level && mcp::log_severity(unquoted(*level)).value_or(7) >= *floor;
}

}  // namespace bw::execution
