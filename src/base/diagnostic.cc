// SPDX-License-Identifier: Apache-2.0
#include "base/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace bw {
namespace {

auto key(const Diagnostic& d) {
  return std::tie(d.where.file, d.where.line, d.where.column, d.severity, d.message, d.hint);
}

std::string_view line_of(std::string_view source, int line) {
  for (int at = 1; at < line; ++at) {
    auto end = source.find('\n');
    if (end == std::string_view::npos) return {};
    source.remove_prefix(end + 1);
  }
  return source.substr(0, source.find('\n'));
}

}  // namespace

bool has_errors(const Diagnostics& diagnostics) {
  return std::ranges::any_of(diagnostics, [](const Diagnostic& d) { return d.severity == Severity::error; });
}

void sort(Diagnostics& diagnostics) {
  std::ranges::sort(diagnostics, [](const auto& a, const auto& b) { return key(a) < key(b); });
  auto repeats = std::ranges::unique(diagnostics, [](const auto& a, const auto& b) { return key(a) == key(b); });
  diagnostics.erase(repeats.begin(), repeats.end());
}

std::string format(const Diagnostic& d, std::string_view source) {
  std::string out = d.where.file;
  if (d.where.line > 0) out += fmt::format(":{}:{}", d.where.line, d.where.column);
  out += fmt::format(": {}: {}\n", d.severity == Severity::error ? "error" : "warning", d.message);
  auto text = d.where.line > 0 ? line_of(source, d.where.line) : std::string_view{};
  if (!text.empty() && text.size() < 400) {
    auto column = std::min<std::size_t>(static_cast<std::size_t>(std::max(d.where.column, 1)), text.size() + 1);
    auto length = std::clamp<std::size_t>(static_cast<std::size_t>(std::max(d.where.length, 1)), 1,
                                          std::max<std::size_t>(text.size() - (column - 1), 1));
    std::string indent(text.substr(0, column - 1));
    for (char& c : indent) c = c == '\t' ? '\t' : ' ';
    out += fmt::format("  {}\n  {}{}\n", text, indent, std::string(length, '^'));
  }
  if (!d.hint.empty()) out += fmt::format("  {}\n", d.hint);
  return out;
}

}  // namespace bw
