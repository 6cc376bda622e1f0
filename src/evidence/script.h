// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace bw::evidence {

// The text of tests/independent/verify_export.py, which goes into each export: a verifier that shares nothing with this program.
std::string_view script();

}  // namespace bw::evidence
