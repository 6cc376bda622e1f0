// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gateway/path.h"
#include "gateway/tickets.h"
#include "http/message.h"

namespace bw::gateway {

// What an action came to, for an agent that carries it out itself. Only `allow` has a status below 300, so that a caller that
// looks at nothing else stays on the safe side: 200 allow, 403 deny, 409 hold, 400 what cannot be judged, 503 no ledger.
http::Response verdict_response(const Answer& answer);

// What became of a report: 200 with the receipt; 404 for no action of this agent, 409 for one that is settled otherwise.
http::Response report_response(const Answer& answer);

// 200, or 404 when the ticket cannot be withdrawn.
http::Response withdraw_response(const Answer& answer);

http::Response tickets_response(const std::vector<Ticket>& open);

// {"error": …, "code": …}
http::Response refusal_response(int status, std::string_view code, std::string_view message);

}  // namespace bw::gateway
