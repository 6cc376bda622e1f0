// SPDX-License-Identifier: Apache-2.0
// A leaf that is read must be written again as the same bytes, and nothing else may be read.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "ledger/entry.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view leaf(reinterpret_cast<const char*>(data), size);
  auto entry = bw::ledger::parse_entry(leaf);
  if (!entry) {
    BW_ASSERT(entry.error().code == bw::Code::data_loss);
    return 0;
  }
  auto again = bw::ledger::encode(*entry);
  BW_ASSERT(again && *again == leaf);
  return 0;
}
