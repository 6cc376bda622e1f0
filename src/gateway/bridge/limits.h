// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace bw::gateway::bridge {

// Every limit of the bridge. At a limit all is well; one more is refused. What one answer may hold is execution's limit.
inline constexpr std::size_t kLineBytesMax = 4U << 20;     // of the client
inline constexpr std::size_t kRequestsMax = 256;           // at the gateway at once
inline constexpr std::size_t kRequestsWaitingMax = 1'024;  // for one of them to end
inline constexpr std::size_t kToolsMax = 10'000;           // whose fields are remembered
inline constexpr std::size_t kPagesMax = 100;              // of one tools/list
inline constexpr int kBarrenMax = 5;                       // resumptions of a stream in a row that bring nothing

inline constexpr std::int64_t kNoteMs = 10'000;      // for the gateway to take a message that has no answer
inline constexpr std::int64_t kCancelledMs = 2'000;  // for a cancelled request to end by itself
inline constexpr std::int64_t kGraceMs = 10'000;     // for what is in flight when the input ends
inline constexpr std::int64_t kFarewellMs = 1'000;   // for each of the steps after that

}  // namespace bw::gateway::bridge
