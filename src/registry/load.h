// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/diagnostic.h"
#include "base/result.h"
#include "registry/snapshot.h"

namespace bw::registry {

// The texts of a registry by path, relative to its folder, with `/`. Diagnostics name files the same way.
using Sources = std::map<std::string, std::string, std::less<>>;

// What came of reading a registry: everything that is wrong with it at once, and a snapshot when nothing is (warnings do
// not count). `sources` serves the carets of bw::format; what looks like a secret in it is starred out.
struct Loaded {
  std::shared_ptr<const Snapshot> snapshot;  // null when there are errors
  Diagnostics diagnostics;                   // sorted
  Sources sources;
};

// Reads every *.yaml and *.yml but *.data.yaml below `folder`; which document stands in which file does not matter. Hidden files and folders
// are passed over, so are links to folders and links that lead out of the folder. A folder that cannot be read is a diagnostic too.
Loaded load(const std::string& folder);

// The same over texts that are already in memory.
Loaded load(Sources sources);

// The diagnostics with their lines and carets, ready to print: the first 200, then how many more there are. `prefix` goes before each file name,
// so that paths are right from where the reader stands.
std::string format(const Loaded& loaded, std::string_view prefix = {});

}  // namespace bw::registry
