// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "http/client.h"

namespace bw::gateway::bridge {

// Why a request has no answer of the gateway's own: a JSON-RPC error whose words help whoever reads it, a model or a person.
struct Trouble {
  int code = 0;
  std::string message;
};

// The exchange failed: nobody is there, or the connection broke.
Trouble no_answer(std::string_view url, const http::ClientError& error);

// An HTTP status that says no; `words` are the gateway's own, or empty.
Trouble refused(std::string_view url, int status, std::string_view words);

// The answer began, and its rest does not come or cannot be read.
Trouble broken(std::string_view why);

Trouble not_mcp(std::string_view url, int status);
Trouble session_lost();
Trouble input_ended();
Trouble too_many();

}  // namespace bw::gateway::bridge
