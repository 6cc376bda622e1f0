// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cel/library/library.h"

namespace bw::cel {

// "%s owes %.2f".format([name, sum]): the clauses %s %d %f %e %b %o %x %X and %%.
Value format_text(CallContext& context, Arguments arguments);

}  // namespace bw::cel
