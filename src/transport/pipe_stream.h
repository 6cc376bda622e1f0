// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "async/loop.h"
#include "transport/byte_stream.h"
#include "transport/descriptor.h"

namespace bw::transport {

// A stream over pipe ends of ours; either may be absent. They are made non-blocking.
StreamPtr open_pipes(async::Loop& loop, Descriptor read_end, Descriptor write_end);

}  // namespace bw::transport
