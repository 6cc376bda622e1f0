// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "cel/arena.h"
#include "cel/environment.h"
#include "domain/action.h"
#include "domain/history.h"
#include "policy/plan.h"

namespace bw::policy {

// `run` as rules see it: `run.id`, `run.labels`, and what the run did before. NAME may hold `*`.
//   run.called(NAME), run.calls(NAME)   actions that were sent: whether, and how many
//   run.succeeded(NAME)                 whether one of them answered without an error
//   run.returned(VALUE, NAME)           whether such a result held this string or number
//   run.mentioned(VALUE, NAME)          whether a text of such a result holds a word of it
// Where the history is not known, each of these and `run.labels` is an error, which goes to the stricter side.
cel::Type run_type();
void declare_run_functions(cel::Environment& environment, const cel::Type& run);

// `history` null: not known.
cel::Value bind_run(const cel::Type& run, const domain::Action& action, const domain::RunHistory* history,
                    cel::Arena& arena);

// For expressions that read nothing of it but the id.
cel::Value bind_run_id(const cel::Type& run, const domain::Action& action, cel::Arena& arena);

// Whether a program that reads these paths needs the run's history.
bool reads_history(std::span<const std::string> paths);

// Whether rules or meters that can speak of this action need it.
bool reads_history(const Plan& plan, const domain::Action& action);

// The NAMEs of returned() and mentioned() in an expression that compiles; they must be written out, so that what is
// remembered of results is known before there are any.
std::vector<std::string> result_patterns(const domain::Expression& expression, Diagnostics& diagnostics);

}  // namespace bw::policy
