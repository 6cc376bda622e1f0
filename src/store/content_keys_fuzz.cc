// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "store/content_keys.h"

// Any bytes are either refused or a list of keys of which no two have the same id.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto keys = bw::store::parse_content_keys({reinterpret_cast<const char*>(data), size});
  if (!keys) return 0;
  BW_ASSERT(!keys->empty());
  for (std::size_t i = 0; i < keys->size(); ++i) {
    BW_ASSERT((*keys)[i].bytes.size() == 32 && (*keys)[i].id != 0);
    for (std::size_t k = 0; k < i; ++k) BW_ASSERT((*keys)[i].id != (*keys)[k].id);
  }
  return 0;
}
