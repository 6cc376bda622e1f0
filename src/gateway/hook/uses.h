// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "gateway/hook/event.h"

namespace bw::gateway::hook {

// Which action each use of a tool is, from the moment it was let go until it is reported: a hook is a process of its own
// each time, so this is a folder with a small file for each. It holds ids of actions and nothing else.
class Uses {
 public:
  explicit Uses(std::string folder) : folder_(std::move(folder)) {}

  // Makes the folder, for this user alone. Errors: unavailable; permission_denied when it is somebody else's.
  Status open() const;
  Status remember(const Event& event, const std::string& action) const;
  std::optional<std::string> action_of(const Event& event) const;
  void forget(const Event& event) const;

 private:
  std::string path_of(const Event& event) const;
  std::string folder_;
};

}  // namespace bw::gateway::hook
