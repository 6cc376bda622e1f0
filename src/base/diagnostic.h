// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bw {

// A place in a text that a person wrote. Lines and columns count from 1; column counts bytes. `line` 0 means "the whole file".
struct Span {
  std::string file;
  int line = 0;
  int column = 0;
  int length = 1;  // bytes to underline, at least 1
};

enum class Severity { error, warning };

// What is wrong with an author's text: not a failure of ours (Error), and never a decision. Parsers return a value *and*
// a list of these, so that one reading reports everything.
struct Diagnostic {
  Severity severity = Severity::error;
  Span where;
  std::string message;  // "unknown key `teir`"
  std::string hint;     // what was expected, the nearest right name, what to do next; may be empty
};

using Diagnostics = std::vector<Diagnostic>;

bool has_errors(const Diagnostics& diagnostics);

// Sorts by file, line, column and drops exact repeats, so that output does not depend on the order of checks.
void sort(Diagnostics& diagnostics);

// "refunds.yaml:12:7: error: unknown key `teir`" and, when `source` (the file's text) is given, the line with a caret,
// then the hint.
std::string format(const Diagnostic& diagnostic, std::string_view source = {});

}  // namespace bw
