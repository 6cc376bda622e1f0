// SPDX-License-Identifier: Apache-2.0
#include "cel/program/paths.h"

#include <algorithm>
#include <optional>
#include <set>

namespace bw::cel {
namespace {

class Collector {
 public:
  Collector(const Checked& checked, const Environment& environment) : checked_(checked), environment_(environment) {}

  void visit(const Expr& expr) {
    if (auto path = path_of(expr)) {
      found_.insert(std::move(*path));
      return;
    }
    bool namespaced = checked_.of(expr).meaning == Meaning::namespaced;
    for (std::size_t i = namespaced ? 1 : 0; i < expr.children.size(); ++i) visit(*expr.children[i]);
  }

  std::vector<std::string> finish() {
    std::vector<std::string> out;
    for (const auto& path : found_) {
      if (out.empty() || !path.starts_with(out.back() + ".")) out.push_back(path);
    }
    return out;
  }

 private:
  std::optional<std::string> path_of(const Expr& expr) const {
    const Note& note = checked_.of(expr);
    if (note.meaning == Meaning::variable) return environment_.variables()[note.slot].name;
    if (note.meaning != Meaning::field) return {};
    auto operand = path_of(*expr.children[0]);
    return operand ? std::optional(*operand + "." + expr.name) : std::nullopt;
  }

  // Sorts a path right before everything below it: '.' comes before every character of a name.
  struct Order {
    bool operator()(const std::string& a, const std::string& b) const {
      auto key = [](char c) { return c == '.' ? '\0' : c; };
      return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                          [&](char x, char y) { return key(x) < key(y); });
    }
  };

  const Checked& checked_;
  const Environment& environment_;
  std::set<std::string, Order> found_;
};

}  // namespace

std::vector<std::string> collect_paths(const Expr& expr, const Checked& checked, const Environment& environment) {
  Collector collector(checked, environment);
  collector.visit(expr);
  return collector.finish();
}

}  // namespace bw::cel
