// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "base/diagnostic.h"

namespace bw::analysis {

// A place in a registry's folder: "DIR/policies/refunds.yaml:12:11".
std::string at(const Span& where, const std::string& folder);

// JUnit XML as CI systems read it: suites by name, a failure for each case that says why.
class Junit {
 public:
  explicit Junit(std::string folder) : folder_(std::move(folder)) {}  // goes before file names

  void add(const std::string& suite, const std::string& name, const Span& where, const std::string& failure);

  // For a suite that spells out its failures only: how many cases it has, and one of them.
  void count(const std::string& suite, std::size_t cases) { suites_[suite].tests += cases; }
  void add_counted(const std::string& suite, const std::string& name, const Span& where, const std::string& failure);

  std::string text() const;

 private:
  struct Suite {
    std::string cases;
    std::size_t tests = 0, failures = 0;
  };
  std::string folder_;
  std::map<std::string, Suite> suites_;
};

}  // namespace bw::analysis
