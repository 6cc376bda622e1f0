// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "http/handler.h"
#include "ledger/checkpoint.h"

namespace bw::notary {

// The body of add-checkpoint: "old SIZE", up to 63 hashes, an empty line, the checkpoint. Errors: invalid_argument.
struct WitnessRequest {
  std::uint64_t old_size = 0;
  std::vector<ledger::Digest> proof;
  std::string_view checkpoint;  // of the body
};
Result<WitnessRequest> parse_witness_request(std::string_view body);

// What a witness keeps of the ledgers that it watches, and what it says to them: C2SP tlog-witness v1.0.0. It signs a checkpoint
// only when it continues the last one that it signed, so two histories of one ledger cannot both have its signature. It
// belongs on a machine that the ledger's operators do not control.
//
// FOLDER/witness.key is its key, FOLDER/HASH.checkpoint the last checkpoint it signed for the origin with that SHA-256.
// One thread; one process for a folder, so that comparing and storing are one step.
class Witness {
 public:
  struct Answer {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
  };

  // `logs` are keys of ledgers, each with the origin as its name. Errors: failed_precondition when another process has the
  // folder, or its key has another name; invalid_argument; unavailable.
  static Result<std::unique_ptr<Witness>> open(const std::string& folder, const std::string& name,
                                               std::vector<ledger::NoteVerifier> logs);
  ~Witness();
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;

  std::string vkey() const { return signer_.verifier().vkey(); }

  Answer add_checkpoint(std::string_view body, std::int64_t now_s);
  Answer checkpoint(std::string_view origin_hash) const;  // 64 digits of hex

 private:
  Witness(std::string folder, ledger::NoteSigner signer, std::vector<ledger::NoteVerifier> logs, int lock)
      : folder_(std::move(folder)), signer_(std::move(signer)), logs_(std::move(logs)), lock_(lock) {}
  Answer judge(const WitnessRequest& request, const ledger::SignedCheckpoint& submitted, std::int64_t now_s);
  Result<ledger::Checkpoint> last_of(const std::string& origin) const;
  std::string path_of(std::string_view origin) const;

  std::string folder_;
  ledger::NoteSigner signer_;
  std::vector<ledger::NoteVerifier> logs_;
  int lock_;
};

// POST /add-checkpoint and GET /HASH/checkpoint. The witness and the clock outlive it.
std::unique_ptr<http::Handler> make_witness_handler(Witness& witness, const Clock& clock);

}  // namespace bw::notary
