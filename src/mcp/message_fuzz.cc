// SPDX-License-Identifier: Apache-2.0
// A message that parses is written again as the same message, and splicing into its parameters leaves JSON that holds what
// was put in and everything else as it was.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "mcp/build.h"
#include "mcp/envelope.h"
#include "mcp/param_headers.h"
#include "mcp/result.h"
#include "mcp/splice.h"
#include "mcp/tool_name.h"

namespace {
using namespace bw;

void check_splicing(std::string_view object) {
  auto with = mcp::set_member(object, "put", "[1]");
  auto document = json::Document::parse(with);
  BW_ASSERT(document && document->root()["put"].raw() == "[1]");
  auto without = mcp::remove_member(with, "put");
  auto bare = json::Document::parse(without);
  BW_ASSERT(bare && !bare->root()["put"]);
  auto original = json::Document::parse(std::string(object));
  for (auto [key, value] : original->root().members()) {
    if (key != "put") BW_ASSERT(bare->root()[key].raw() == value.raw());
    BW_ASSERT(mcp::get_member(object, key) == value.raw());
  }
  auto marked = json::Document::parse(mcp::set_meta(object, "k", "1"));
  BW_ASSERT(marked && marked->root()["_meta"]["k"].raw() == "1");
  BW_ASSERT(json::Document::parse(mcp::remove_meta(object, "k")));
  auto stateless = mcp::as_stateless(object, mcp::method::tools_list, {.server_info = "{}"});
  BW_ASSERT(json::Document::parse(stateless));
  auto session = json::Document::parse(mcp::as_session(stateless));
  BW_ASSERT(session && !session->root()["ttlMs"]);
}

void check_message(const mcp::Message& message) {
  if (message.is_request()) {
    auto again = mcp::parse_message(mcp::request_text(message.id, message.method, message.params.raw()));
    BW_ASSERT(again && again->id == message.id && again->method == message.method &&
              again->params.raw() == message.params.raw());
  }
  mcp::Field field{mcp::field::protocol_version, mcp::kStateless};
  (void)mcp::classify(message, mcp::Fields(&field, 1));
  (void)mcp::classify(message);
  auto declared = mcp::param_headers(message.params);
  for (const auto& [name, value] : mcp::param_fields(declared, message.params))
    BW_ASSERT(mcp::decode_header_value(value));
  if (message.params) check_splicing(message.params.raw());
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  // Splicing must survive what is no JSON, too.
  (void)mcp::set_meta(text, "k", "1");
  (void)mcp::remove_meta(text, "k");
  (void)mcp::as_session(text);
  BW_ASSERT(mcp::is_tool_name(mcp::tool_name(text)));
  if (auto decoded = mcp::decode_header_value(text)) (void)mcp::encode_header_value(*decoded);
  auto message = mcp::parse_message(text, {.bytes_max = 1 << 16});
  if (message) {
    check_message(*message);
  } else {
    BW_ASSERT(mcp::parse_message(mcp::error_response(message.error())));
  }
  return 0;
}
