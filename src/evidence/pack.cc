// SPDX-License-Identifier: Apache-2.0
#include "evidence/pack.h"

#include <fmt/core.h>

#include <array>

#include "base/text.h"
#include "json/document.h"
#include "json/utf8.h"
#include "json/writer.h"

namespace bw::evidence {
namespace {

using ledger::Commitments;
using ledger::Contents;

constexpr std::size_t salt_bytes = 32;

struct Field {
  std::string_view name;
  std::string Commitments::* commitment;
  std::string Contents::* content;
};
constexpr std::array<Field, 7> fields{{{"args", &Commitments::args, &Contents::args},
                                       {"out", &Commitments::out, &Contents::out},
                                       {"why", &Commitments::why, &Contents::why},
                                       {"checks", &Commitments::checks, &Contents::checks},
                                       {"text", &Commitments::text, &Contents::text},
                                       {"subject", &Commitments::subject, &Contents::subject},
                                       {"reviewers", &Commitments::reviewers, &Contents::reviewers}}};

const Field* find_field(std::string_view name) {
  for (const auto& field : fields)
    if (field.name == name) return &field;
  return nullptr;
}

// Digests come out of entries, and become names of files.
bool is_digest(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::unexpected<Error> wrong(std::string what) { return fail(Code::invalid_argument, std::move(what)); }

}  // namespace

std::string receipt_name(std::uint64_t seq) { return fmt::format("receipts/{}", seq); }
std::string erasure_name(std::uint64_t seq) { return fmt::format("erasures/{}", seq); }
std::string registry_name(const std::string& digest) { return fmt::format("registry/{}.json", digest); }
std::string definition_name(const std::string& digest) { return fmt::format("tools/{}.json", digest); }

bool names_workflow(const ledger::Entry& entry) { return !entry.action.empty() && !entry.workflow.empty(); }

std::optional<bool> Selection::takes(const ledger::Entry& entry) {
  if (entry.action.empty()) return true;
  if (!names_workflow(entry)) {
    auto known = actions_.find(entry.action);
    return known == actions_.end() ? std::nullopt : std::optional(known->second);
  }
  bool mine = workflow_.empty() || entry.workflow == workflow_;
  actions_[entry.action] = mine;
  return mine;
}

std::string format(const Content& content) {
  json::Writer w;
  w.begin_object().member("entry", static_cast<std::int64_t>(content.entry)).member("field", content.field);
  switch (content.state) {
    case Content::State::erased: w.member("erased", static_cast<std::int64_t>(content.erased_by)); break;
    case Content::State::missing: w.member("missing", true); break;
    case Content::State::present:
      w.member("salt", to_base64(std::string_view(content.salted).substr(0, salt_bytes)));
      if (!content.path.empty()) {
        w.member("file", content.path);
      } else if (json::is_utf8(content.value())) {
        w.member("value", content.value());
      } else {
        w.member("base64", to_base64(content.value()));
      }
  }
  return std::move(w.end_object()).text() + "\n";
}

Result<Content> parse_content(std::string_view line) {
  BW_TRY(auto document, json::Document::parse(std::string(line), {.bytes_max = content_bytes_max, .values_max = 16}));
  auto root = document.root();
  Content out;
  auto entry = root["entry"].integer();
  auto field = root["field"].string();
  if (!entry || *entry < 0 || !field || find_field(*field) == nullptr)
    return wrong("a content names its `entry` and its `field`: args, out, why, checks, text, subject or reviewers");
  out.entry = static_cast<std::uint64_t>(*entry);
  out.field = *field;
  if (auto erased = root["erased"].integer(); erased && *erased >= 0) {
    out.state = Content::State::erased;
    out.erased_by = static_cast<std::uint64_t>(*erased);
    return out;
  }
  if (root["missing"].boolean() == true) {
    out.state = Content::State::missing;
    return out;
  }
  auto salt = from_base64(root["salt"].string().value_or(""));
  if (!salt || salt->size() != salt_bytes) return wrong("a content has a `salt` of 32 bytes in base64");
  out.salted = *std::move(salt);
  if (auto path = root["file"].string()) {
    out.path = *path;
  } else if (auto value = root["value"].string()) {
    out.salted += *value;
  } else {
    auto bytes = from_base64(root["base64"].string().value_or("-"));
    if (!bytes) return wrong("a content has a `value`, `base64` or `file`, or is `erased` or `missing`");
    out.salted += *bytes;
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> commitments_of(const ledger::Entry& entry) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& field : fields) {
    const auto& commitment = entry.commitments.*field.commitment;
    if (!commitment.empty()) out.emplace_back(field.name, commitment);
  }
  return out;
}

const std::string& field_of(const ledger::Contents& contents, std::string_view field) {
  const auto* found = find_field(field);
  BW_ASSERT(found != nullptr);
  return contents.*found->content;
}

std::string path_for(const ledger::Entry& entry, std::string_view field) {
  if (field != "text") return "";
  bool is_registry = entry.kind == ledger::Kind::apply || entry.kind == ledger::Kind::shadow;
  if (is_registry && is_digest(entry.snapshot)) return registry_name(entry.snapshot);
  if (entry.kind == ledger::Kind::pin && is_digest(entry.tool_digest)) return definition_name(entry.tool_digest);
  return "";
}

Result<Lines> Lines::open(const std::string& path, std::size_t bytes_max) {
  Lines out(path, bytes_max);
  out.in_.open(path, std::ios::binary);
  if (!out.in_) return fail(Code::not_found, fmt::format("cannot open `{}`", path));
  return out;
}

Result<std::optional<std::string>> Lines::next() {
  std::string line;
  auto* buffer = in_.rdbuf();
  for (int c = buffer->sbumpc(); c != std::char_traits<char>::eof(); c = buffer->sbumpc()) {
    if (c == '\n') return line;
    if (line.size() == bytes_max_)
      return wrong(fmt::format("`{}` has a line of more than {} bytes", path_, bytes_max_));
    line.push_back(static_cast<char>(c));
  }
  if (!line.empty()) return wrong(fmt::format("`{}` does not end in a newline", path_));
  return std::nullopt;
}

}  // namespace bw::evidence
