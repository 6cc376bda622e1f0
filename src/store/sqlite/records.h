// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "admission/records.h"

namespace bw::store::sqlite {

// Reads DATA/ledger.db through connections of its own, each read from one snapshot of the file.
std::unique_ptr<admission::Records> make_records(std::string path);

}  // namespace bw::store::sqlite
