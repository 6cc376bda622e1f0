// SPDX-License-Identifier: Apache-2.0
#include "replay/divergence.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "json/canonical.h"
#include "json/writer.h"

namespace bw::replay {
namespace {

using Difference = Divergence::Difference;

constexpr std::size_t shown_max = 400;  // bytes of a value

// As deep as the documents, whose parser limits it.
void compare(json::Value recorded, json::Value asked, const std::string& path, std::size_t max,
             std::vector<Difference>& out) {
  if (out.size() == max || (recorded.exists() && asked.exists() && same(recorded, asked))) return;
  if (recorded.is(json::Kind::object) && asked.is(json::Kind::object)) {
    auto below = [&](std::string_view key) {
      return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
    };
    for (auto [key, value] : recorded.members()) compare(value, asked[key], below(key), max, out);
    for (auto [key, value] : asked.members()) {
      if (!recorded[key].exists()) compare({}, value, below(key), max, out);
    }
    return;
  }
  if (recorded.is(json::Kind::array) && asked.is(json::Kind::array)) {
    for (std::size_t i = 0; i < std::max(recorded.size(), asked.size()); ++i)
      compare(recorded.at(i), asked.at(i), fmt::format("{}[{}]", path, i), max, out);
    return;
  }
  out.push_back({path, std::string(recorded.raw()), std::string(asked.raw())});
}

std::string or_nothing(const std::string& json) { return json.empty() ? "nothing" : printable(json, shown_max); }

}  // namespace

bool same(json::Value a, json::Value b) {
  auto one = json::canonical(a), other = json::canonical(b);
  return one && other ? *one == *other : a.raw() == b.raw();
}

std::vector<Difference> differences(json::Value recorded, json::Value asked, std::size_t max) {
  std::vector<Difference> out;
  compare(recorded, asked, "", max, out);
  return out;
}

std::string to_text(const Divergence& divergence) {
  auto asked = printable(divergence.asked_name, 200);
  if (divergence.recorded_name.empty())
    return fmt::format("step {}: the record has ended, and the agent asks for {}", divergence.step, asked);
  if (divergence.recorded_name != divergence.asked_name)
    return fmt::format("step {}: the record has {}, and the agent asks for {}", divergence.step,
                       printable(divergence.recorded_name, 200), asked);
  auto out = fmt::format("step {}: {} with other arguments", divergence.step, asked);
  for (const auto& one : divergence.arguments)
    out += fmt::format("\n  {}: the record has {}, and the agent asks with {}",
                       one.path.empty() ? "all of them" : printable(one.path, 200), or_nothing(one.recorded),
                       or_nothing(one.asked));
  return out;
}

std::string to_json(const Divergence& divergence) {
  json::Writer w;
  w.begin_object().member("step", static_cast<std::int64_t>(divergence.step));
  w.optional("recorded", divergence.recorded_name).member("asked", divergence.asked_name).key("arguments").begin_array();
  for (const auto& [path, recorded, asked] : divergence.arguments) {
    w.begin_object().member("path", path);
    if (!recorded.empty()) w.member_raw("recorded", recorded);
    if (!asked.empty()) w.member_raw("asked", asked);
    w.end_object();
  }
  return std::move(w.end_array().end_object()).text();
}

}  // namespace bw::replay
