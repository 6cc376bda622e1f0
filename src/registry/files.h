// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "base/diagnostic.h"
#include "registry/load.h"

namespace bw::registry {

struct FileLimits {
  std::size_t files_max = 2'000;
  std::size_t file_bytes_max = 1U << 20;
  std::size_t total_bytes_max = 32U << 20;
  int depth_max = 16;
};

// The texts of every *.yaml and *.yml but *.data.yaml below `folder`, read in the order of their paths. See load.h for what is passed over.
Sources read_folder(const std::string& folder, Diagnostics& diagnostics, const FileLimits& limits = {});

}  // namespace bw::registry
