// SPDX-License-Identifier: Apache-2.0
#include "registry/places.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <optional>

#include "base/text.h"
#include "json/writer.h"

namespace bw::registry {
namespace {

using Places = std::map<std::string, Span, std::less<>>;

// Calls `visit(path, span)` for the document's name and for every value and key in it.
template <class Part, class Visit>
void walk(Part& node, const std::string& path, Visit visit) {
  visit(path, node.where);
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    bool map = node.is(Node::Kind::map);
    auto below = fmt::format("{}/{}", path, map ? node.keys[i].text : std::to_string(i));
    if (map) visit(below + "#", node.keys[i].where);
    walk(node.items[i], below, visit);
  }
}

template <class Doc, class Visit>
void walk_document(Doc& document, Visit visit) {
  auto path = fmt::format("{}/{}", document.kind->name, document.name);
  visit(path + "#", document.where);
  walk(document.body, path, visit);
}

std::optional<Span> parse_span(std::string_view text) {
  Span span;
  for (int* number : {&span.length, &span.column, &span.line}) {
    auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    auto digits = text.substr(colon + 1);
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), *number);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    text = text.substr(0, colon);
  }
  span.file = text;
  return span;
}

}  // namespace

std::string write_places(const Documents& documents) {
  Places all;
  for (const Document& document : documents.all()) {
    walk_document(document, [&](const std::string& path, const Span& where) { all.emplace(path, where); });
  }
  json::Writer out;
  out.begin_object();
  for (const auto& [path, where] : all) {
    out.member(path, fmt::format("{}:{}:{}:{}", where.file, where.line, where.column, where.length));
  }
  return std::move(out.end_object()).text();
}

Status put_places(std::string_view text, std::vector<Document>& documents) {
  BW_TRY(auto stored, json::Document::parse(std::string(text), {.bytes_max = 1U << 30, .values_max = 100'000'000}));
  Places all;
  for (auto [path, value] : stored.root().members()) {
    auto span = parse_span(value.string().value_or(""));
    if (!span) return fail(Code::data_loss, fmt::format("no place at `{}`", printable(path, 200)));
    all.emplace(path, *span);
  }
  for (Document& document : documents) {
    walk_document(document, [&](const std::string& path, Span& where) {
      auto at = all.find(path);
      if (at != all.end()) where = at->second;
    });
  }
  return {};
}

}  // namespace bw::registry
