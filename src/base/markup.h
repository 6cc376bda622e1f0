// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace bw {

// Text as it may stand in HTML and in XML 1.0, between tags and in attributes with either quote. Line ends and tabs stay what they
// are where attributes would make spaces of them; other control characters, which XML cannot hold, become U+FFFD.
std::string escape_markup(std::string_view text);

}  // namespace bw
