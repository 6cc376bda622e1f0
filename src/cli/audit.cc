// SPDX-License-Identifier: Apache-2.0
#include "cli/audit.h"

#include <fmt/format.h>

#include <limits>

#include "base/clock.h"
#include "base/text.h"
#include "cli/exit_code.h"
#include "cli/folder.h"
#include "cli/moment.h"
#include "cli/version.h"
#include "evidence/export.h"
#include "evidence/verify.h"
#include "json/writer.h"
#include "ledger/finding.h"
#include "notary/checkpoints.h"

namespace bw::cli {
namespace {

std::int64_t number(std::uint64_t n) { return static_cast<std::int64_t>(n); }

void progress(std::uint64_t at, std::uint64_t of) { show_progress(fmt::format("{} of {} entries", at, of)); }

Result<evidence::ExportReport> run(const AuditOptions& options) {
  evidence::ExportOptions out{.data = options.data,
                              .folder = options.out,
                              .subject = {.workflow = options.workflow, .conceals = options.conceal},
                              .made_by = fmt::format("bailiwick {}", version),
                              .now_ms = system_clock().now_ms()};
  if (options.conceal && options.workflow.empty())
    return fail(Code::invalid_argument, "--conceal says how entries of other workflows are shown: give --workflow too");
  BW_TRY(out.subject.from_ms, parse_moment(options.from, 0));
  BW_TRY(out.subject.to_ms, parse_moment(options.to, std::numeric_limits<std::int64_t>::max()));
  if (out.subject.from_ms >= out.subject.to_ms)
    return fail(Code::invalid_argument, "--from is not before --to: there is nothing between them");
  while (out.folder.size() > 1 && out.folder.ends_with('/')) out.folder.pop_back();
  return evidence::export_evidence(out, progress);
}

void say(const AuditOptions& options, const evidence::ExportReport& report) {
  const auto& [origin, made_by, made_at, subject, extent, root, root_before, receipts, files] = report.basis;
  json::Writer w;
  w.begin_object()
      .member("folder", options.out)
      .member("origin", origin)
      .member("entries", number(extent.end - extent.begin));
  w.member("of", number(extent.size))
      .member("actions", number(report.actions))
      .member("approvals", number(report.approvals));
  w.member("exceptions", number(report.exceptions)).member("missing", number(report.missing));
  w.member("newer", number(report.newer)).end_object();
  if (options.json) return print(w.text() + "\n");
  print(fmt::format("{}: {} entries of {}, {} actions, {} decisions on held ones, {} exceptions\n", options.out,
                    extent.end - extent.begin, printable(origin), report.actions, report.approvals, report.exceptions));
  if (report.newer > 0)
    print(fmt::format("{} entries are newer than the newest checkpoint, and not in it\n", report.newer));
  print(fmt::format("read {0}/index.html; check it with: bailiwick verify --export {0} --key KEY\n", options.out));
}

Result<evidence::Verified> check(const VerifyOptions& options) {
  BW_TRY(auto keys, keys_of(options));
  std::vector<evidence::Kept> kept;
  for (const auto& path : options.heads) {
    BW_TRY(auto head, notary::read_head_file(path, keys));
    kept.push_back({path, std::move(head.checkpoint)});
  }
  return evidence::verify_export(options.exported, keys, kept, fmt::format("bailiwick {}", version), progress);
}

std::string as_text(const VerifyOptions& options, const evidence::Verified& found) {
  const auto& extent = found.basis.extent;
  std::string out =
      fmt::format("the export adds up: {} entries of {}, {} actions, {} contents\n", extent.end - extent.begin,
                  printable(found.basis.origin), found.actions, found.contents);
  for (const auto& claim : found.claims.proven) out += "proven: " + printable(claim) + "\n";
  for (const auto& claim : found.claims.not_proven) out += "not proven: " + printable(claim) + "\n";
  for (const auto& head : options.heads) out += fmt::format("it continues {}\n", head);
  if (!found.page_checked)
    out += fmt::format("index.html was made by {}, another version than this, and was not compared\n",
                       printable(found.basis.made_by, 80));
  return out;
}

std::string as_json(const evidence::Verified& found) {
  const auto& extent = found.basis.extent;
  json::Writer w;
  w.begin_object().member("good", true).member("origin", found.basis.origin);
  w.member("entries", number(extent.end - extent.begin)).member("of", number(extent.size));
  w.member("actions", number(found.actions)).member("approvals", number(found.approvals));
  w.member("exceptions", number(found.exceptions)).member("contents", number(found.contents));
  w.member("erased", number(found.erased)).member("page_checked", found.page_checked);
  return std::move(w.end_object()).text() + "\n";
}

}  // namespace

int audit_export(const AuditOptions& options) {
  auto report = run(options);
  show_progress("");
  if (!report) return fails(report.error());
  say(options, *report);
  return report->missing == 0 ? done : bad;
}

int verify_export(const VerifyOptions& options) {
  auto found = check(options);
  show_progress("");
  if (!found) return reports(options, found.error());
  print(options.json ? as_json(*found) : as_text(options, *found));
  return done;
}

}  // namespace bw::cli
