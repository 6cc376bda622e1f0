// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

// Commands that need no server. Each prints its answer and returns the exit code.
namespace bw::cli {

int check(const std::string& folder);  // errors and warnings of a registry and its policies
int init(const std::string& name, const std::string& folder);

}  // namespace bw::cli
