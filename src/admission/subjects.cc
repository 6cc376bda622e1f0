// SPDX-License-Identifier: Apache-2.0
#include "admission/subjects.h"

#include <fmt/core.h>

#include <algorithm>

#include "json/document.h"
#include "json/utf8.h"
#include "json/writer.h"

namespace bw::admission {

Status check_subject(std::string_view subject) {
  if (subject.empty()) return fail(Code::invalid_argument, "a subject has a name");
  if (subject.size() > subject_bytes_max)
    return fail(Code::invalid_argument,
                fmt::format("a subject's name has {} bytes, more than {}", subject.size(), subject_bytes_max));
  if (!json::is_utf8(subject)) return fail(Code::invalid_argument, "a subject's name is not UTF-8");
  return {};
}

std::string write_subjects(std::vector<std::string> subjects) {
  if (subjects.empty()) return {};
  std::ranges::sort(subjects);
  auto repeated = std::ranges::unique(subjects);
  subjects.erase(repeated.begin(), repeated.end());
  json::Writer out;
  out.begin_array();
  for (const auto& subject : subjects) out.string(subject);
  out.end_array();
  return std::move(out).text();
}

Result<std::vector<std::string>> parse_subjects(std::string_view text) {
  std::vector<std::string> out;
  if (text.empty()) return out;
  auto document = json::Document::parse(std::string(text));
  if (!document) return fail(Code::data_loss, "the names of its subjects are " + document.error().message);
  for (auto element : document->root().elements()) {
    auto subject = element.string();
    if (!subject) return fail(Code::data_loss, "the name of one of its subjects is no text");
    out.emplace_back(*subject);
  }
  if (write_subjects(out) != text)
    return fail(Code::data_loss, "the names of its subjects are not as they were written");
  return out;
}

}  // namespace bw::admission
