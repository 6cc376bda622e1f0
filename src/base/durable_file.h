// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

// Small files that are there as a whole or not at all, whatever crashes. Blocking; any thread, one at a time for a path.
namespace bw {

// Writes beside `path`, flushes, renames over it and flushes its folder. Errors: unavailable, naming the file.
Status write_durably(const std::string& path, std::string_view bytes, mode_t mode);

// Appends and flushes; makes the file when it is missing.
Status append_durably(const std::string& path, std::string_view bytes, mode_t mode);

// Errors: not_found; resource_exhausted above `bytes_max`; unavailable.
Result<std::string> read_file(const std::string& path, std::size_t bytes_max);

// The same for a file with secrets: failed_precondition when others than its owner may read it.
Result<std::string> read_private_file(const std::string& path, std::size_t bytes_max);

}  // namespace bw
