// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <span>
#include <vector>

#include "cel/ast.h"
#include "cel/environment.h"
#include "cel/message.h"
#include "cel/types/calls.h"
#include "cel/types/unifier.h"

namespace bw::cel {

// Constructing messages, Name{field: value}: which slots the fields of `expr` fill, when its values have these types; or what is
// wrong with the first that does not fit.
std::expected<std::vector<std::size_t>, CallMistake> match_fields(Unifier& types, const Expr& expr,
                                                                  const Message& message, std::span<const Type> given);

// Why nothing of that name can be constructed, in the author's terms.
CallMistake explain_unknown_message(const Expr& expr, const Environment& environment);

}  // namespace bw::cel
