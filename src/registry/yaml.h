// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "registry/node.h"

namespace bw::registry {

// The YAML that a registry may be written in: what every reader agrees on, and nothing that surprises.
//
// Scalars follow the core schema of YAML 1.2: `true` and `false`, whole and fractional decimal numbers, 0x and 0o numbers,
// null; all else is a string, `yes`, `on` and 2026-11-21 too. Refused, each with its place: anchors and aliases, tags,
// directives, merge keys, keys that are no strings, duplicate keys, numbers with leading zeros, tabs as indentation, bytes
// that are no UTF-8, and characters that are invisible or turn the direction of text.
struct YamlLimits {
  std::size_t bytes_max = 1U << 20;
  std::size_t depth_max = 32;
  std::size_t nodes_max = 100'000;
};

struct YamlFile {
  std::vector<Node> documents;  // those that could be read, without empty ones
  bool complete = true;         // false: reading stopped at an error, and documents after it are missing
};

YamlFile read_yaml(std::string_view file, std::string_view text, Diagnostics& diagnostics,
                   const YamlLimits& limits = {});

}  // namespace bw::registry
