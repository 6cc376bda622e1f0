// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "async/pool.h"
#include "async/task.h"
#include "execution/upstreams.h"
#include "gateway/opa.h"
#include "gateway/pins.h"
#include "gateway/source_answer.h"
#include "http/client.h"

namespace bw::gateway {

inline constexpr std::size_t kFactBytesMax = 1U << 20;  // of one answer or file

// Asks tools, URLs, OPA and files what facts are made of. Bailiwick asks as itself: over its own link and with its own
// credential, never in an agent's session. Nothing is asked that the registry does not name. Lives on the agents' loop.
class FactSources {
 public:
  struct Parts {
    execution::Upstreams& upstreams;
    const Pins& pins;
    http::Client& client;
    async::Loop& loop;
    async::Pool& pool;
    std::string folder;  // the registry's
  };
  explicit FactSources(Parts parts) : parts_(std::move(parts)), opa_(parts_.loop, parts_.client) {}

  // The JSON that a fact's `value` sees as `result`: of a tool its structured content, or else its one text, read as JSON
  // where it is JSON; of a URL the body; of OPA the document; of a file what it holds. Errors: unavailable, deadline_exceeded, data_loss for what
  // cannot be read, cancelled by a switch.
  async::Task<Result<SourceAnswer>> ask(Question question);

 private:
  async::Task<Result<std::string>> ask_plain(Question question);
  async::Task<Result<std::string>> ask_tool(Question question);
  async::Task<Result<std::string>> ask_url(Question question);

  Parts parts_;
  OpaClient opa_;
};

// What a fact file holds, as JSON. Blocking. `file` is a path below `folder`; a link that leads out of it is refused.
Result<std::string> read_fact_file(const std::string& folder, const std::string& file);

}  // namespace bw::gateway
