// SPDX-License-Identifier: Apache-2.0
//
// Runs tests/cases/policy/*.case: a policy that is wrong, `----`, and what `bailiwick check` says of it. Each case lies on top
// of tests/cases/policy/base, a registry without faults that has its tools' definitions in tools.json; a file of the same
// name replaces the one there. UPDATE_GOLDEN=1 writes what is printed today into the cases; read the difference before
// committing it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "gateway/live.h"
#include "json/document.h"
#include "registry/files.h"
#include "registry/load.h"

namespace bw::gateway {
namespace {

namespace fs = std::filesystem;

const fs::path cases = fs::path(BW_SOURCE_DIR) / "tests/cases/policy";

std::string slurp(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Definitions definitions_of(const std::string& text) {
  Definitions out;
  auto document = json::Document::parse(text).value();
  for (auto [tool, definition] : document.root().members())
    out.emplace(std::string(tool), std::string(definition.raw()));
  return out;
}

struct Case {
  std::string input;  // up to and with the line `----`
  std::string expected;
};

Case parse_case(const std::string& text) {
  auto at = text.find("\n----\n");
  if (at == std::string::npos) return {text + "\n----\n", ""};
  return {text.substr(0, at + 6), text.substr(at + 6)};
}

registry::Sources files_of(std::string_view input, registry::Sources files) {
  input.remove_suffix(std::string_view("----\n").size());
  std::string* current = nullptr;
  while (!input.empty()) {
    auto end = std::min(input.find('\n'), input.size() - 1) + 1;
    auto line = input.substr(0, end);
    input.remove_prefix(end);
    if (line.starts_with("=== ")) {
      current = &files[std::string(line.substr(4, line.size() - 5))];
      current->clear();
    } else if (current) {
      *current += line;
    }
  }
  return files;
}

// As `bailiwick check` prints it.
std::string check(registry::Sources files) {
  auto node = files.extract("tools.json");
  auto definitions = definitions_of(node.empty() ? slurp(cases / "base/tools.json") : node.mapped());
  auto loaded = registry::load(files);
  std::string out = registry::format(loaded);
  if (!loaded.snapshot) return out;
  auto compiled = compile_policy(*loaded.snapshot, definitions);
  for (const Diagnostic& diagnostic : compiled.diagnostics)
    out += format(diagnostic, loaded.sources[diagnostic.where.file]);
  return compiled.plan ? out + "loads\n" : out;
}

TEST(WrongPolicies, AreToldWhatIsWrongWhereAndWhatToDo) {
  Diagnostics unreadable;
  auto base = registry::read_folder((cases / "base").string(), unreadable);
  ASSERT_TRUE(unreadable.empty());
  EXPECT_EQ(check(base), "loads\n");
  int count = 0;
  for (const auto& entry : fs::directory_iterator(cases)) {
    if (entry.path().extension() != ".case") continue;
    ++count;
    auto read = parse_case(slurp(entry.path()));
    auto printed = check(files_of(read.input, base));
    EXPECT_NE(printed, "loads\n") << entry.path() << " is a wrong policy of which nothing is said";
    if (std::getenv("UPDATE_GOLDEN")) {
      std::ofstream(entry.path(), std::ios::binary) << read.input << printed;
    } else {
      EXPECT_EQ(printed, read.expected) << entry.path();
    }
  }
  EXPECT_GE(count, 60);
}

// --- a tool whose definition changes

registry::Sources with_policy(std::string_view condition) {
  Diagnostics unreadable;
  auto files = registry::read_folder((cases / "base").string(), unreadable);
  files["p.yaml"] = "kind: Policy\nname: p\nrules:\n  - id: a\n    match: {tool: \"desk/*refund\"}\n    when: " +
                    std::string(condition) + "\n    effect: allow\n    unattended: small\n";
  return files;
}

std::string definition(std::string_view amount_type) {
  return R"({"name":"create_refund","inputSchema":{"type":"object","required":["amount_usd"],"properties":{"amount_usd":{"type":")" +
         std::string(amount_type) + R"("}}}})";
}

TEST(Prepare, AToolThatPolicyNoLongerFitsCannotBeCalledAndTheOthersCan) {
  auto loaded = registry::load(with_policy("args.amount_usd <= 200"));
  ASSERT_TRUE(loaded.snapshot);
  auto before = prepare(loaded.snapshot, {{"desk/create_refund", definition("number")}});
  ASSERT_TRUE(before.live.plan);
  EXPECT_TRUE(before.live.misfits->empty());

  auto after = prepare(loaded.snapshot, {{"desk/create_refund", definition("string")}});
  ASSERT_TRUE(after.live.plan) << "one tool's new definition stops no other tool";
  ASSERT_TRUE(after.live.misfits->contains("desk/create_refund"));
  EXPECT_NE(after.live.misfits->at("desk/create_refund").find("p.yaml:6:"), std::string::npos)
      << after.live.misfits->at("desk/create_refund");
  EXPECT_FALSE(after.live.misfits->contains("desk/cancel_refund"));
}

// Rules that no definition could fit are wrong by themselves, and are not taken.
TEST(Prepare, WrongRulesAreWrongWhateverTheTools) {
  auto loaded = registry::load(with_policy("args.amount_usd <= facts.limit"));
  ASSERT_TRUE(loaded.snapshot);
  auto prepared = prepare(loaded.snapshot, {{"desk/create_refund", definition("number")}});
  EXPECT_FALSE(prepared.live.plan);
  EXPECT_TRUE(has_errors(prepared.diagnostics));
}

}  // namespace
}  // namespace bw::gateway
