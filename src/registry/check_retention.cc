// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <set>

#include "registry/validate.h"

namespace bw::registry {
namespace {

// Of several nobody could say which counts.
void check_default(Review& review) {
  const Retention* first = nullptr;
  for (const auto& [name, retention] : review.snapshot.retention()) {
    if (!retention.is_default) continue;
    if (first)
      review.error(review.at("Retention", name, {"default"}),
                   fmt::format("`{}` and `{}` are both the default", first->name, name), "leave it to one of them");
    first = &retention;
  }
}

void check_used(Review& review) {
  std::set<std::string_view> used;
  for (const auto& [name, workflow] : review.snapshot.workflows()) used.insert(workflow.retention);
  for (const auto& [name, upstream] : review.snapshot.upstreams()) {
    for (const auto& [tool_name, tool] : upstream.tools) used.insert(tool.retention);
  }
  for (const auto& [name, retention] : review.snapshot.retention()) {
    if (!retention.is_default && !used.contains(name))
      review.warn(retention.where, fmt::format("nothing is kept by retention class `{}`", name),
                  "name it as `retention` of a tool or workflow, or make it the default");
  }
}

}  // namespace

void check_retention(Review& review) {
  check_default(review);
  check_used(review);
}

}  // namespace bw::registry
