// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "admission/change.h"
#include "async/task.h"
#include "gateway/catalogue.h"
#include "gateway/fact_reader.h"
#include "gateway/passage.h"
#include "gateway/run_memory.h"
#include "policy/judge.h"

namespace bw::gateway {

// What a ticket let through and cannot be sent now.
struct TurnedAway {
  Answer answer;
  admission::Refusal::Kind kind = admission::Refusal::Kind::policy;
};

// How a refusal of resolve() is recorded.
admission::Refusal::Kind refusal_kind(std::string_view code);

// Everything before the commit: what an action refers to, what policy says of it, and what its obligations make of it. It
// changes the passage and nothing else, and records nothing, so that it can also be asked without an action.
//
// An answer that a step returns ends the action there. Lives on the agents' loop; what it is given outlives it.
class Deliberation {
 public:
  Deliberation(Catalogue& catalogue, FactReader& facts, RunMemory& memory)
      : catalogue_(catalogue), facts_(facts), memory_(memory) {}

  // Finds what the action refers to, for its principal. A refusal that must be recorded leaves a decision behind; without
  // one the name means nothing, and there is no action.
  std::optional<Answer> resolve(Passage& passage);

  // What the action is, as a digest: also of one that is refused before it is judged. The answer is for arguments that have
  // none.
  std::optional<Answer> fingerprint(Passage& passage);

  // Judges the action as it will be sent: what policy obliges to change about it is changed, and judged again. The verdict
  // is the stricter of the two. The answer is for what cannot be judged at all.
  async::Task<std::optional<Answer>> decide(Passage& passage, FactReader::Freshness freshness);

  // What was approved is looked at again, by what is live now: a deny outranks any approval. A refusal is of the request as it was
  // held.
  async::Task<std::optional<TurnedAway>> decide_again(Passage& passage, Live live, FactReader::Freshness freshness);

 private:
  async::Task<void> look_up(Passage& passage, FactReader::Freshness freshness);
  std::optional<Answer> judge(Passage& passage);

  Catalogue& catalogue_;
  FactReader& facts_;
  RunMemory& memory_;
  policy::Judge judge_;  // reuses its memory from one action to the next
};

}  // namespace bw::gateway
