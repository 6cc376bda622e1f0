// SPDX-License-Identifier: Apache-2.0
// What `bailiwick check` says of tests/cases/policy/*.case: policies that are wrong, over a registry that has its tools'
// definitions in tools.json.
#include "gateway/live.h"
#include "json/document.h"
#include "registry/cases_for_test.h"

namespace bw::gateway {
namespace {

const auto cases = std::filesystem::path(BW_SOURCE_DIR) / "tests/cases/policy";

Definitions definitions_of(const std::string& text) {
  Definitions out;
  auto document = json::Document::parse(text).value();
  for (auto [tool, definition] : document.root().members())
    out.emplace(std::string(tool), std::string(definition.raw()));
  return out;
}

// As `bailiwick check` prints it.
std::string check(registry::Sources files) {
  auto node = files.extract("tools.json");
  auto definitions = definitions_of(node.empty() ? registry::slurp(cases / "base/tools.json") : node.mapped());
  auto loaded = registry::load(files);
  std::string out = registry::format(loaded);
  if (!loaded.snapshot) return out;
  auto compiled = compile_policy(*loaded.snapshot, definitions);
  for (const Diagnostic& diagnostic : compiled.diagnostics)
    out += format(diagnostic, loaded.sources[diagnostic.where.file]);
  return compiled.plan ? out + "loads\n" : out;
}

TEST(WrongPolicies, AreToldWhatIsWrongWhereAndWhatToDo) {
  int good = 0;
  registry::run_cases(cases, 60, [&good](registry::Sources files) {
    auto printed = check(std::move(files));
    if (printed == "loads\n") ++good;
    return printed;
  });
  EXPECT_EQ(good, 1) << "only the registry below the cases has nothing wrong";
}

// --- a tool whose definition changes

registry::Sources with_policy(std::string_view condition) {
  auto files = registry::base_files(cases);
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
