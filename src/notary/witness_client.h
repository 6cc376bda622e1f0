// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "admission/records.h"
#include "async/event.h"
#include "async/pool.h"
#include "async/task.h"
#include "http/client.h"
#include "notary/checkpoints.h"

namespace bw::notary {

// Where a witness is, and the key by which its signature is known. As text: "URL,NAME+ID+KEY".
struct WitnessAddress {
  std::string url;
  ledger::NoteVerifier key;
};
Result<WitnessAddress> parse_witness(std::string_view text);

// Asks one witness for its signature of each checkpoint, and adds it to the checkpoint when that is still the newest. On one
// loop; proofs are made on the pool. Everything it is given outlives it.
class WitnessClient {
 public:
  WitnessClient(WitnessAddress witness, http::Client& client, admission::Records& records, Checkpoints& checkpoints,
                async::Pool& pool)
      : witness_(std::move(witness)), client_(client), records_(records), checkpoints_(checkpoints), pool_(pool) {}

  // Until `stop` is set. A witness that does not answer is said in the log, and asked again.
  async::Task<void> run(async::Event& stop);

 private:
  async::Task<Status> submit(ledger::SignedCheckpoint checkpoint);
  async::Task<Result<http::ClientResponse>> ask(const ledger::SignedCheckpoint& checkpoint);
  Status take(const ledger::SignedCheckpoint& checkpoint, const std::string& lines);

  WitnessAddress witness_;
  http::Client& client_;
  admission::Records& records_;
  Checkpoints& checkpoints_;
  async::Pool& pool_;
  std::uint64_t signed_size_ = 0;  // what the witness signed last, as far as is known here
  std::string trouble_;
};

}  // namespace bw::notary
