// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"

namespace bw::identity {

// The operator's token: whoever can read DATA/operator.token may use the admin API. Made once, with mode 0600; a file that
// others may read is refused.
Result<std::string> load_or_create_operator_token(const std::string& data_folder);
Result<std::string> load_operator_token(const std::string& data_folder);

}  // namespace bw::identity
