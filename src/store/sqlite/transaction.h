// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "admission/store.h"
#include "store/sqlite/cache.h"
#include "store/sqlite/contents.h"
#include "store/sqlite/subjects.h"

namespace bw::store::sqlite {

// Begins the one transaction of the writing connection. `cache` is emptied when it is undone, and loaded by the next. Without a
// sealer nothing with contents can be appended, and without the key of subjects none that speaks of somebody.
Result<std::unique_ptr<admission::Transaction>> begin(Database& database, std::optional<Cache>& cache,
                                                      ContentSealer* sealer, SharedSubjectKey subject_key);

}  // namespace bw::store::sqlite
