// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "base/result.h"

namespace bw::ledger {

// What a verifier can find wrong with a ledger. The name stands at the end of the error's message, "entry 7: … [missing]", so
// that a person reads the sentence and a program the word. docs/formats/ledger.md lists them.
enum class Finding : std::uint8_t {
  missing,             // an entry between others is not there
  surplus,             // there are more entries or rows than the ledger says
  reordered,           // an entry stands at another place than it says
  malformed,           // bytes that no writer of entries wrote
  backdated,           // time goes back
  broken_chain,        // an entry of an action does not follow the one before it
  truncated,           // a checkpoint was signed for more entries
  forked,              // a checkpoint was signed for other entries
  swapped_content,     // a content is not the one that its entry commits to
  missing_content,     // a content is not there, and nobody recorded its erasure
  kept_content,        // a content was erased, and is still there
  forbidden_erasure,   // erased although it may not be: a legal hold, an action that is not finished, a declared text
  forged_approval,     // a person decided who may not, or what policy held ran without an approval
  reused_approval,     // an approval served twice, late, or for another request
  impossible_ticket,   // a ticket moved as tickets do not
  past_switch,         // admitted although a kill switch was set
  past_revocation,     // admitted with a token that was revoked or expired
  past_policy,         // admitted although policy denied it, or refused although nothing forbade it
  past_ambiguity,      // repeated although nobody knew what the first try did
  over_limit,          // a meter had no room for it
  false_outcome,       // an outcome of nothing, a second one, or an impossible one
  lost_outcome,        // a server started over an action without outcome, and did not say so
  changed_tile,        // stored hashes are not those of the entries
  changed_head,        // the stored head is not that of the entries
  changed_projection,  // a table says something else than the entries
  damaged_file,        // the database file itself does not hold together
  incomplete,          // an export lacks something that it rests on, or that it says it has
  changed_summary,     // a page or summary of an export says something else than its entries
};
std::string_view name(Finding finding);

// A data_loss error with this finding.
std::unexpected<Error> found(Finding finding, std::string what);

// The word of an error's message, or empty.
std::string_view finding_of(const Error& error);

}  // namespace bw::ledger
