// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace bw::cel {

// Seconds east of UTC at that moment in a zone named "+02:00", "-09:30", "UTC" or as in the IANA database
// ("Europe/Berlin"); nothing when there is no such zone. Rules come from the machine's zone files, each read once and
// kept: the one thing in this room that is not written in the expression or bound by the host.
std::optional<int> zone_offset(std::string_view zone, std::int64_t unix_seconds);

}  // namespace bw::cel
