// SPDX-License-Identifier: Apache-2.0
#include "cel/compile.h"

#include <utility>

#include "cel/program/planner.h"
#include "cel/types/checker.h"

namespace bw::cel {

Compiled compile(std::string_view source, const Environment& environment, const CompileOptions& options) {
  Compiled compiled;
  Parsed parsed = parse(source, options);
  compiled.diagnostics = std::move(parsed.diagnostics);
  if (has_errors(compiled.diagnostics)) return compiled;
  Checked checked = check(*parsed.expr, environment, options, compiled.diagnostics);
  if (!has_errors(compiled.diagnostics)) {
    auto made = plan(source, *parsed.expr, checked, environment, options, compiled.diagnostics);
    if (!has_errors(compiled.diagnostics)) compiled.program.emplace(std::move(made));
  }
  sort(compiled.diagnostics);
  return compiled;
}

}  // namespace bw::cel
