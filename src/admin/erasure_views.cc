// SPDX-License-Identifier: Apache-2.0
#include "admin/erasure_views.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/text.h"
#include "json/writer.h"

namespace bw::admin {
namespace {

std::string counted(std::size_t n, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", n, n == 1 ? one : many);
}

std::string sentence_of(const gateway::Forgotten& forgotten, bool only_look) {
  if (forgotten.entries == 0) return "nothing that may be erased is kept of this subject";
  return fmt::format("contents of {} of {} {}; their digests and receipts stay",
                     counted(forgotten.entries, "entry", "entries"), counted(forgotten.actions, "action", "actions"),
                     only_look ? "would be erased" : "are erased");
}

}  // namespace

View forgotten_view(const gateway::Forgotten& forgotten, bool only_look) {
  auto sentence = sentence_of(forgotten, only_look);
  json::Writer w;
  w.begin_object().member(only_look ? "would" : "done", sentence);
  w.member("actions", static_cast<std::int64_t>(forgotten.actions));
  w.member("entries", static_cast<std::int64_t>(forgotten.entries)).key("kept").begin_array();
  for (const auto& why : forgotten.kept) w.string(why);
  w.end_array().key("by").begin_array();
  std::vector<std::string> by;
  for (const auto& committed : forgotten.by) {
    by.push_back(fmt::format("{}", committed.seq));
    w.begin_object().member("entry", static_cast<std::int64_t>(committed.seq)).member("leaf", committed.leaf_hash);
    w.member("at", format_time(committed.at_ms)).end_object();
  }
  w.end_array().end_object();
  auto text =
      by.empty() ? sentence : fmt::format("{} ({} {})", sentence, by.size() == 1 ? "entry" : "entries", join(by, ", "));
  for (const auto& why : forgotten.kept) text += "\nkept: " + printable(why, 300);
  return {std::move(w).text(), text + "\n"};
}

}  // namespace bw::admin
