// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "store/sqlite/database.h"

namespace bw::store::sqlite {

// Brings the file to this program's version, in one transaction. Error failed_precondition for a file of a newer program,
// or of another kind.
Status migrate(Database& database);

// For readers: whether the file has this program's version.
Status check_version(Database& database);

// Whether the file has exactly the tables and indexes that this program makes. Error data_loss.
Status check_schema(Database& database);

}  // namespace bw::store::sqlite
