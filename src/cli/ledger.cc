// SPDX-License-Identifier: Apache-2.0
#include "cli/ledger.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "base/durable_file.h"
#include "base/text.h"
#include "cli/audit.h"
#include "cli/exit_code.h"
#include "json/writer.h"
#include "ledger/finding.h"
#include "notary/checkpoints.h"
#include "notary/keys.h"
#include "notary/verify_tiles.h"
#include "store/content_keys.h"
#include "store/store.h"

namespace bw::cli {
namespace {

constexpr std::size_t key_file_bytes_max = 64 << 10;

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

int fails(const Error& error) {
  std::fprintf(stderr, "bailiwick: %s\n", error.message.c_str());
  return exit_code(error);
}

// Shows how far it is when somebody watches, and wipes the line at its end.
class ProgressLine {
 public:
  ProgressLine() : shows_(::isatty(STDERR_FILENO) != 0) {}
  ~ProgressLine() {
    if (shows_) std::fprintf(stderr, "\r\x1b[K");
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  void operator()(std::uint64_t at, std::uint64_t of) const {
    if (shows_) std::fprintf(stderr, "\r%s", fmt::format("{} of {}", at, of).c_str());
  }

 private:
  bool shows_;
};

json::Writer good() {
  json::Writer w;
  w.begin_object().member("good", true);
  return w;
}

int say(const VerifyOptions& options, json::Writer&& w, const std::string& text) {
  w.end_object();
  print(options.json ? w.text() + "\n" : text);
  return done;
}

std::string signers_of(const ledger::SignedCheckpoint& checkpoint, const std::vector<ledger::NoteVerifier>& keys) {
  std::vector<std::string> names;
  for (auto i : checkpoint.signed_by) names.push_back(keys[i].vkey().substr(0, keys[i].name().size() + 9));
  return join(names, ", ");
}

// What head files say; the data folder's own is not there before the first start.
Result<std::vector<store::Claim>> claims_of(const VerifyOptions& options) {
  std::vector<store::Claim> out;
  auto own = notary::head_path(options.data);
  auto paths = options.heads;
  if (std::filesystem::exists(own)) paths.push_back(own);
  if (paths.empty()) return out;
  BW_TRY(auto keys, keys_of(options));
  for (const auto& path : paths) {
    BW_TRY(auto head, notary::read_head_file(path, keys));
    out.push_back({path, head.checkpoint.size, std::string(crypto::view(head.checkpoint.root))});
  }
  return out;
}

int verify_data(const VerifyOptions& options) {
  if (!std::filesystem::exists(options.data + "/ledger.db"))
    return fails({Code::unavailable, fmt::format("no ledger in `{}`", options.data)});
  auto claims = claims_of(options);
  if (!claims) return fails(claims.error());
  auto check = [&] {
    ProgressLine progress;
    return store::verify(options.data, [&](auto at, auto of) { progress(at, of); }, *claims);
  };
  auto report = check();
  if (!report) return reports(options, report.error());
  auto w = good();
  w.member("entries", static_cast<std::int64_t>(report->entries))
      .member("actions", static_cast<std::int64_t>(report->actions))
      .member("contents", static_cast<std::int64_t>(report->contents))
      .member("erased", static_cast<std::int64_t>(report->erased))
      .member("contents_not_checked", static_cast<std::int64_t>(report->sealed))
      .member("checkpoints", static_cast<std::int64_t>(claims->size()))
      .member("root", to_hex(report->root));
  std::string text = fmt::format("the ledger adds up: {} entries, {} actions, {} contents checked\nroot {}\n",
                                 report->entries, report->actions, report->contents, to_hex(report->root));
  if (report->erased > 0) text += fmt::format("{} contents were erased, as entries say\n", report->erased);
  if (report->sealed > 0)
    text += fmt::format(
        "{} contents are there and were not checked, nor who might decide a ticket: `{}/content.keys` is not there\n",
        report->sealed, options.data);
  for (const auto& claim : *claims)
    text += fmt::format("it has the {} entries that {} was signed for\n", claim.size, claim.by);
  return say(options, std::move(w), text);
}

int verify_receipt(const VerifyOptions& options) {
  auto keys = keys_of(options);
  if (!keys) return fails(keys.error());
  auto bytes = read_file(options.receipt, ledger::receipt_bytes_max);
  if (!bytes) return fails(bytes.error());
  auto receipt = ledger::parse_receipt(*bytes);
  if (!receipt) return fails(receipt.error());
  auto proven = ledger::verify_receipt(*receipt, *keys);
  if (!proven) return reports(options, proven.error());
  const auto& checkpoint = proven->signed_checkpoint.checkpoint;
  auto w = good();
  w.member("origin", checkpoint.origin)
      .member("entry", static_cast<std::int64_t>(receipt->index))
      .member("entries", static_cast<std::int64_t>(checkpoint.size))
      .key("leaf")
      .raw(receipt->leaf);
  std::string text = fmt::format(
      "entry {} of {} is in the ledger of {} entries, signed by {}\n{}\n", receipt->index, printable(checkpoint.origin),
      checkpoint.size, signers_of(proven->signed_checkpoint, *keys), printable(receipt->leaf, ledger::leaf_bytes_max));
  return say(options, std::move(w), text);
}

int verify_tile_files(const VerifyOptions& options) {
  auto keys = keys_of(options);
  if (!keys) return fails(keys.error());
  auto check = [&] {
    ProgressLine progress;
    return notary::verify_tiles(options.tiles, *keys, [&](auto at, auto of) { progress(at, of); });
  };
  auto found = check();
  if (!found) return reports(options, found.error());
  const auto& checkpoint = found->checkpoint;
  auto w = good();
  w.member("origin", checkpoint.origin)
      .member("entries", static_cast<std::int64_t>(checkpoint.size))
      .member("root", to_hex(crypto::view(checkpoint.root)));
  return say(
      options, std::move(w),
      fmt::format("the tiles add up: {} entries of {}, signed by {}\nroot {}\n", checkpoint.size,
                  printable(checkpoint.origin), signers_of(*found, *keys), to_hex(crypto::view(checkpoint.root))));
}

// A growth is proven by hashes: from a folder of tiles, or from the ledger itself.
Status check_growth(const VerifyOptions& options, const ledger::Checkpoint& a, const ledger::Checkpoint& b) {
  const auto& later = a.size < b.size ? b : a;
  if (!options.tiles.empty()) return notary::check_growth(a, b, notary::tile_files(options.tiles, later.size));
  auto records = store::open_sqlite_records(options.data);
  if (records) return notary::check_growth(a, b, notary::subtrees(**records));
  return notary::check_growth(a, b, [&](unsigned, std::uint64_t) -> Result<ledger::Digest> {
    return fail(Error(records.error()).with("to compare two sizes, give --tiles or --data"));
  });
}

int verify_checkpoints(const VerifyOptions& options) {
  auto keys = keys_of(options);
  if (!keys) return fails(keys.error());
  std::vector<ledger::SignedCheckpoint> both;
  for (const auto& path : options.checkpoints) {
    auto one = notary::read_head_file(path, *keys);
    if (!one) return fails(one.error());
    both.push_back(*std::move(one));
  }
  const auto& a = both[0].checkpoint;
  const auto& b = both[1].checkpoint;
  auto grown = check_growth(options, a, b);
  if (!grown) {
    // Both are signed: together they are the evidence.
    if (grown.error().code == Code::data_loss && !options.json) print(both[0].bytes() + "\n" + both[1].bytes());
    return reports(options, grown.error());
  }
  auto [fewer, more] = std::minmax(a.size, b.size);
  auto w = good();
  w.member("origin", a.origin)
      .member("from", static_cast<std::int64_t>(fewer))
      .member("to", static_cast<std::int64_t>(more));
  return say(options, std::move(w),
             fmt::format("one ledger, {}: {} entries grew to {}\n", printable(a.origin), fewer, more));
}

int print_keys(const Result<notary::Keys>& keys) {
  if (!keys) return fails(keys.error());
  for (const auto& verifier : keys->verifiers()) print(verifier.vkey() + "\n");
  return done;
}

}  // namespace

Result<std::vector<ledger::NoteVerifier>> keys_of(const VerifyOptions& options) {
  if (options.keys.empty()) {
    auto keys = notary::load_keys(options.data);
    if (keys) return keys->verifiers();
    return fail(std::move(keys).error().with("no --key was given"));
  }
  return read_keys(options.keys);
}

int reports(const VerifyOptions& options, const Error& error) {
  if (options.json) {
    json::Writer w;
    w.begin_object()
        .member("good", false)
        .optional("finding", ledger::finding_of(error))
        .member("error", error.message)
        .end_object();
    print(w.text() + "\n");
  }
  return fails(error);
}

Result<std::vector<ledger::NoteVerifier>> read_keys(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& key : words) {
    if (std::filesystem::exists(key)) {
      BW_TRY(auto file, read_file(key, key_file_bytes_max));
      text += file;
    } else {
      text += key;
    }
    text += '\n';
  }
  auto keys = notary::parse_verifiers(text);
  if (!keys) return fail(std::move(keys).error().with("a key"));
  return keys;
}

int verify(const VerifyOptions& options) {
  if (!options.receipt.empty()) return verify_receipt(options);
  if (!options.checkpoints.empty()) return verify_checkpoints(options);
  if (!options.exported.empty()) return verify_export(options);
  if (!options.tiles.empty()) return verify_tile_files(options);
  return verify_data(options);
}

int rebuild(const VerifyOptions& options) {
  auto claims = claims_of(options);
  if (!claims) return fails(claims.error());
  auto make = [&] {
    ProgressLine progress;
    return store::rebuild(options.data, [&](auto at, auto of) { progress(at, of); }, *claims);
  };
  auto made = make();
  if (!made) return fails(made.error());
  print(fmt::format("every table is made anew from {} entries\n", *made));
  return verify_data(options);
}

int export_tiles(const std::string& data, const std::string& folder) {
  auto keys = notary::load_keys(data);
  if (!keys) return fails(keys.error());
  auto head = notary::read_head_file(notary::head_path(data), keys->verifiers());
  if (!head) return fails(head.error());
  auto records = store::open_sqlite_records(data);
  if (!records) return fails(records.error());
  auto size = head->checkpoint.size;
  auto write = [&] {
    ProgressLine progress;
    return notary::export_tiles(**records, head->bytes(), size, folder, [&](auto at, auto of) { progress(at, of); });
  };
  if (auto written = write(); !written) return fails(written.error());
  print(fmt::format("{} entries of {} as tiles in {}\n", size, printable(head->checkpoint.origin), folder));
  return done;
}

int show_keys(const std::string& data) { return print_keys(notary::load_keys(data)); }
int add_key(const std::string& data) { return print_keys(notary::add_key(data)); }
int drop_key(const std::string& data) { return print_keys(notary::drop_key(data)); }

int show_content_keys(const std::string& data) {
  auto keys = store::ContentKeys::load(data);
  if (!keys) return fails(keys.error());
  for (const auto& key : keys->all()) print(store::id_text(key.id) + "\n");
  return done;
}

int rotate_content_keys(const std::string& data) {
  auto rotate = [&] {
    ProgressLine progress;
    return store::rotate_content_keys(data, [&](auto at, auto of) { progress(at, of); });
  };
  auto rotated = rotate();
  if (!rotated) return fails(rotated.error());
  auto path = store::content_keys_path(data);
  std::string text;
  if (rotated->went_on) text += "a rotation that was cut off is finished\n";
  text += fmt::format("contents of {} entries went under key {}; `{}` has {} no more\n", rotated->entries,
                      rotated->fresh, path, join(rotated->dropped, ", "));
  text += fmt::format(
      "copy `{}` anew; earlier copies of it open only copies of the ledger that are as old: destroy them together\n",
      path);
  print(text);
  return done;
}

int write_out(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) return fails({Code::unavailable, fmt::format("cannot write `{}`", path)});
  print(path + "\n");
  return done;
}

}  // namespace bw::cli
