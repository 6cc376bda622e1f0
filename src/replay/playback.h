// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "async/loop.h"
#include "base/clock.h"
#include "gateway/mcp/door_parts.h"
#include "gateway/path.h"
#include "gateway/pins.h"
#include "registry/snapshot.h"
#include "replay/divergence.h"
#include "replay/recorded_run.h"

namespace bw::replay {

// One action of a recorded run as an agent meets it again.
struct PlayedStep {
  std::size_t number = 0;             // of the run's steps, from 1
  std::string name;                   // "UPSTREAM/TOOL", a prompt or a URI
  std::string arguments;              // JSON, as the agent asked; empty when they were erased: then any will do
  std::uint64_t first = 0, last = 0;  // its entries: what overlaps may come in another order
  gateway::Answer answer;
};

// A run to be played back: who it was of, what its agent could see, and what it got.
struct Record {
  domain::Principal principal;
  std::shared_ptr<const registry::Snapshot> snapshot;
  std::vector<gateway::Pin> pins;
  std::vector<PlayedStep> steps;
  std::size_t left_out = 0;  // steps that its agent carried out itself, which no MCP endpoint served
};

// The registry is that of the run's first step; tools have the definitions that are accepted now, which is the one that is kept.
// Errors: failed_precondition when that registry is not kept, or nothing of the run can be played.
Result<Record> make_record(const RecordedRun& run, admission::Records& records);

// What the MCP door is wired to so that an agent under test meets a run as it was recorded: the tools of then, and for each call
// the recorded answer, as long as it calls what was called. Nothing is executed, and nothing is decided: a call that waited for a
// person is answered at once with what came of it.
//
// The first call that differs is told, and answered with an error; nothing is answered any more from then on. On one loop; what it
// is given outlives it.
class Playback {
 public:
  // Whoever shows `token` is the run's agent.
  Playback(async::Loop& loop, const Clock& clock, Record record, std::string token,
           std::function<void(const Divergence&)> on_divergence);
  ~Playback();
  Playback(const Playback&) = delete;
  Playback& operator=(const Playback&) = delete;

  gateway::McpParts parts();
  std::size_t played() const;  // steps
  std::size_t steps() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace bw::replay
