// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands/line.h"

// The commands by area: each declares what they take and which function does them.
namespace bw::cli {

void declare_server(Line& line);
void declare_registry(Line& line);
void declare_authors(Line& line);
void declare_comparisons(Line& line);
void declare_shadow(Line& line);
void declare_tokens(Line& line);
void declare_reviews(Line& line);
void declare_switches(Line& line);
void declare_erasure(Line& line);
void declare_answers(Line& line);
void declare_ledger(Line& line);

}  // namespace bw::cli
