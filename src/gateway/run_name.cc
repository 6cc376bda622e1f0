// SPDX-License-Identifier: Apache-2.0
#include "gateway/run_name.h"

#include <algorithm>

namespace bw::gateway {

bool is_run_name(std::string_view name) {
  auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_.:-").contains(c);
  };
  return !name.empty() && name.size() <= 128 && std::ranges::all_of(name, is_plain);
}

}  // namespace bw::gateway
