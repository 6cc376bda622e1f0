// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "registry/validate.h"

namespace bw::registry {

// Whether Bailiwick can connect to `url`: http or https, with a host, without user or password. Reports it if not.
bool check_address(Review& review, const Span& where, std::string_view url);

// Whether what is sent to this address leaves the machine unencrypted.
bool leaves_in_the_clear(std::string_view url);

}  // namespace bw::registry
