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

View pruned_view(const std::vector<gateway::Pruned>& pruned, bool only_look) {
  json::Writer w;
  w.begin_object().key(only_look ? "would" : "done").begin_array();
  std::string text;
  for (const auto& one : pruned) {
    w.begin_object().member("class", one.name).member("period", format_duration_ms(one.ms));
    w.member("actions", static_cast<std::int64_t>(one.actions))
        .member("entries", static_cast<std::int64_t>(one.entries));
    w.member("kept", static_cast<std::int64_t>(one.kept)).optional("why_kept", one.why_kept).key("by").begin_array();
    for (auto seq : one.by) w.integer(static_cast<std::int64_t>(seq));
    w.end_array().end_object();
    if (one.entries > 0)
      text += fmt::format("{} ({}): contents of {} of {} {}\n", one.name, format_duration_ms(one.ms),
                          counted(one.entries, "entry", "entries"), counted(one.actions, "action", "actions"),
                          only_look ? "would be erased" : "are erased");
    if (one.kept > 0)
      text += fmt::format("{} ({}): {} kept: {}{}\n", one.name, format_duration_ms(one.ms),
                          counted(one.kept, "action is", "actions are"), printable(one.why_kept, 300),
                          one.kept > 1 ? ", and others" : "");
  }
  w.end_array().end_object();
  return {std::move(w).text(), text.empty() ? "nothing is due\n" : text};
}

std::string metrics(const gateway::Pruning::Told& told) {
  auto metric = [](std::string_view name, std::string_view type, std::string_view help, auto value) {
    return fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n{0} {3}\n", name, type, help, value);
  };
  return metric("bailiwick_expired_entries", "counter", "Entries whose contents expired since the start.",
                told.expired) +
         metric("bailiwick_next_expiry_seconds", "gauge",
                "Unix time at which the oldest contents of a retention class are over; 0 for none.",
                told.next_at_ms / 1000) +
         metric("bailiwick_expiry_failing", "gauge", "1 when contents that are due could not be erased.",
                told.failing ? 1 : 0);
}

}  // namespace bw::admin
