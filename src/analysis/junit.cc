// SPDX-License-Identifier: Apache-2.0
#include "analysis/junit.h"

#include <fmt/format.h>

namespace bw::analysis {
namespace {

// XML 1.0 text: characters that it cannot hold become U+FFFD.
std::string xml(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\n': out += "&#10;"; break;
      case '\t': out += "&#9;"; break;
      default: out += static_cast<unsigned char>(c) < 0x20 ? "\xEF\xBF\xBD" : std::string(1, c);
    }
  }
  return out;
}

}  // namespace

std::string at(const Span& where, const std::string& folder) {
  return fmt::format("{}/{}:{}:{}", folder, where.file, where.line, where.column);
}

void Junit::add(const std::string& suite, const std::string& name, const Span& where, const std::string& failure) {
  ++suites_[suite].tests;
  add_counted(suite, name, where, failure);
}

void Junit::add_counted(const std::string& suite, const std::string& name, const Span& where,
                        const std::string& failure) {
  Suite& to = suites_[suite];
  to.cases += fmt::format(R"(    <testcase classname="{}" name="{}" file="{}/{}" line="{}")", xml(suite), xml(name),
                          xml(folder_), xml(where.file), where.line);
  if (failure.empty()) {
    to.cases += "/>\n";
    return;
  }
  ++to.failures;
  to.cases += fmt::format(">\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n",
                          xml(failure.substr(0, failure.find('\n'))), xml(at(where, folder_) + ": " + failure));
}

std::string Junit::text() const {
  std::string body;
  for (const auto& [name, suite] : suites_) {
    body += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\">\n{}  </testsuite>\n", xml(name),
                        suite.tests, suite.failures, suite.cases);
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n" + body + "</testsuites>\n";
}

}  // namespace bw::analysis
