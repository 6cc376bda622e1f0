// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "json/document.h"

namespace bw::execution {

// Every bound on what an upstream may take from us. At a bound all is well; one more fails.
inline constexpr std::size_t kCallsMax = 256;             // in flight per upstream, unless the registry says otherwise
inline constexpr std::size_t kCallsWaitingMax = 1'024;    // for one of them to end
inline constexpr std::size_t kReplyBytesMax = 16U << 20;  // one message of an upstream
inline constexpr std::size_t kRefusalBytesMax = 64U << 10;
inline constexpr std::size_t kQueuedMessagesMax = 1'000;  // of one call or listener that is slow to take them
inline constexpr int kInputRoundsMax = 8;

inline constexpr std::size_t kListedMax = 10'000;  // tools, resources, templates, prompts: each
inline constexpr std::size_t kPagesMax = 100;
inline constexpr std::size_t kListedBytesMax = 16U << 20;

inline constexpr std::size_t kSessionsMax = 2'048;   // sessions of callers at one HTTP upstream
inline constexpr std::size_t kChildrenMax = 64;      // children of callers of one command
inline constexpr std::size_t kSuspendedMax = 1'024;  // calls that wait for their caller's next round
inline constexpr std::int64_t kSuspendedMs = 600'000;

inline constexpr std::int64_t kProbeMs = 3'000;  // a child that is silent for so long does not know server/discover
inline constexpr std::int64_t kBackoffFirstMs = 250;
inline constexpr std::int64_t kBackoffMaxMs = 30'000;
inline constexpr std::int64_t kHealthyMs = 60'000;      // after so long without trouble the back-off starts anew
inline constexpr std::int64_t kRefreshMs = 300'000;     // lists of an upstream that has no way to say they changed
inline constexpr std::int64_t kStreamIdleMs = 600'000;  // a silent stream is opened again
inline constexpr std::int64_t kStopGraceMs = 2'000;
inline constexpr std::int64_t kLongMs = 86'400'000;  // where another limit decides

inline constexpr json::Limits kMessageLimits{.bytes_max = kReplyBytesMax, .depth_max = 128, .values_max = 4'000'000};

}  // namespace bw::execution
