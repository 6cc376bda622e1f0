// SPDX-License-Identifier: Apache-2.0
#include "gateway/run_name.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "crypto/hash.h"

namespace bw::gateway {

bool is_run_name(std::string_view name) {
  auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_.:-").contains(c);
  };
  return !name.empty() && name.size() <= 128 && std::ranges::all_of(name, is_plain);
}

std::string run_of_agent(std::string_view agent, std::string_view name) { return fmt::format("{}:{}", agent, name); }

std::string run_of_token(std::string_view token) {
  return fmt::format("run_{}", to_hex(crypto::sha256(token)).substr(0, 26));
}

}  // namespace bw::gateway
