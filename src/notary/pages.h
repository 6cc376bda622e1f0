// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "admission/records.h"
#include "async/pool.h"
#include "async/task.h"
#include "http/message.h"
#include "notary/checkpoints.h"

namespace bw::notary {

// The public face of the ledger, as C2SP tlog-tiles has it: GET /checkpoint, /tile/LEVEL/N and /tile/entries/N. Hashes and
// the checkpoint say nothing about actions; bundles of entries do, so who serves them asks first who reads.
//
// On one loop; what blocks runs on the pool. Everything it is given outlives it.
class Pages {
 public:
  Pages(admission::Records& records, Checkpoints& checkpoints, async::Pool& pool)
      : records_(records), checkpoints_(checkpoints), pool_(pool) {}

  static bool serves(std::string_view path) { return path == "/checkpoint" || path.starts_with("/tile/"); }
  static bool is_private(std::string_view path) { return path.starts_with("/tile/entries/"); }

  // Answers 404 for what the newest checkpoint does not cover.
  async::Task<http::Response> page(std::string path);

 private:
  admission::Records& records_;
  Checkpoints& checkpoints_;
  async::Pool& pool_;
};

}  // namespace bw::notary
