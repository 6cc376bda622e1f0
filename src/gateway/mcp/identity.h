// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace bw::gateway {

// What the gateway says of itself to clients.
std::string server_info(std::string_view version);  // JSON object
// `stateless`: with what that era declares as extensions.
std::string_view server_capabilities(bool is_stateless);

// For the model behind the client. The upstreams' own instructions are left out: nobody has accepted them.
std::string_view server_instructions();

}  // namespace bw::gateway
