// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/task.h"
#include "base/result.h"
#include "execution/limits.h"
#include "http/client.h"
#include "http/sse.h"

namespace bw::execution {

// The events of one HTTP answer, one by one.
class SseReader {
 public:
  explicit SseReader(std::unique_ptr<http::BodyStream> stream) : stream_(std::move(stream)), parser_(kReplyBytesMax) {}

  // Nothing at the end of the stream.
  async::Task<Result<std::optional<http::SseEvent>>> next();

 private:
  std::unique_ptr<http::BodyStream> stream_;
  http::SseParser parser_;
  std::vector<http::SseEvent> events_;
  std::size_t at_ = 0;
};

// A body that is one JSON text.
async::Task<Result<std::string>> read_all(std::unique_ptr<http::BodyStream> stream, std::size_t bytes_max);

}  // namespace bw::execution
