// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cel/ast.h"

namespace bw::cel::oracle {

// The obvious evaluator: it walks the syntax tree, looks names up in a map, copies every value, and stops for nothing. Only
// tests have it, to compare the real one with. It covers the part of the language that oracle_test.cc generates.
struct Plain {
  enum class Kind { null, boolean, int64, float64, string, list, object, address, range, error, unknown };
  Kind kind = Kind::null;
  bool boolean = false;
  std::int64_t int64 = 0;  // of a range, how many bits count
  double float64 = 0;
  std::string string;  // of an address or a range, its bits: "0111…"
  std::vector<Plain> list;
  std::map<std::string, Plain> fields;  // of an object: those that are present
  std::set<std::string> unknowns;

  static Plain of(bool b);
  static Plain of(std::int64_t i);
  static Plain of(double d);
  static Plain of(std::string s);
  static Plain of(std::vector<Plain> l);
  static Plain error();
  static Plain unknown(std::string attribute);

  bool failed() const { return kind == Kind::error || kind == Kind::unknown; }
};

using Variables = std::map<std::string, Plain>;

Plain evaluate(const Expr& expr, const Variables& variables);

// As cel::render, but all errors read "error".
std::string show(const Plain& value);

}  // namespace bw::cel::oracle
