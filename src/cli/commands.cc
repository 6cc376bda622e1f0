// SPDX-License-Identifier: Apache-2.0
//
// The command line: what each command takes, and which function does it, area by area in cli/commands/.
// docs/reference/cli.md says the same for people.
#include "cli/commands.h"

#include "cli/commands/areas.h"
#include "cli/exit_code.h"

namespace bw::cli {

namespace {

struct Area {
  const char* title;
  void (*declare)(Line& line);
};

// In the order in which --help lists them.
constexpr Area areas[]{{"Gateway", declare_server},
                       {"Registry", declare_registry},
                       {"Policy", declare_authors},
                       {"Policy", declare_comparisons},
                       {"Policy", declare_shadow},
                       {"Agents and reviews", declare_tokens},
                       {"Agents and reviews", declare_reviews},
                       {"Agents and reviews", declare_switches},
                       {"Answers", declare_answers},
                       {"Contents", declare_erasure},
                       {"Ledger", declare_ledger}};

void declare(Line& line, const Area& area) {
  auto before = line.app.get_subcommands({}).size();
  area.declare(line);
  auto all = line.app.get_subcommands({});
  for (auto i = before; i < all.size(); ++i) all[i]->group(area.title);
}

}  // namespace

int run(int argc, char** argv) {
  Line line;
  for (const auto& area : areas) declare(line, area);
  try {
    line.app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return line.app.exit(error) == 0 ? done : usage;
  }
  return line.command();
}

}  // namespace bw::cli
