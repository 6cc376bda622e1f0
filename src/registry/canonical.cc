// SPDX-License-Identifier: Apache-2.0
#include "registry/canonical.h"

#include <fmt/format.h>

#include "base/text.h"
#include "json/canonical.h"
#include "registry/build.h"
#include "registry/places.h"

namespace bw::registry {
namespace {

constexpr json::Limits limits{.bytes_max = 256U << 20, .depth_max = 64, .values_max = 10'000'000};

Result<std::vector<Document>> read_documents(json::Value root) {
  std::vector<Document> documents;
  for (auto [kind, named] : root.members()) {
    const Shape* shape = find_kind(kind);
    if (!shape || shape->becomes) return fail(Code::data_loss, fmt::format("unknown kind `{}`", printable(kind, 80)));
    for (auto [name, body] : named.members()) {
      if (!body.is(json::Kind::object))
        return fail(Code::data_loss, fmt::format("{} `{}` is no object", kind, printable(name, 80)));
      Span where{fmt::format("{} {}", kind, name)};
      documents.push_back({.kind = shape, .name = std::string(name), .body = from_json(body, where), .where = where});
    }
  }
  return documents;
}

}  // namespace

std::string write_canonical(const Documents& documents) {
  Node root{.kind = Node::Kind::map};
  for (const Document& document : documents.all()) {
    Node* of_kind = root.find(document.kind->name);
    if (!of_kind) of_kind = &root.set(document.kind->name, {.kind = Node::Kind::map});
    of_kind->keys.push_back({document.name, {}});
    of_kind->items.push_back(document.body);
  }
  return to_json(root);
}

Result<std::shared_ptr<const Snapshot>> Snapshot::from_canonical(std::string_view canonical, std::string_view places) {
  BW_TRY(auto stored, json::Document::parse(std::string(canonical), limits));
  BW_TRY(auto again, json::canonical(stored.root()));
  if (again != canonical) return fail(Code::data_loss, "the stored registry is not in canonical form");
  BW_TRY(auto read, read_documents(stored.root()));
  if (!places.empty()) {
    BW_OK(put_places(places, read));
  }
  Diagnostics diagnostics;
  for (Document& document : read) check_body(document, diagnostics);
  Documents documents(std::move(read), diagnostics);
  if (has_errors(diagnostics)) {
    return fail(Code::data_loss,
                fmt::format("the stored registry does not read back: {}", diagnostics.front().message));
  }
  auto snapshot = Builder::build(documents);
  Builder::seal(*snapshot, std::string(canonical), std::string(places));
  return snapshot;
}

}  // namespace bw::registry
