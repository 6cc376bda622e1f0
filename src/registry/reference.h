// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "registry/keys.h"

namespace bw::registry {

// What docs/reference/registry.md says of a shape, as Markdown: its sentence and the table of its keys.
std::string reference_of(const Shape& shape);

}  // namespace bw::registry
