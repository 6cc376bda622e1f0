// SPDX-License-Identifier: Apache-2.0
#include "registry/documents.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace bw::registry {
namespace {

auto identity(const Document& document) {
  return std::pair<std::string_view, std::string_view>(document.kind->name, document.name);
}

bool before(const Document& a, const Document& b) {
  auto place = [](const Document& d) { return std::tie(d.where.file, d.where.line, d.where.column); };
  return identity(a) != identity(b) ? identity(a) < identity(b) : place(a) < place(b);
}

}  // namespace

Documents::Documents(std::vector<Document> documents, Diagnostics& diagnostics) {
  std::ranges::sort(documents, before);
  for (Document& document : documents) {
    if (documents_.empty() || identity(documents_.back()) != identity(document)) {
      documents_.push_back(std::move(document));
      continue;
    }
    const Span& first = documents_.back().where;
    diagnostics.push_back({Severity::error, document.where,
                           fmt::format("{} `{}` is declared twice", document.kind->name, document.name),
                           fmt::format("first in {}:{}", first.file, first.line)});
  }
}

const Document* Documents::find(std::string_view kind, std::string_view name) const {
  auto wanted = std::pair(kind, name);
  auto at = std::ranges::lower_bound(documents_, wanted, {}, identity);
  return at != documents_.end() && identity(*at) == wanted ? &*at : nullptr;
}

}  // namespace bw::registry
