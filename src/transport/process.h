// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include "base/result.h"
#include "transport/child.h"
#include "transport/descriptor.h"

namespace bw::transport {

// A started process and our ends of its pipes.
struct Process {
  pid_t pid = -1;
  Descriptor pidfd;   // readable when it has ended
  Descriptor input;   // we write
  Descriptor output;  // we read
  Descriptor log;     // we read
};

// Blocks until the program runs or has failed to, about a millisecond.
Result<Process> start_process(const ChildOptions& options);

}  // namespace bw::transport
