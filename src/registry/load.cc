// SPDX-License-Identifier: Apache-2.0
#include "registry/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "registry/build.h"
#include "registry/canonical.h"
#include "registry/conceal.h"
#include "registry/documents.h"
#include "registry/files.h"
#include "registry/places.h"
#include "registry/resolve.h"
#include "registry/validate.h"
#include "registry/yaml.h"

namespace bw::registry {
namespace {

struct Reading {
  std::vector<Document> documents;
  bool complete = true;  // false: some document does not even say what it is, so that a missing name proves nothing
};

Reading read_all(Sources& sources, Diagnostics& diagnostics) {
  Reading reading;
  for (auto& [file, text] : sources) {
    auto yaml = read_yaml(file, text, diagnostics);
    reading.complete = reading.complete && yaml.complete;
    for (Node& node : yaml.documents) {
      conceal(node, text);
      auto document = check_document(std::move(node), diagnostics);
      reading.complete = reading.complete && document;
      if (!document) continue;
      std::ranges::move(lowered(*std::move(document), diagnostics), std::back_inserter(reading.documents));
    }
  }
  return reading;
}

Loaded load(Sources sources, Diagnostics diagnostics) {
  Loaded loaded{.snapshot = nullptr, .diagnostics = std::move(diagnostics), .sources = std::move(sources)};
  auto& found = loaded.diagnostics;
  auto reading = read_all(loaded.sources, found);
  Documents documents(std::move(reading.documents), found);
  if (reading.complete) resolve(documents, found);
  auto snapshot = Builder::build(documents);
  if (reading.complete) validate({documents, *snapshot, found});
  if (documents.all().empty() && !has_errors(found)) {
    found.push_back(
        {Severity::error, {"."}, "no documents found", "a registry has at least one *.yaml file with a `kind`"});
  }
  sort(found);
  if (has_errors(found)) return loaded;
  Builder::seal(*snapshot, write_canonical(documents), write_places(documents));
  loaded.snapshot = std::move(snapshot);
  return loaded;
}

}  // namespace

Loaded load(const std::string& folder) {
  Diagnostics diagnostics;
  auto sources = read_folder(folder, diagnostics);
  return load(std::move(sources), std::move(diagnostics));
}

Loaded load(Sources sources) { return load(std::move(sources), Diagnostics{}); }

std::string format(const Loaded& loaded, std::string_view prefix) {
  constexpr std::size_t shown_max = 200;
  std::string out;
  std::size_t shown = 0;
  for (Diagnostic diagnostic : loaded.diagnostics) {
    if (shown++ == shown_max) return out + fmt::format("… and {} more\n", loaded.diagnostics.size() - shown_max);
    auto source = loaded.sources.find(diagnostic.where.file);
    diagnostic.where.file.insert(0, prefix);
    out +=
        bw::format(diagnostic, source == loaded.sources.end() ? std::string_view() : std::string_view(source->second));
  }
  return out;
}

}  // namespace bw::registry
