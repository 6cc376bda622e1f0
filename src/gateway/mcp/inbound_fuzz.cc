// SPDX-License-Identifier: Apache-2.0
// A POST as an agent sends it, header lines, an empty line, then the body, into the whole door: whatever comes, there is one
// answer, a stateless request that is let through says the same in its fields as in its body, and nothing reaches the path
// but what the registry declares.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/log.h"
#include "gateway/mcp/door_fake.h"

namespace {

using namespace bw;

// "name: value" lines up to an empty one; what follows is the body.
std::string take_fields(std::string_view input, std::vector<std::pair<std::string, std::string>>& fields) {
  for (int lines = 0; lines < 32 && !input.empty(); ++lines) {
    auto end = input.find('\n');
    auto line = input.substr(0, end);
    input.remove_prefix(end == std::string_view::npos ? input.size() : end + 1);
    if (line.empty()) break;
    auto colon = line.find(':');
    auto name = line.substr(0, colon);
    auto value = colon == std::string_view::npos ? std::string_view() : trim(line.substr(colon + 1));
    if (http::is_token(name) && http::is_field_value(value)) fields.emplace_back(name, value);
  }
  return std::string(input);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto* live = new auto(gateway::testing::snapshot());
  log::set_level(log::Level::off);
  gateway::testing::World world;
  world.live = *live;
  std::vector<std::pair<std::string, std::string>> fields;
  auto body = take_fields({reinterpret_cast<const char*>(data), size}, fields);
  auto exchange = world.send("POST", body, fields);
  world.pass_ms(15'000);
  BW_ASSERT(exchange->writer.answered());
  if (!exchange->is_stream() && !exchange->body().empty()) BW_ASSERT(json::Document::parse(exchange->body()));
  for (const auto& event : exchange->is_stream() ? exchange->events() : std::vector<http::SseEvent>()) {
    BW_ASSERT(event.data.empty() || json::Document::parse(event.data));
  }
  for (const auto& request : world.path.requests) {
    BW_ASSERT(json::Document::parse(request.arguments) && json::Document::parse(request.call.params));
    BW_ASSERT(request.name.starts_with("desk/") || request.name.starts_with("notes/") ||
              request.name.starts_with("note://"));
  }
  exchange->writer.closed().set();
  world.settle();
  return 0;
}
