// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace bw::gateway {

// Every limit of the MCP door. At a limit all is well; one more is refused, or pushes the oldest out where that is said.
struct McpLimits {
  std::size_t page_items = 100;  // of a list

  std::size_t sessions_max = 4096;
  std::size_t sessions_per_agent_max = 64;     // the one idle longest makes room
  std::int64_t session_idle_ms = 30 * 60'000;  // without a request, a call in flight or an open stream
  std::size_t calls_per_session_max = 64;      // in flight
  std::size_t kept_streams_max = 64;           // of a session, for whoever resumes; the oldest is dropped
  std::size_t kept_bytes_max = 8U << 20;       // of a session, all streams together; the same
  std::size_t subscriptions_max = 256;         // of a session, or of one listener

  std::size_t listeners_max = 4096;  // subscriptions/listen
  std::size_t listeners_per_agent_max = 64;
  std::size_t notices_max = 256;  // that wait for one reader; more are dropped

  std::int64_t round_ms = 60 * 60'000;  // for a client to come back with the input that was required

  std::size_t tasks_max = 4096;             // settled tasks that are kept; the oldest is dropped
  std::int64_t task_kept_ms = 60 * 60'000;  // after it settled

  std::int64_t patience_ms = 250;       // before a session's answer becomes a stream
  std::int64_t progress_ms = 10'000;    // between two signs of life of a call that asked for progress
  std::int64_t keep_alive_ms = 15'000;  // between two comments on a silent stream
  std::int64_t retry_ms = 1'000;        // how soon to resume a stream
  std::int64_t ask_ms = 10 * 60'000;    // for a client to answer a request of an upstream
  std::int64_t await_ms = 45'000;       // of one bailiwick_await: below the 60 s that many clients allow
  std::int64_t burst_ms = 100;          // in which changes of lists are told to a session as one
  std::int64_t listen_ms = 5'000;       // for the upstreams to say that they are listening
};

}  // namespace bw::gateway
