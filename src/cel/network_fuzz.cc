// SPDX-License-Identifier: Apache-2.0
// Any text is an address or is not; one that is has one spelling, which reads as the same address. As ranges alike; the
// masked one holds its own address, itself, and whatever it held before.
#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "cel/network.h"

namespace {

using namespace bw;
using namespace bw::cel;

void check_ip(std::string_view text, Arena& arena) {
  auto ip = parse_ip(text, arena);
  if (!ip) return;
  std::string spelled = format_ip(*ip);
  auto again = parse_ip(spelled, arena);
  BW_ASSERT(again && equal(*ip, *again).is_true() && format_ip(*again) == spelled);
}

void check_cidr(std::string_view text, Arena& arena) {
  auto cidr = parse_cidr(text, arena);
  if (!cidr) return;
  auto again = parse_cidr(format_cidr(*cidr), arena);
  BW_ASSERT(again && equal(*cidr, *again).is_true());
  Value range = masked(*cidr, arena);
  BW_ASSERT(contains(range, *cidr) && contains(*cidr, range) && contains(range, Value::ip(cidr->address())));
  BW_ASSERT(equal(masked(range, arena), range).is_true());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  Arena arena;
  check_ip(text, arena);
  check_cidr(text, arena);
  return 0;
}
