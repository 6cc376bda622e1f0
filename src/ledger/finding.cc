// SPDX-License-Identifier: Apache-2.0
#include "ledger/finding.h"

#include <fmt/core.h>

namespace bw::ledger {

std::string_view name(Finding finding) {
  switch (finding) {
    case Finding::missing: return "missing";
    case Finding::surplus: return "surplus";
    case Finding::reordered: return "reordered";
    case Finding::malformed: return "malformed";
    case Finding::backdated: return "backdated";
    case Finding::broken_chain: return "broken_chain";
    case Finding::truncated: return "truncated";
    case Finding::forked: return "forked";
    case Finding::swapped_content: return "swapped_content";
    case Finding::missing_content: return "missing_content";
    case Finding::kept_content: return "kept_content";
    case Finding::forbidden_erasure: return "forbidden_erasure";
    case Finding::forged_approval: return "forged_approval";
    case Finding::reused_approval: return "reused_approval";
    case Finding::impossible_ticket: return "impossible_ticket";
    case Finding::past_switch: return "past_switch";
    case Finding::past_revocation: return "past_revocation";
    case Finding::past_policy: return "past_policy";
    case Finding::past_ambiguity: return "past_ambiguity";
    case Finding::over_limit: return "over_limit";
    case Finding::false_outcome: return "false_outcome";
    case Finding::lost_outcome: return "lost_outcome";
    case Finding::changed_tile: return "changed_tile";
    case Finding::changed_head: return "changed_head";
    case Finding::changed_projection: return "changed_projection";
    case Finding::damaged_file: return "damaged_file";
    case Finding::incomplete: return "incomplete";
    case Finding::changed_summary: return "changed_summary";
  }
  return "";
}

std::unexpected<Error> found(Finding finding, std::string what) {
  return fail(Code::data_loss, fmt::format("{} [{}]", what, name(finding)));
}

std::string_view finding_of(const Error& error) {
  std::string_view message = error.message;
  auto open = message.rfind('[');
  if (error.code != Code::data_loss || open == std::string_view::npos || !message.ends_with(']')) return "";
  return message.substr(open + 1, message.size() - open - 2);
}

}  // namespace bw::ledger
