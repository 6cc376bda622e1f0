// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>

#include "async/loop.h"

namespace bw::async {

// The io_context under a loop, for the rooms that open sockets and pipes. Nobody else includes this file.
boost::asio::io_context& io_context(Loop& loop);

}  // namespace bw::async
