// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "async/loop.h"
#include "execution/link.h"
#include "execution/stateless_link.h"
#include "execution/upstream.h"

namespace bw::execution {

struct Listing {
  std::shared_ptr<const Catalog> catalog;
  ParamHeaders param_headers;
};

// Lists what the upstream declares to have: page after page, each kind within its bounds. A kind whose listing method the
// upstream does not know is empty; any other failure fails the whole, so that a catalogue is never half of one.
async::Task<Result<Listing>> list_all(async::Loop& loop, std::shared_ptr<Link> link, std::int64_t timeout_ms);

}  // namespace bw::execution
