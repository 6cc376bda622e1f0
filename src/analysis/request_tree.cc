// SPDX-License-Identifier: Apache-2.0
#include "analysis/request_tree.h"

#include "json/writer.h"

namespace bw::analysis {

RequestTree RequestTree::from(json::Value value) {
  RequestTree tree;
  if (!value.is(json::Kind::object)) {
    tree.leaf_ = value.exists() ? std::string(value.raw()) : "null";
    return tree;
  }
  for (auto [key, member] : value.members()) tree.members_.emplace(std::string(key), from(member));
  return tree;
}

void RequestTree::set(std::span<const std::string> path, const std::optional<std::string>& json) {
  if (path.empty()) {
    auto document = json::Document::parse(json.value_or("null"));
    if (document) *this = from(document->root());
    return;
  }
  leaf_.clear();
  if (path.size() == 1 && !json) {
    members_.erase(path.front());
    return;
  }
  members_[path.front()].set(path.subspan(1), json);
}

bool RequestTree::has(std::span<const std::string> path) const {
  if (path.empty()) return true;
  auto found = members_.find(path.front());
  return found != members_.end() && found->second.has(path.subspan(1));
}

std::string RequestTree::text() const {
  if (!leaf_.empty()) return leaf_;
  std::string out = "{";
  for (const auto& [key, member] : members_) {
    if (out.size() > 1) out += ',';
    json::append_quoted(out, key);
    out += ':' + member.text();
  }
  return out + "}";
}

}  // namespace bw::analysis
