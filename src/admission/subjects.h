// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// Whom an action's arguments speak of, as the registry's `subject` of its tool says: the `subject` content of its entries, by which a
// store finds everything that is kept of somebody.
namespace bw::admission {

constexpr std::size_t subject_bytes_max = 256;
constexpr std::size_t subjects_max = 64;  // of one action

// Errors: invalid_argument for what is empty, too long or no UTF-8.
Status check_subject(std::string_view subject);

// A JSON array, sorted, each once; nothing for nobody.
std::string write_subjects(std::vector<std::string> subjects);

// Reads it. Errors: data_loss for what write_subjects() does not write.
Result<std::vector<std::string>> parse_subjects(std::string_view text);

}  // namespace bw::admission
