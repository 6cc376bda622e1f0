// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "evidence/statement.h"
#include "evidence/survey.h"

namespace bw::evidence {

// index.html: what an export says, for people. One file that needs nothing else and runs nothing; every text in it comes from
// outside and is escaped. The same basis and survey give the same bytes.
std::string page(const Basis& basis, const Survey& survey);

}  // namespace bw::evidence
