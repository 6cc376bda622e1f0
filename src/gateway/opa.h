// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "async/loop.h"
#include "async/task.h"
#include "gateway/breaker.h"
#include "gateway/source_answer.h"
#include "http/client.h"

namespace bw::gateway {

inline constexpr std::size_t kOpaBytesMax = 64U << 10;  // of one answer

// Asks OPA's Data API, version 1, for a document: POST {"input": …}, https://www.openpolicyagent.org/docs/rest-api. Every way in
// which there is no document to judge by is an error that says in its first words which: undefined (OPA answers 200 without a
// `result` where no rule applies, or before its first bundle is there), malformed, status, late, unreachable, breaker open. Lives
// on the agents' loop; what it is given outlives it.
class OpaClient {
 public:
  OpaClient(async::Loop& loop, http::Client& client) : loop_(loop), client_(client) {}

  // Errors: unavailable, deadline_exceeded, data_loss.
  async::Task<Result<SourceAnswer>> ask(Question question);

 private:
  async::Task<http::ClientResult> send(http::ClientRequest request, std::int64_t timeout_ms);
  void note(const std::string& url, const http::ClientResult& answer);

  async::Loop& loop_;
  http::Client& client_;
  std::map<std::string, Breaker> breakers_;  // by URL: those that failed lately
};

// The answer of OPA with status 200. Keys that are not known are passed over.
Result<SourceAnswer> read_opa_answer(std::string body);

}  // namespace bw::gateway
