// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "json/writer.h"

namespace bw::json {

// A member for a text that came from outside: the JSON that it is, within the limits of a document, else a string. Nothing for nothing.
void embed(Writer& writer, std::string_view name, const std::string& text);

}  // namespace bw::json
