// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "async/event.h"
#include "async/task.h"
#include "transport/stdio.h"

namespace bw::gateway::bridge {

// What the client reads: one message a line, in the order in which they were said.
class Output {
 public:
  explicit Output(transport::Stdio& stdio) : stdio_(stdio) {}

  // Returns when it is written, so that a client that reads slowly slows the gateway's streams. `json` is one JSON text,
  // however it is laid out.
  async::Task<void> say(std::string json);

  async::Event& gone() { return gone_; }  // set when nobody reads any more

 private:
  transport::Stdio& stdio_;
  async::Event gone_;
};

}  // namespace bw::gateway::bridge
