// SPDX-License-Identifier: Apache-2.0
//
// docs/schema/bailiwick.schema.json is printed from keys.h. docs/reference/registry.md is written by hand, with one part for
// each shape between `<!-- keys of NAME -->` and `<!-- end -->` printed from keys.h; its ```yaml blocks together are a registry
// that loads. UPDATE_GOLDEN=1 prints both anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "registry/load.h"
#include "registry/reference.h"
#include "registry/schema.h"
#include "registry/shapes.h"

namespace bw::registry {
namespace {

const std::string schema_path = std::string(BW_SOURCE_DIR) + "/docs/schema/bailiwick.schema.json";
const std::string reference_path = std::string(BW_SOURCE_DIR) + "/docs/reference/registry.md";

std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void expect_file(const std::string& path, const std::string& text) {
  if (std::getenv("UPDATE_GOLDEN")) std::ofstream(path, std::ios::binary) << text;
  EXPECT_EQ(slurp(path), text) << path << " is stale: run registry_test with UPDATE_GOLDEN=1";
}

TEST(Docs, SchemaIsPrintedFromTheTable) { expect_file(schema_path, json_schema()); }

TEST(Docs, ReferenceCarriesTheTableOfEveryShape) {
  auto page = slurp(reference_path);
  for (const Shape* shape : all_shapes()) {
    auto open = "<!-- keys of " + shape->name + " -->\n";
    auto from = page.find(open);
    ASSERT_NE(from, std::string::npos) << "no part for " << shape->name;
    from += open.size();
    auto to = page.find("<!-- end -->", from);
    ASSERT_NE(to, std::string::npos);
    page.replace(from, to - from, reference_of(*shape));
  }
  expect_file(reference_path, page);
}

TEST(Docs, ExamplesOfTheReferenceAreARegistry) {
  auto page = slurp(reference_path);
  Sources sources;
  constexpr std::string_view open = "```yaml\n";
  for (std::size_t at = page.find(open); at != std::string::npos; at = page.find(open, at)) {
    at += open.size();
    auto end = page.find("```", at);
    sources["example-" + std::to_string(sources.size() + 1) + ".yaml"] = page.substr(at, end - at);
  }
  auto loaded = load(std::move(sources));
  EXPECT_TRUE(loaded.snapshot);
  EXPECT_EQ(format(loaded), "");
}

TEST(Docs, EveryKeyIsExplained) {
  for (const Shape* shape : all_shapes()) {
    EXPECT_FALSE(shape->doc.empty()) << shape->name;
    for (const Field& field : shape->fields) EXPECT_FALSE(field.doc.empty()) << shape->name << "." << field.key;
  }
}

TEST(Docs, TheTemplatesLoadWithoutWarnings) {
  for (const char* name : {"refunds", "access", "deploys", "loops", "mail", "topics"}) {
    auto loaded = load(std::string(BW_SOURCE_DIR) + "/examples/" + name);
    EXPECT_TRUE(loaded.snapshot) << name;
    EXPECT_EQ(format(loaded), "") << name;
  }
}

}  // namespace
}  // namespace bw::registry
