// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "admission/store.h"
#include "store/memory/tables.h"

namespace bw::store::memory {

std::unique_ptr<admission::Transaction> begin(Tables& tables);

}  // namespace bw::store::memory
