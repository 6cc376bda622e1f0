// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "execution/upstream.h"
#include "registry/things.h"

namespace bw::execution {

// The catalogue of an external upstream: its tools as the registry defines them, in MCP's form, so that rules, digests and
// approvals bind a definition whoever carries the tool out. A tool without `input_schema` takes any object. There is nothing
// to connect to, and nothing that could be called.
std::shared_ptr<const Catalog> external_catalog(const registry::Upstream& upstream);

}  // namespace bw::execution
