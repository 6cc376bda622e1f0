// SPDX-License-Identifier: Apache-2.0
#include "admin/shadow_views.h"

#include <fmt/format.h>

#include "base/text.h"
#include "gateway/live.h"
#include "json/document.h"
#include "registry/load.h"
#include "replay/recorded_run.h"

namespace bw::admin {
namespace {

constexpr json::Limits wish_limits{.bytes_max = 4U << 20, .depth_max = 3, .values_max = 20'000};

struct Wish {
  registry::Sources files;
  std::string by;
};

Result<Wish> read_wish(const std::string& request) {
  auto wrong = [](std::string message) { return fail(Code::invalid_argument, std::move(message)); };
  BW_TRY(auto document, json::Document::parse(request.empty() ? "{}" : request, wish_limits));
  Wish out;
  for (auto [key, value] : document.root().members()) {
    if (key == "by" && value.string()) {
      out.by = *value.string();
    } else if (key != "files" || !value.is(json::Kind::object)) {
      return wrong(
          fmt::format("`{}`: expected files, an object from names to texts, and by, a string", printable(key, 40)));
    }
  }
  for (auto [name, text] : document.root()["files"].members()) {
    if (!text.string()) return wrong(fmt::format("`files.{}`: expected a string", printable(name, 80)));
    out.files.emplace(std::string(name), std::string(*text.string()));
  }
  if (out.files.empty()) return wrong("`files` is missing: the candidate registry, an object from file names to texts");
  if (out.by.empty()) return wrong("`by` is missing: who starts the candidate");
  return out;
}

std::string metric(std::string_view name, std::string_view type, std::string_view help, std::uint64_t value) {
  return fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", name, help, type, value);
}

}  // namespace

View shadow_view(const replay::ShadowReport& report) { return {to_json(report), to_text(report)}; }

Result<View> shadow(const replay::ShadowMode& shadow) {
  if (auto report = shadow.report()) return shadow_view(*report);
  return fail(Code::not_found, fmt::format("no candidate is in shadow mode; `bailiwick shadow start` starts one{}{}",
                                           shadow.lost().empty() ? "" : "; ", shadow.lost()));
}

Result<ShadowWish> read_shadow_wish(admission::Records& records, const std::string& request) {
  BW_TRY(auto wish, read_wish(request));
  auto loaded = registry::load(std::move(wish.files));
  if (!loaded.snapshot)
    return fail(Code::invalid_argument, "the candidate does not load:\n" + registry::format(loaded));
  BW_TRY(auto known, replay::known_definitions(records));
  auto prepared = gateway::prepare(loaded.snapshot, known.definitions);
  if (!prepared.live.plan) {
    loaded.diagnostics = std::move(prepared.diagnostics);
    return fail(Code::invalid_argument, "the rules of the candidate do not compile:\n" + registry::format(loaded));
  }
  return ShadowWish{std::move(prepared.live), std::move(wish.by)};
}

std::string metrics(const replay::ShadowMode& shadow) {
  auto found = shadow.report();
  bool on = found.has_value();
  if (!on) found.emplace();
  const auto& report = found->report;
  std::uint64_t same = 0;
  for (std::size_t i = 0; i < report.matrix.size(); ++i) same += report.matrix.at(i).at(i);
  return metric("bailiwick_shadow_candidates", "gauge", "Candidate registries in shadow mode.", on ? 1 : 0) +
         metric("bailiwick_shadow_same", "gauge", "Actions that the candidate decides as they were.", same) +
         metric("bailiwick_shadow_different", "gauge", "Actions that it decides otherwise.", report.replayed() - same) +
         metric("bailiwick_shadow_not_decided", "gauge", "Actions that it cannot decide.", report.missing()) +
         metric("bailiwick_shadow_behind", "gauge", "Entries that it has not come to yet.", found->behind) +
         metric("bailiwick_shadow_dropped", "gauge", "Entries that it passed over.", found->dropped);
}

}  // namespace bw::admin
