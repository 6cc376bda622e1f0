// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "admission/admission.h"
#include "admission/records.h"
#include "async/pool.h"
#include "async/task.h"
#include "gateway/live.h"
#include "replay/shadow.h"

namespace bw::replay {

// Shadow mode of a server: who starts and stops a candidate is recorded, and the file DATA/shadow says which one it is, so that it
// goes on after a restart with what the ledger recorded since its beginning.
//
// Lives on the agents' loop; what blocks runs on the pool. Everything it is given outlives it.
class ShadowMode {
 public:
  struct Parts {
    async::Pool& pool;
    admission::Admission& admission;
    admission::Records& records;
    std::string data_dir;  // of the ledger that `records` reads
  };
  explicit ShadowMode(Parts parts) : parts_(std::move(parts)) {}

  // From the next entry on `live`, as prepared by the definitions of today, in the place of the candidate that is there: a `shadow`
  // entry. Errors: failed_precondition while another candidate is being started or stopped.
  async::Task<Result<ShadowReport>> start(gateway::Live live, std::string by);

  // Ends it, with a `shadow` entry, and answers what it found. Errors: not_found; failed_precondition as above.
  async::Task<Result<ShadowReport>> stop(std::string by);

  // Goes on with the candidate that an earlier process had, when there is one. One that cannot go on is ended, with a `shadow` entry
  // that says why. Before anything is served.
  async::Task<void> resume();

  // Without an entry, when the server ends: the next one goes on. May block for as long as the candidate takes to notice.
  void end() { (void)shadow_.stop(); }

  std::optional<ShadowReport> report() const { return shadow_.report(); }
  // Why no candidate goes on that was there before this process began; empty when there was none.
  const std::string& lost() const { return lost_; }

 private:
  // The candidate of an earlier process, and why it does not go on. Empty when there was none, or nobody knows which.
  struct Earlier {
    std::string candidate;  // digest
    std::string trouble;
  };
  Status run(gateway::Live live, ShadowReport::Begun begun);
  Status run_of(const ledger::Entry& entry);
  Result<Earlier> go_on();
  async::Task<void> give_up(std::string candidate, std::string why);

  Parts parts_;
  Shadow shadow_;
  bool changing_ = false;
  std::string lost_;
};

}  // namespace bw::replay
