// SPDX-License-Identifier: Apache-2.0
#include "analysis/junit.h"

#include <fmt/format.h>

#include "base/markup.h"

namespace bw::analysis {

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
  to.cases += fmt::format(R"(    <testcase classname="{}" name="{}" file="{}/{}" line="{}")", escape_markup(suite),
                          escape_markup(name), escape_markup(folder_), escape_markup(where.file), where.line);
  if (failure.empty()) {
    to.cases += "/>\n";
    return;
  }
  ++to.failures;
  to.cases += fmt::format(">\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n",
                          escape_markup(failure.substr(0, failure.find('\n'))),
                          escape_markup(at(where, folder_) + ": " + failure));
}

std::string Junit::text() const {
  std::string body;
  for (const auto& [name, suite] : suites_) {
    body += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\">\n{}  </testsuite>\n",
                        escape_markup(name), suite.tests, suite.failures, suite.cases);
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n" + body + "</testsuites>\n";
}

}  // namespace bw::analysis
