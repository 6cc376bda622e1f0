// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <re2/re2.h>

#include <memory>
#include <string>
#include <string_view>

namespace bw::cel {

// Regular expressions of RE2, whose time is linear in the text; one compiled takes a megabyte at most. Ask ok() before use.
std::unique_ptr<re2::RE2> compile_pattern(std::string_view text);

// What is wrong with one that is not ok().
std::string ill_formed(const re2::RE2& pattern);

}  // namespace bw::cel
