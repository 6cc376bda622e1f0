// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admission/records.h"
#include "base/result.h"
#include "domain/action.h"

namespace bw::admission {

// A held request as the text content of its hold entry: the whole action but its arguments (which are the args content
// of the same entry), and the terms of its approval.
struct HeldRequest {
  domain::Action action;
  std::string terms;  // JSON
};

std::string write_request(const HeldRequest& request);

// The request of a ticket, from the contents of its hold entry. When it was erased: what the row says of it, without terms.
Result<HeldRequest> held_request(const TicketRow& ticket, const ContentValues& held);

// Errors: data_loss.
Result<HeldRequest> parse_request(std::string_view text, std::string_view arguments);

// Who may decide a held request, as the content `reviewers` of its hold: a JSON array of names, in their order.
std::string write_reviewers(const std::vector<std::string>& reviewers);

// The same read again, from the contents of a hold; nothing when it was erased. An earlier version kept the list within `text`.
// Errors: data_loss.
Result<std::optional<std::vector<std::string>>> parse_reviewers(std::string_view reviewers, std::string_view text);

}  // namespace bw::admission
