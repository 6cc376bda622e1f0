// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/action.h"
#include "domain/decision.h"
#include "json/document.h"
#include "registry/snapshot.h"

// Whom the arguments of an action speak of, by the paths that the registry gives of its tool: `args.customer.id`. A list on the way
// means each of its elements. Pure.
namespace bw::gateway {

// Texts and whole numbers, as texts; what is absent, null or empty speaks of nobody. Errors: invalid_argument, naming the path, for
// any other value, one that is too long, or too many; what could be told is in `found` then too.
Status find_subjects(const std::vector<std::string>& paths, json::Value arguments, std::vector<std::string>& found);

// Whom the arguments of an action speak of, for its record. When that cannot be told the decision is a deny (`builtin/subject`), unless it
// is one already.
void name_subjects(domain::Decision& decision, domain::Action& action, const registry::Snapshot& snapshot,
                   json::Value arguments);

// What is wrong with a path in the light of the JSON Schema of the arguments; nothing where that does not say what there is.
std::optional<std::string> misfit_of(std::string_view path, json::Value schema);

}  // namespace bw::gateway
