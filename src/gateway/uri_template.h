// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace bw::gateway {

// Whether `uri` could have come from the RFC 6570 template: what stands outside its braces is there, in order. What the
// expressions may expand to is not checked; the upstream that offered the template decides that.
bool uri_template_matches(std::string_view uri_template, std::string_view uri);

}  // namespace bw::gateway
