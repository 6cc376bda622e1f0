// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "registry/files.h"
#include "registry/load.h"

namespace bw::registry {

// The texts of examples/refunds, which the tests change and load.
inline Sources refunds() {
  Diagnostics unreadable;
  auto sources = read_folder(std::string(BW_SOURCE_DIR) + "/examples/refunds", unreadable);
  EXPECT_TRUE(unreadable.empty());
  return sources;
}

inline std::shared_ptr<const Snapshot> loaded(Sources sources) {
  auto loaded = load(std::move(sources));
  EXPECT_TRUE(loaded.snapshot) << format(loaded);
  return loaded.snapshot;
}

// `sources` with every `from` in `file` replaced by `to`.
inline Sources with(Sources sources, std::string_view file, std::string_view from, std::string_view to) {
  auto& text = sources.find(file)->second;
  EXPECT_NE(text.find(from), std::string::npos) << from;
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return sources;
}

// The refund desk before anybody was granted its access tool.
inline Sources refunds_without_access() { return with(refunds(), "refund-desk.yaml", "    - desk/grant_access\n", ""); }

}  // namespace bw::registry
