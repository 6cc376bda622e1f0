// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "registry/validate.h"

namespace bw::registry {

Span Review::at(std::string_view kind, std::string_view name, std::initializer_list<std::string_view> path) const {
  const Document* document = documents.find(kind, name);
  if (!document) return {};
  const Node* node = &document->body;
  for (auto key : path) {
    node = node->find(key);
    if (!node) return document->where;
  }
  return node->where;
}

void check_people(Review& review) {
  const Snapshot& snapshot = review.snapshot;
  for (const auto& [name, team] : snapshot.teams()) {
    if (const Person* person = snapshot.person(name)) {
      review.error(team.where, fmt::format("`{}` is a team and a person", name),
                   fmt::format("rename one: the person is declared in {}:{}", person->where.file, person->where.line));
    }
    for (const auto& member : team.members) {
      const Person* person = snapshot.person(member);
      if (!person || person->active()) continue;
      review.warn(team.where, fmt::format("`{}` in team `{}` can neither review nor be told", member, name),
                  person->human ? "they left on " + person->left : std::string("it is a bot"));
    }
  }
}

}  // namespace bw::registry
