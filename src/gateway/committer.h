// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admission/admission.h"
#include "async/one_shot.h"
#include "async/task.h"

namespace bw::gateway {

// Submits a change and waits for its commit on the calling task's loop.
async::Task<Result<admission::Committed>> commit(admission::Admission& admission, admission::Change change);

}  // namespace bw::gateway
