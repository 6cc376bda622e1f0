// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "registry/node.h"

namespace bw::registry {

// Whether a variable's name and value look like a secret: DESK_TOKEN does; MAX_TOKENS=4096 and DESK_TOKEN_FILE do not.
bool looks_secret(std::string_view variable, std::string_view value);

// Messages quote the author's lines, and a secret that was written by mistake must not travel with them into a terminal or
// a CI log. Stars out, in the text that `document` was read from, the values that look like one.
void conceal(const Node& document, std::string& text);

}  // namespace bw::registry
