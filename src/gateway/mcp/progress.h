// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bw::gateway {

// The progress of one call as its caller sees it: the upstream's own, and signs of life of the gateway while a call waits.
// The protocol wants each value greater than the one before; what is not is dropped.
class Progress {
 public:
  explicit Progress(std::string token = {}) : token_(std::move(token)) {}

  bool is_wanted() const { return !token_.empty(); }
  void set_token(std::string token) { token_ = std::move(token); }  // of a later round

  // Params of notifications/progress for the caller, or nothing when it must not be passed on.
  std::optional<std::string> pass_on(std::string_view params);
  std::string sign_of_life(std::string_view message);

 private:
  std::string token_;  // JSON; empty: no progress was asked for
  double last_ = -1;
};

}  // namespace bw::gateway
