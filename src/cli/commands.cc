// SPDX-License-Identifier: Apache-2.0
//
// The command line: what each command takes, and which function does it, area by area in cli/commands/.
// docs/reference/cli.md says the same for people.
#include "cli/commands.h"

#include "cli/commands/areas.h"
#include "cli/exit_code.h"

namespace bw::cli {

int run(int argc, char** argv) {
  Line line;
  // In the order in which --help lists them.
  for (auto declare :
       {declare_server, declare_registry, declare_authors, declare_comparisons, declare_shadow, declare_tokens,
        declare_reviews, declare_switches, declare_erasure, declare_answers, declare_ledger}) {
    declare(line);
  }
  try {
    line.app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return line.app.exit(error) == 0 ? done : usage;
  }
  return line.command();
}

}  // namespace bw::cli
