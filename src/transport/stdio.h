// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "async/task.h"
#include "base/result.h"

namespace bw::transport {

// Two file descriptors as line messages: our own standard input and output when an agent starts us as its MCP server. Two
// threads do the blocking reads and writes, because these descriptors may be files or a terminal shared with others,
// which must not be made non-blocking.
class Stdio {
 public:
  explicit Stdio(int input = 0, int output = 1, std::size_t line_bytes_max = 4U << 20);
  ~Stdio();

  // The next line without its end, or nothing at the end of input. One reader at a time; a line over the limit fails for good.
  async::Task<Result<std::optional<std::string>>> read_line();

  // Appends "\n"; returns when it is written. Any number of writers.
  async::Task<Status> write_line(std::string line);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace bw::transport
