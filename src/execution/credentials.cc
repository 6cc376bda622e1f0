// SPDX-License-Identifier: Apache-2.0
#include "execution/credentials.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "base/text.h"
#include "http/headers.h"
#include "json/writer.h"

namespace bw::execution {
namespace {

constexpr std::size_t kMaskedBytesMin = 8;
constexpr std::size_t kSecretBytesMax = 64U << 10;
constexpr std::size_t kRememberedMax = 8;
constexpr std::string_view kMask = "[credential]";

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

// A text as it is, and as the JSON writers of common languages spell it inside a string: what must be escaped; and the slash
// (PHP) or what means something in HTML (Go) on top of that.
std::vector<std::string> spellings(const std::string& text) {
  auto quoted = json::quoted(text);
  auto escaped = quoted.substr(1, quoted.size() - 2);
  auto slashes = escaped, html = escaped;
  for (std::size_t at = slashes.find('/'); at != std::string::npos; at = slashes.find('/', at + 2))
    slashes.insert(at, 1, '\\');
  replace_all(html, "&", "\\u0026");
  replace_all(html, "<", "\\u003c");
  replace_all(html, ">", "\\u003e");
  std::vector<std::string> all = {text};
  for (auto* other : {&escaped, &slashes, &html}) {
    if (std::ranges::find(all, *other) == all.end()) all.push_back(std::move(*other));
  }
  return all;
}

}  // namespace

Credentials::Credentials(std::vector<registry::Credential> declared) {
  for (auto& one : declared) sources_.push_back({.declared = std::move(one)});
}

Status Credentials::read(Source& source) {
  const auto& from = source.declared.from;
  if (from.kind == registry::SecretSource::Kind::env) {
    const char* value = std::getenv(from.name.c_str());
    if (!value || !*value)
      return fail(Code::failed_precondition, fmt::format("the credential's variable `{}` is not set", from.name));
    source.value = value;
    remember(source.value);
    return {};
  }
  struct stat status{};
  if (::stat(from.name.c_str(), &status) != 0) {
    return fail(Code::failed_precondition, fmt::format("the credential file `{}` cannot be read", from.name));
  }
  auto changed_ns = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
  if (changed_ns == source.changed_ns && status.st_size == source.bytes) return {};
  std::ifstream file(from.name, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  auto secret = trim(text);
  if (!file || secret.empty() || secret.size() > kSecretBytesMax) {
    return fail(Code::failed_precondition,
                fmt::format("the credential file `{}` is empty or cannot be read", from.name));
  }
  source.value = secret;
  source.changed_ns = changed_ns;
  source.bytes = status.st_size;
  remember(source.value);
  return {};
}

// A rotated secret stays masked: the upstream may still answer with the one before.
void Credentials::remember(const std::string& secret) {
  if (secret.size() < kMaskedBytesMin || std::ranges::find(masked_, secret, &Masked::secret) != masked_.end()) return;
  if (masked_.size() >= kRememberedMax) masked_.erase(masked_.begin());
  masked_.push_back({secret, spellings(secret)});
}

Result<std::vector<std::pair<std::string, std::string>>> Credentials::fields() {
  std::vector<std::pair<std::string, std::string>> fields;
  for (auto& source : sources_) {
    if (source.declared.header.empty()) continue;
    BW_OK(read(source));
    auto value = source.declared.prefix + source.value;
    if (!http::is_field_value(value)) {
      return fail(Code::failed_precondition,
                  fmt::format("the credential from `{}` cannot stand in an HTTP field", source.declared.from.name));
    }
    fields.emplace_back(source.declared.header, std::move(value));
  }
  return fields;
}

Result<std::vector<std::string>> Credentials::environment() {
  std::vector<std::string> variables;
  for (auto& source : sources_) {
    if (source.declared.env.empty()) continue;
    BW_OK(read(source));
    variables.push_back(source.declared.env + '=' + source.declared.prefix + source.value);
  }
  return variables;
}

void Credentials::mask(std::string& text) const {
  for (const auto& masked : masked_) {
    for (const auto& spelling : masked.spellings) replace_all(text, spelling, kMask);
  }
}

}  // namespace bw::execution
