// SPDX-License-Identifier: Apache-2.0
#include "policy/obligations.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "json/canonical.h"
#include "json/document.h"

namespace bw::policy {
namespace {

using As = Obligations::As;

std::unexpected<Error> contradiction(std::string message) {
  return fail(Code::failed_precondition, std::move(message));
}

std::vector<std::string> texts(json::Value list) {
  std::vector<std::string> out;
  for (json::Value item : list.elements()) out.emplace_back(item.string().value_or(""));
  return out;
}

template <class T>
void add_once(std::vector<T>& all, T one) {
  if (std::ranges::find(all, one) == all.end()) all.push_back(std::move(one));
}

Status join_redact(Obligations& all, json::Value given) {
  auto word = given["as"].string().value_or("mask");
  As as = word == "drop" ? As::drop : As::mask;
  for (auto& path : texts(given["fields"])) {
    auto [known, fresh] = all.redact.emplace(std::move(path), as);
    known->second = std::max(known->second, as);
  }
  return {};
}

Status join_mutate(Obligations& all, json::Value given) {
  for (auto [argument, value] : given["set"].members()) {
    BW_TRY(std::string json, json::canonical(value));
    auto [known, fresh] = all.set.emplace(std::string(argument), json);
    if (known->second != json)
      return contradiction(fmt::format("one rule sets `{}` to {}, another to {}", argument, known->second, json));
  }
  return {};
}

Status join_cap(Obligations& all, json::Value given) {
  auto at = given["at"].number();
  std::string argument(given["argument"].string().value_or(""));
  if (!at || argument.empty()) return contradiction("a cap needs an argument and a number");
  Obligations::Cap cap{.at = *at, .lower = given["over"].string() == "lower"};
  auto [known, fresh] = all.caps.emplace(argument, cap);
  known->second = {.at = std::min(known->second.at, cap.at), .lower = known->second.lower && cap.lower};
  return {};
}

Status join_notify(Obligations& all, json::Value given) {
  add_once(all.notices, Obligations::Notice{texts(given["to"]), std::string(given["message"].string().value_or(""))});
  return {};
}

Status join_log(Obligations& all, json::Value given) {
  add_once(all.lines,
           Obligations::Line{given["level"].string() == "warn", std::string(given["message"].string().value_or(""))});
  return {};
}

Status join_sample(Obligations& all, json::Value given) {
  all.sample_percent = std::max(all.sample_percent, given["percent"].integer().value_or(100));
  return {};
}

Status join_stamp(Obligations& all, json::Value given) {
  for (auto& word : texts(given["with"])) add_once(all.stamp, std::move(word));
  std::ranges::sort(all.stamp);
  return {};
}

Status join_undo(Obligations& all, json::Value) {
  all.undo = true;
  return {};
}

Status join_nothing(Obligations&, json::Value) { return {}; }

struct Kind {
  std::string_view type;
  Status (*join)(Obligations&, json::Value);
};
constexpr Kind obligation_kinds[] = {{"redact", join_redact}, {"mutate", join_mutate}, {"cap", join_cap},
                                     {"notify", join_notify}, {"log", join_log},       {"sample", join_sample},
                                     {"stamp", join_stamp},   {"undo", join_undo},     {"approve", join_nothing}};

}  // namespace

Result<Obligations> join_obligations(const std::vector<domain::Obligation>& obligations) {
  Obligations all;
  for (const domain::Obligation& obligation : obligations) {
    const auto* kind = std::ranges::find(obligation_kinds, std::string_view(obligation.type), &Kind::type);
    if (kind == std::end(obligation_kinds))
      return contradiction(fmt::format("nobody here knows how to `{}`", obligation.type));
    BW_TRY(auto document, json::Document::parse(obligation.arguments.empty() ? "{}" : obligation.arguments));
    BW_OK(kind->join(all, document.root()));
  }
  return all;
}

bool is_sampled(const std::vector<domain::Obligation>& obligations, const std::string& digest) {
  std::uint32_t drawn = 0;  // of the digest, which nobody can steer without changing the action
  auto read = std::from_chars(digest.data(), digest.data() + std::min<std::size_t>(digest.size(), 8), drawn, 16);
  auto all = join_obligations(obligations);
  if (!all || all->sample_percent == 0 || read.ec != std::errc()) return false;
  return static_cast<std::uint64_t>(drawn) * 100 < static_cast<std::uint64_t>(all->sample_percent) << 32U;
}

}  // namespace bw::policy
