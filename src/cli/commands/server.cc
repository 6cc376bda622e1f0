// SPDX-License-Identifier: Apache-2.0
//
// The server itself, and what agents start to reach it.
#include "cli/bridge.h"
#include "cli/commands/areas.h"
#include "cli/hook.h"
#include "cli/serve.h"

namespace bw::cli {

void declare_server(Line& line) {
  CLI::App* serve = line.add(line.app, "serve", "run the gateway", [&line] { return cli::serve(line.serve); });
  serve->add_option("--registry", line.serve.registry, "folder of the registry")->required();
  serve->add_option("--data", line.serve.data, "folder of the ledger and keys; made when missing")->required();
  serve->add_option("--agents", line.serve.agents, "address for agents; port 0 picks one")->capture_default_str();
  serve->add_option("--admin", line.serve.admin, "address for people; port 0 picks one")->capture_default_str();
  serve->add_option("--tls-certificate", line.serve.tls_certificate, "PEM file: agents connect over TLS");
  serve->add_option("--tls-key", line.serve.tls_key, "PEM file");
  serve->add_option("--host", line.serve.hosts,
                    "a name that agents reach it by; names of this machine itself always are (may be repeated)");
  serve->add_flag("--plain-on-network", line.serve.plain_on_network,
                  "allow an address beyond loopback without TLS (something else encrypts)");
  serve->add_option("--log-level", line.serve.log_level, "debug, info, warn or error")->capture_default_str();
  serve->add_option("--origin", line.serve.origin, "name of a new ledger in its checkpoints, as example.com/ledger");
  serve->add_option("--head", line.serve.heads,
                    "a further file for the newest checkpoint, best on another disk (may be repeated)");
  serve->add_option("--witness", line.serve.witnesses,
                    "URL,KEY of a witness that signs each checkpoint too (may be repeated)");
  serve->add_option("--publish", line.serve.outlets,
                    "a URL that each checkpoint is sent to, or git:DIR to commit and push it (may be repeated)");
  CLI::App* bridge = line.add(line.app, "mcp", "speak MCP on standard input and output for a running gateway",
                              [&line] { return mcp_bridge(line.url, line.token, line.mcp_run); });
  line.url = environment("BAILIWICK_URL", "http://127.0.0.1:7070/mcp");
  line.token = environment("BAILIWICK_TOKEN", "");
  bridge->add_option("--url", line.url, "the gateway's MCP endpoint (BAILIWICK_URL)")->capture_default_str();
  bridge->add_option("--token", line.token, "the agent's token (better in BAILIWICK_TOKEN)");
  line.mcp_run = environment("BAILIWICK_RUN", "");
  bridge->add_option("--run", line.mcp_run, "name of the run that its calls belong to (BAILIWICK_RUN)");
  CLI::App* hook = line.add(line.app, "hook", "answer a coding agent's hook: ask before it uses a tool, report after",
                            [&line] { return cli::hook(line.hook); });
  line.hook.url = line.url;
  hook->add_option("--url", line.hook.url, "an address on the agents' listener (BAILIWICK_URL)")->capture_default_str();
  hook->add_option("--token-file", line.hook.token_file, "file with the agent's token; else BAILIWICK_TOKEN");
  hook->add_option("--upstream", line.hook.upstream, "the external upstream that declares the agent's own tools")
      ->capture_default_str();
  hook->add_option("--wait", line.hook.wait, "how long to wait for a person, such as 45s; at most 10m")
      ->capture_default_str();
  hook->add_option("--folder", line.hook.folder,
                   "where it keeps what is under way; else below XDG_RUNTIME_DIR, or /tmp");
  hook->add_flag("--grants", line.hook.grants, "what is allowed needs no question of the agent's own any more");
}

}  // namespace bw::cli
