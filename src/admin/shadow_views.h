// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "admin/view.h"
#include "gateway/live.h"
#include "replay/shadow_mode.h"

namespace bw::admin {

// Shadow mode as people ask for it.

View shadow_view(const replay::ShadowReport& report);

// The report so far; not_found when there is no candidate, with why the last one is gone when nobody stopped it.
Result<View> shadow(const replay::ShadowMode& shadow);

// What a candidate is started with.
struct ShadowWish {
  gateway::Live live;
  std::string by;
};

// Reads a request {"files": {NAME: TEXT, …}, "by"}: the files of a registry, and prepares it. May block. Errors: invalid_argument with
// what is wrong with the request or with the registry.
Result<ShadowWish> read_shadow_wish(admission::Records& records, const std::string& request);

// For Prometheus; all 0 when there is no candidate.
std::string metrics(const replay::ShadowMode& shadow);

}  // namespace bw::admin
