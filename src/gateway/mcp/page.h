// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/mcp/rpc.h"
#include "json/document.h"

namespace bw::gateway {

// One page of a list as a result: {"tools":[…],"nextCursor":"…"}. `items` are JSON texts. A cursor is good for the list that
// it was cut from: when the list has changed since, the client is told to start again, and never gets pages of two lists.
RpcResult page(std::string_view key, const std::vector<std::string_view>& items, json::Value params,
               std::size_t page_items);

}  // namespace bw::gateway
