// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "registry/keys.h"
#include "registry/node.h"

namespace bw::registry {

// One declared thing, checked against its Shape and lowered: sugar rewritten, defaults filled in, durations and times in
// one spelling, lists without order sorted.
struct Document {
  const Shape* kind = nullptr;
  std::string name;
  Node body;          // without `kind` and `name`
  bool valid = true;  // false: it has errors of its own, so that only its name may be relied on
  Span where;         // of its name
};

// Checks one YAML document. Nothing when it does not even say what it is.
std::optional<Document> check_document(Node document, Diagnostics& diagnostics);

// Checks and lowers the body of a document whose kind and name are known.
void check_body(Document& document, Diagnostics& diagnostics);

// What is meant by a document without errors of a kind that is sugar, each checked; the document itself of any other kind.
std::vector<Document> lowered(Document document, Diagnostics& diagnostics);

// All documents of a registry, sorted by kind and name; of two with the same name the first counts, the second is reported.
class Documents {
 public:
  Documents(std::vector<Document> documents, Diagnostics& diagnostics);

  const std::vector<Document>& all() const { return documents_; }
  const Document* find(std::string_view kind, std::string_view name) const;

 private:
  std::vector<Document> documents_;
};

}  // namespace bw::registry
