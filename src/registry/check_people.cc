// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <map>

#include "base/text.h"
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

namespace {

// Sign-in finds a person by their address, so that it must be one person's.
void check_emails(Review& review) {
  std::map<std::string, const Person*> holders;
  for (const auto& [name, person] : review.snapshot.people()) {
    if (person.email.empty()) continue;
    Span where = review.at("Person", name, {"email"});
    auto at = person.email.find('@');
    if (at == 0 || at == std::string::npos || at + 1 == person.email.size() ||
        person.email.find(' ') != std::string::npos) {
      review.error(where, fmt::format("`{}` is no e-mail address", printable(person.email, 80)));
    }
    auto [first, fresh] = holders.emplace(lower_ascii(person.email), &person);
    if (!fresh)
      review.error(where, fmt::format("`{}` has the same e-mail address", first->second->name),
                   "each person has their own");
  }
}

}  // namespace

void check_people(Review& review) {
  const Snapshot& snapshot = review.snapshot;
  check_emails(review);
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
