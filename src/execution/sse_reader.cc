// SPDX-License-Identifier: Apache-2.0
#include "execution/sse_reader.h"

#include <fmt/format.h>

namespace bw::execution {

async::Task<Result<std::optional<http::SseEvent>>> SseReader::next() {
  while (at_ == events_.size()) {
    events_.clear();
    at_ = 0;
    auto chunk = co_await stream_->next_chunk();
    if (!chunk) co_return fail(std::move(chunk).error());
    if (!*chunk) co_return std::optional<http::SseEvent>();
    BW_CO_OK(parser_.feed(**chunk, events_));
  }
  co_return std::optional(std::move(events_[at_++]));
}

async::Task<Result<std::string>> read_all(std::unique_ptr<http::BodyStream> stream, std::size_t bytes_max) {
  std::string body;
  for (;;) {
    auto chunk = co_await stream->next_chunk();
    if (!chunk) co_return fail(std::move(chunk).error());
    if (!*chunk) co_return body;
    if (body.size() + (*chunk)->size() > bytes_max) {
      co_return fail(Code::resource_exhausted, fmt::format("the upstream's answer is larger than {} bytes", bytes_max));
    }
    if (body.empty()) body = std::move(**chunk);
    else body += **chunk;
  }
}

}  // namespace bw::execution
