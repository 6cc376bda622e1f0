// SPDX-License-Identifier: Apache-2.0
// The event stream parser on any bytes: pieces must not matter, and what it gives must survive being written and read again.
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/sse.h"

using bw::http::SseEvent;
using bw::http::SseParser;

namespace {

bool same(const SseEvent& a, const SseEvent& b) {
  return a.event == b.event && a.data == b.data && a.id == b.id && a.retry_ms == b.retry_ms;
}

bool same(const std::vector<SseEvent>& a, const std::vector<SseEvent>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!same(a[i], b[i])) return false;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  constexpr std::size_t kBytesMax = 1024;
  SseParser whole(kBytesMax), pieces(kBytesMax);
  std::vector<SseEvent> events, in_pieces;
  bool ok = whole.feed(bytes, events).has_value();
  bool ok_in_pieces = true;
  for (char byte : bytes) ok_in_pieces = ok_in_pieces && pieces.feed({&byte, 1}, in_pieces);
  BW_ASSERT(ok == ok_in_pieces);
  BW_ASSERT(!ok || same(events, in_pieces));
  for (auto& event : events) {
    SseParser reader;
    std::vector<SseEvent> again;
    BW_ASSERT(reader.feed(bw::http::format_sse(event), again).has_value());
    BW_ASSERT(again.size() == 1 && same(again[0], event));
  }
  return 0;
}
