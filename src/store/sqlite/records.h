// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "admission/records.h"
#include "store/sqlite/contents.h"
#include "store/sqlite/subjects.h"

namespace bw::store::sqlite {

// Reads DATA/ledger.db through connections of its own, each read from one snapshot of the file. Without keys everything but
// contents.
std::unique_ptr<admission::Records> make_records(std::string path, SharedContentKeys keys,
                                                 SharedSubjectKey subject_key);

}  // namespace bw::store::sqlite
