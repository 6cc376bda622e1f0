// SPDX-License-Identifier: Apache-2.0
// What `bailiwick prove` prints of tests/cases/prove/*.case.
#include "gateway/live.h"
#include "json/document.h"
#include "policy/invariant.h"
#include "policy/judge.h"
#include "policy/request.h"
#include "prove/prove.h"
#include "prove/report.h"
#include "registry/cases_for_test.h"

namespace bw::prove {
namespace {

const auto cases = std::filesystem::path(BW_SOURCE_DIR) / "tests/cases/prove";

gateway::Definitions definitions() {
  gateway::Definitions out;
  auto document = json::Document::parse(registry::slurp(cases / "base/tools.json")).value();
  for (auto [tool, definition] : document.root().members())
    out.emplace(std::string(tool), std::string(definition.raw()));
  return out;
}

std::string print(registry::Sources files) {
  files.erase("tools.json");
  auto loaded = registry::load(files);
  std::string out = registry::format(loaded);
  if (!loaded.snapshot) return out;
  auto compiled = gateway::compile_policy(*loaded.snapshot, definitions());
  for (const Diagnostic& diagnostic : compiled.diagnostics)
    out += format(diagnostic, loaded.sources[diagnostic.where.file]);
  if (!compiled.plan) return out;
  auto report = prove(*compiled.plan).value();
  EXPECT_EQ(to_text(prove(*compiled.plan).value(), "."), to_text(report, ".")) << "the answer is the same every time";
  return report.proofs.empty() ? out + "loads\n" : out + to_text(report, ".");
}

TEST(Cases, PrintWhatTheySay) { registry::run_cases(cases, 15, print); }

}  // namespace
}  // namespace bw::prove
