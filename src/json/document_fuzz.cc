// SPDX-License-Identifier: Apache-2.0
// What parses must have a canonical form that parses again to the same canonical form.
#include <cstddef>
#include <cstdint>
#include <string>

#include "json/canonical.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bw;
  auto document = json::Document::parse(std::string(reinterpret_cast<const char*>(data), size), {.bytes_max = 1 << 16});
  if (!document) return 0;
  auto once = json::canonical(document->root());
  if (!once) return 0;
  auto again = json::Document::parse(*once);
  BW_ASSERT(again);
  auto twice = json::canonical(again->root());
  BW_ASSERT(twice && *twice == *once);
  return 0;
}
