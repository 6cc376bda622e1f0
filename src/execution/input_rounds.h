// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "async/task.h"
#include "base/result.h"
#include "execution/flight.h"

namespace bw::execution {

// Asks the flight's peer what an `input_required` result wants to know, one question after the other, and returns the
// params that continue the call: `params` with inputResponses and requestState. Errors say why the caller cannot be asked.
async::Task<Result<std::string>> answer_questions(Flight& flight, std::string params, std::string input_required);

// Whether the result asks anything; otherwise it says "come back later".
bool asks_something(std::string_view input_required);

}  // namespace bw::execution
