// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "async/event.h"
#include "async/pool.h"
#include "async/task.h"
#include "notary/checkpoints.h"

namespace bw::notary {

// How often the ledger is looked at: an entry's proof is there within a second of its answer.
constexpr std::int64_t publish_every_ms = 750;

// Keeps the checkpoint up to date while the server runs. On one loop; signing and files run on the pool. Everything it is
// given outlives it.
class Publisher {
 public:
  // `on_contradiction` is called when the ledger does not continue its last checkpoint: no action may follow.
  Publisher(Checkpoints& checkpoints, async::Pool& pool, std::function<void(const Error&)> on_contradiction)
      : checkpoints_(checkpoints), pool_(pool), on_contradiction_(std::move(on_contradiction)) {}

  // Until `stop` is set; the checkpoint of what is written while stopping is left to Checkpoints::advance().
  async::Task<void> run(async::Event& stop);

  // Why the newest entries have no checkpoint, or empty.
  const std::string& trouble() const { return trouble_; }

 private:
  void note(const Result<ledger::SignedCheckpoint>& advanced);

  Checkpoints& checkpoints_;
  async::Pool& pool_;
  std::function<void(const Error&)> on_contradiction_;
  std::string trouble_;
};

}  // namespace bw::notary
