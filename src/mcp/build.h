// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "mcp/message.h"

// Writes JSON-RPC messages around bytes that are JSON already. `id`, `params`, `result`, `data` are raw JSON.
namespace bw::mcp {

std::string request_text(std::string_view id, std::string_view method,
                         std::string_view params);  // no params when empty
std::string notification_text(std::string_view method, std::string_view params);
std::string result_response(std::string_view id, std::string_view result);
std::string error_response(std::string_view id, std::string_view error_object);
std::string error_response(std::string_view id, int code, std::string_view message, std::string_view data = {});
std::string error_response(const Malformed& malformed);

// {"code":…,"message":…,"data":…}
std::string error_object(int code, std::string_view message, std::string_view data = {});

}  // namespace bw::mcp
