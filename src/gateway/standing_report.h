// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admission/records.h"
#include "gateway/path.h"

namespace bw::gateway {

// What is answered to a report on an action that has its outcome: the receipt again, when it says the same. Pure.
Answer standing_report(const admission::ActionRecord& record, const Report& report);

}  // namespace bw::gateway
