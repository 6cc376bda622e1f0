// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes, loading answers with diagnostics that point into them or with a snapshot that reads back.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "registry/load.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bw;
  std::string text(reinterpret_cast<const char*>(data), size);
  auto loaded = registry::load({{"x.yaml", text}});
  BW_ASSERT(has_errors(loaded.diagnostics) == !loaded.snapshot);
  auto lines = 1 + std::count(text.begin(), text.end(), '\n');
  for (const auto& diagnostic : loaded.diagnostics) {
    BW_ASSERT(diagnostic.where.line <= lines && diagnostic.where.column >= 0 && diagnostic.where.length >= 1);
  }
  format(loaded);
  if (!loaded.snapshot) return 0;
  auto again = registry::Snapshot::from_canonical(loaded.snapshot->canonical(), loaded.snapshot->places());
  BW_ASSERT(again && (*again)->digest() == loaded.snapshot->digest());
  return 0;
}
