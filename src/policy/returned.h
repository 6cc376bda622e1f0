// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "domain/history.h"
#include "json/document.h"

namespace bw::policy {

// What results held, remembered as hashes, so that policy can say where an argument came from and nobody can read back what
// it was. Compared are strings and numbers as text: letters of ASCII without case, runs of white space as one space,
// none at the ends; 42 and 42.0 are "42". A word is what stands between spaces, brackets, quotes and `,;:|=`, without
// dots at its end: the address in `<mailto:a@b.example>.` is a word.
inline constexpr std::size_t kReturnedMax = 20'000;  // hashes of one tool's values, and as many of words, in one run

// Adds every string and number of a result, `_meta` left out; of a string that holds a JSON object or array, what is in it too.
void add_result(domain::RunHistory::Returned& returned, json::Value result);

std::string text_of_number(double number);
bool holds_value(std::string_view values, std::string_view text);  // of Returned
// Whether any word of `text` that has at least three characters was one of the result's words.
bool holds_word(std::string_view words, std::string_view text);

}  // namespace bw::policy
