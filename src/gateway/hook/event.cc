// SPDX-License-Identifier: Apache-2.0
#include "gateway/hook/event.h"

#include <fmt/format.h>

#include "base/text.h"
#include "crypto/hash.h"
#include "json/document.h"

namespace bw::gateway::hook {
namespace {

constexpr json::Limits kLimits{.bytes_max = 16U << 20, .depth_max = 64, .values_max = 1'000'000};

Result<std::string> text_of(json::Value root, std::string_view key) {
  auto text = root[key].string();
  if (text && !text->empty()) return std::string(*text);
  return fail(Code::invalid_argument, fmt::format("`{}` is missing in what the agent says to its hook", key));
}

Result<Event::Kind> kind_of(std::string_view name) {
  if (name == "PreToolUse") return Event::Kind::before;
  if (name == "PostToolUse") return Event::Kind::succeeded;
  if (name == "PostToolUseFailure") return Event::Kind::failed;
  return fail(Code::invalid_argument,
              fmt::format("`hook_event_name` is {}: this hook is for PreToolUse, PostToolUse and PostToolUseFailure",
                          printable(name, 40)));
}

}  // namespace

Result<Event> read_event(std::string text) {
  BW_TRY(auto document, json::Document::parse(std::move(text), kLimits));
  auto root = document.root();
  Event event;
  BW_TRY(auto name, text_of(root, "hook_event_name"));
  BW_TRY(event.kind, kind_of(name));
  BW_TRY(event.session, text_of(root, "session_id"));
  BW_TRY(event.tool, text_of(root, "tool_name"));
  auto input = root["tool_input"];
  if (!input.is(json::Kind::object))
    return fail(Code::invalid_argument, "`tool_input` is no object in what the agent says to its hook");
  event.input = input.raw();
  event.use = root["tool_use_id"].string().value_or("");
  if (event.use.empty()) event.use = to_hex(crypto::sha256(event.tool + '\x1f' + event.input));
  if (event.kind == Event::Kind::succeeded) event.response = root["tool_response"].raw();
  if (event.kind == Event::Kind::failed) event.error = root["error"].string().value_or("it failed");
  return event;
}

}  // namespace bw::gateway::hook
