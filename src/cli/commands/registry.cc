// SPDX-License-Identifier: Apache-2.0
//
// What is declared: written, checked, applied; the definitions of tools.
#include "base/text.h"
#include "cli/commands/areas.h"
#include "cli/local.h"
#include "cli/templates.h"
#include "http/message.h"
#include "json/writer.h"

namespace bw::cli {
namespace {

int apply_registry(Line& line) {
  json::Writer w;
  w.begin_object()
      .member("author", line.author.empty() ? line.by : line.author)
      .member("message", line.message)
      .end_object();
  return show(cli::change(line.remote, "/v1/apply", w.text()));
}

}  // namespace

void declare_registry(Line& line) {
  CLI::App* init = line.add(line.app, "init", "write a working registry from a template",
                            [&line] { return cli::init(line.name, line.folder); });
  init->add_option("TEMPLATE", line.name, "one of: " + join(template_names(), ", "))->required();
  init->add_option("DIR", line.folder, "a new or empty folder")->required();
  CLI::App* check = line.add(line.app, "check", "validate a registry: everything that is wrong, with file and line",
                             [&line] { return cli::check(line.folder); });
  check->add_option("DIR", line.folder, "folder of the registry")->required();
  line.add_remote(line.app, "plan", "what applying the server's registry folder would change",
                  [&line] { return line.ask_for(Query("/v1/plan")); });
  CLI::App* apply = line.add_remote(line.app, "apply", "make the server's registry folder live",
                                    [&line] { return apply_registry(line); });
  apply->add_option("--author", line.author, "who applies it")->default_str(line.by);
  apply->add_option("--message,-m", line.message, "why");
  CLI::App* snapshots = line.add_remote(line.app, "snapshots", "registries that were live, or one of them", [&line] {
    return line.ask_for(
        Query(line.subject.empty() ? "/v1/snapshots" : "/v1/snapshots/" + http::percent_encode(line.subject)));
  });
  snapshots->add_option("DIGEST", line.subject, "its first digits");
  line.add_remote(line.app, "upstreams", "health of each upstream, and what is wrong with it",
                  [&line] { return line.ask_for(Query("/v1/upstreams")); });
  line.add_remote(line.app, "outlets", "where checkpoints are published, and whether they arrive",
                  [&line] { return line.ask_for(Query("/v1/outlets")); });
  CLI::App* pins = line.app.add_subcommand("pins", "tool definitions that changed");
  pins->require_subcommand(1);
  line.add_remote(*pins, "list", "tools in quarantine, before and after",
                  [&line] { return line.ask_for(Query("/v1/pins")); });
  CLI::App* accept = line.add_remote(*pins, "accept", "accept a changed definition", [&line] {
    json::Writer w;
    w.begin_object().member("tool", line.tool).member("by", line.by).end_object();
    return show(cli::change(line.remote, "/v1/pins", w.text()));
  });
  accept->add_option("TOOL", line.tool, "UPSTREAM/TOOL")->required();
  accept->add_option("--by", line.by, "who has read it")->capture_default_str();
}

}  // namespace bw::cli
