// SPDX-License-Identifier: Apache-2.0
//
// Proof: receipts, verification, evidence, keys.
#include "cli/ledger.h"

#include <fmt/format.h>

#include "cli/audit.h"
#include "cli/commands/areas.h"
#include "cli/witness.h"
#include "http/message.h"

namespace bw::cli {
namespace {

int save_receipt(Line& line) {
  auto answer =
      ask(line.remote, Query("/v1/receipts/" + http::percent_encode(line.subject)).add("entry", line.kind).text());
  return answer && !line.out.empty() ? write_out(line.out, *answer) : show(answer);
}

void declare_verify(Line& line) {
  auto& options = line.verify;
  CLI::App* verify =
      line.add(line.app, "verify", "prove that a ledger, a receipt or two checkpoints add up, or name what does not",
               [&line] { return cli::verify(line.verify); });
  verify->add_option("--data", options.data, "the data folder, of a stopped or running server")
      ->default_val(environment("BAILIWICK_DATA", "data"));
  verify->add_option("--head", options.heads,
                     "a file with a checkpoint that the ledger must continue (may be repeated)");
  verify->add_option("--receipt", options.receipt, "a receipt, offline");
  verify->add_option("--checkpoints", options.checkpoints, "two checkpoints: does the later continue the earlier?")
      ->expected(2)
      ->option_text("FILES");
  verify->add_option("--tiles", options.tiles, "a folder of tiles, offline");
  verify->add_option("--export", options.exported, "a folder that `audit export` wrote, offline");
  verify->add_option("--key", options.keys,
                     "the ledger's public key, or a file of them (may be repeated); else those of the data folder");
  verify->add_flag("--json", options.json, "print JSON");
}

void declare_audit(Line& line) {
  auto& options = line.audit;
  CLI::App* audit = line.app.add_subcommand("audit", "evidence for people who have not the ledger");
  audit->require_subcommand(1);
  CLI::App* out = line.add(*audit, "export", "write what the ledger says of a period as a folder that proves itself",
                           [&line] { return cli::audit_export(line.audit); });
  out->add_option("--from", options.from, "a time, or how long ago: 30d; else the beginning");
  out->add_option("--to", options.to, "up to this time; else now");
  out->add_option("--workflow", options.workflow, "of this workflow only");
  out->add_flag("--conceal", options.conceal,
                "show only hashes of other workflows' entries; then nothing proves that they are of others");
  out->add_option("--out", options.out, "a new or empty folder")->capture_default_str();
  out->add_option("--data", options.data, "the data folder, of a stopped or running server")
      ->default_val(environment("BAILIWICK_DATA", "data"));
  out->add_flag("--json", options.json, "print JSON");
}

void declare_keys(Line& line) {
  CLI::App* rebuild =
      line.add(line.app, "rebuild", "make every table of a stopped ledger anew from its entries, and verify it",
               [&line] { return cli::rebuild(line.verify); });
  rebuild->add_option("--head", line.verify.heads,
                      "a file with a checkpoint that the ledger must continue (may be repeated)");
  CLI::App* tiles = line.add(line.app, "tiles", "write a ledger as static files that others can serve and verify",
                             [&line] { return cli::export_tiles(line.verify.data, line.folder); });
  tiles->add_option("DIR", line.folder, "a new or empty folder")->required();
  CLI::App* witness =
      line.add(line.app, "witness", "sign checkpoints of other machines' ledgers, each only when it continues the last",
               [&line] { return cli::witness(line.witness); });
  witness->add_option("--folder", line.witness.folder, "its key, and what it signed; made when missing")->required();
  witness->add_option("--name", line.witness.name, "of a new witness, as witness.example.com");
  witness->add_option("--log", line.witness.logs, "the key of a ledger, or a file of them (may be repeated)")
      ->required();
  witness->add_option("--listen", line.witness.listen, "address; port 0 picks one")->capture_default_str();
  CLI::App* key = line.app.add_subcommand("key", "the keys that sign checkpoints");
  key->require_subcommand(1);
  CLI::App* show = line.add(*key, "show", "the public keys", [&line] { return cli::show_keys(line.verify.data); });
  CLI::App* more = line.add(*key, "add", "add a key: from now on all of them sign",
                            [&line] { return cli::add_key(line.verify.data); });
  CLI::App* drop = line.add(*key, "drop", "drop the oldest key, when all who verify know a newer one",
                            [&line] { return cli::drop_key(line.verify.data); });
  CLI::App* content_key = line.app.add_subcommand("content-key", "the key that contents are sealed under");
  content_key->require_subcommand(1);
  CLI::App* which = line.add(*content_key, "show", "its id, and that of the old one while a rotation is not finished",
                             [&line] { return cli::show_content_keys(line.verify.data); });
  CLI::App* rotate =
      line.add(*content_key, "rotate", "put contents of a stopped ledger under a fresh key, and drop the old one",
               [&line] { return cli::rotate_content_keys(line.verify.data); });
  for (CLI::App* sub : {rebuild, tiles, show, more, drop, which, rotate}) {
    sub->add_option("--data", line.verify.data, "the data folder, of a stopped or running server")
        ->default_val(environment("BAILIWICK_DATA", "data"));
  }
}

}  // namespace

void declare_ledger(Line& line) {
  CLI::App* receipt =
      line.add_remote(line.app, "receipt", "an entry with its proof, to be verified by anybody who has the key",
                      [&line] { return save_receipt(line); });
  receipt->add_option("ID", line.subject, "an action, or the number of an entry")->required();
  receipt->add_option("--entry", line.kind, "which entry of the action: intent, outcome, …; without it the newest");
  receipt->add_option("--out", line.out, "write it to this file");
  declare_verify(line);
  declare_audit(line);
  declare_keys(line);
}

}  // namespace bw::cli
