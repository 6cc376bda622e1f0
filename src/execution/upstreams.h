// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "async/loop.h"
#include "execution/upstream.h"
#include "registry/snapshot.h"

namespace bw::execution {

// All upstreams of the live registry: started only from it, each minding its own failures (a hanging, crashing or empty one
// harms no other). Lives on one loop.
class Upstreams {
 public:
  virtual ~Upstreams() = default;

  // Makes the set match the snapshot: unchanged upstreams keep their connections and calls in flight, changed ones are
  // replaced once their calls have ended, removed ones stop. Never waits for an upstream.
  virtual void apply(std::shared_ptr<const registry::Snapshot> snapshot) = 0;

  virtual Upstream* find(std::string_view name) = 0;
  virtual std::vector<Upstream*> all() = 0;  // in the registry's order
  virtual async::Task<void> stop() = 0;      // ends sessions and children
};

std::unique_ptr<Upstreams> make_upstreams(async::Loop& loop, Listener& listener);

}  // namespace bw::execution
