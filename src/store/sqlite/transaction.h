// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "admission/store.h"
#include "store/sqlite/cache.h"
#include "store/sqlite/contents.h"

namespace bw::store::sqlite {

// Begins the one transaction of the writing connection. `cache` is emptied when it is undone, and loaded by the next. Without a
// sealer nothing with contents can be appended.
Result<std::unique_ptr<admission::Transaction>> begin(Database& database, std::optional<Cache>& cache,
                                                      ContentSealer* sealer);

}  // namespace bw::store::sqlite
