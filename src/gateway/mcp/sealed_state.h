// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "domain/action.h"
#include "json/document.h"

namespace bw::gateway {

// The call that a state belongs to. `arguments` may be absent.
std::string binding(const domain::Principal& principal, std::string_view method, std::string_view name,
                    json::Value arguments);

// An upstream's `requestState` in the hands of a client: what it asks to get back when the client calls again with the
// answers that were required. A client can read it and cannot make or change one, nor use it for another call: it is bound
// to who called, what was called and with which arguments, and it dies with the process that sealed it.
class Sealer {
 public:
  Sealer();  // with a fresh key

  std::string seal(std::string_view state, std::int64_t expires_ms, std::string_view binding) const;

  // The state. Errors: invalid_argument for anything but a text that seal() gave for this very binding, not yet expired.
  Result<std::string> open(std::string_view sealed, std::string_view binding, std::int64_t now_ms) const;

 private:
  std::string key_;
};

}  // namespace bw::gateway
