// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "admission/store.h"
#include "store/sqlite/cache.h"

namespace bw::store::sqlite {

// Begins the one transaction of the writing connection. `cache` is emptied when it is undone, and loaded by the next.
Result<std::unique_ptr<admission::Transaction>> begin(Database& database, std::optional<Cache>& cache);

}  // namespace bw::store::sqlite
