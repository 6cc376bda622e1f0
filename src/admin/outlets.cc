// SPDX-License-Identifier: Apache-2.0
#include "admin/outlets.h"

#include <fmt/format.h>

#include "admin/table.h"
#include "json/writer.h"

namespace bw::admin {

View outlets(const Outlets& all) {
  Table table({"TO", "ENTRIES", "FAILURES", "TROUBLE"});
  json::Writer w;
  w.begin_object().key("outlets").begin_array();
  for (const auto& one : all) {
    table.add({one->where(), std::to_string(one->size()), std::to_string(one->failures()), one->trouble()});
    w.begin_object().member("to", one->where()).member("entries", static_cast<std::int64_t>(one->size()));
    w.member("failures", static_cast<std::int64_t>(one->failures())).optional("trouble", one->trouble()).end_object();
  }
  return View{std::move(w.end_array().end_object()).text(),
              table.empty() ? "checkpoints are published nowhere: serve --publish\n" : table.text()};
}

std::string metrics(const Outlets& all) {
  if (all.empty()) return {};
  std::string size =
      "# HELP bailiwick_published_entries Entries of the last checkpoint that arrived.\n# TYPE bailiwick_published_entries gauge\n";
  std::string failures =
      "# HELP bailiwick_publish_failures Checkpoints that did not arrive.\n# TYPE bailiwick_publish_failures counter\n";
  for (const auto& one : all) {
    auto to = json::quoted(one->where());
    size += fmt::format("bailiwick_published_entries{{to={}}} {}\n", to, one->size());
    failures += fmt::format("bailiwick_publish_failures{{to={}}} {}\n", to, one->failures());
  }
  return size + failures;
}

}  // namespace bw::admin
