// SPDX-License-Identifier: Apache-2.0
#include "gateway/subjects.h"

#include <gtest/gtest.h>

#include <array>

namespace bw::gateway {
namespace {

using Names = std::vector<std::string>;

// The names, or ["!", why].
Names found(const Names& paths, const std::string& arguments) {
  auto document = json::Document::parse(arguments).value();
  Names out;
  auto good = find_subjects(paths, document.root(), out);
  return good ? out : Names{"!", good.error().message};
}

TEST(Subjects, AreWhatStandsAtTheirPaths) {
  const std::string arguments =
      R"({"customer":"C-1","order":{"to":{"id":17}},"people":[{"id":"C-2"},{"id":"C-3"},{}],"copies":["C-4",5],)"
      R"("nobody":null,"empty":"","odd":1.5,"flag":true,"deep":[["C-9"]]})";
  EXPECT_EQ(found({"args.customer"}, arguments), Names{"C-1"});
  EXPECT_EQ(found({"args.order.to.id", "args.customer"}, arguments), (Names{"17", "C-1"}));
  EXPECT_EQ(found({"args.people.id"}, arguments), (Names{"C-2", "C-3"}));
  EXPECT_EQ(found({"args.copies"}, arguments), (Names{"C-4", "5"}));
  for (auto nobody : {"args.nobody", "args.empty", "args.missing", "args.customer.id", "args.people.name"})
    EXPECT_EQ(found({nobody}, arguments), Names{}) << nobody;
  for (auto wrong : {"args.odd", "args.flag", "args.order", "args.deep"}) {
    auto said = found({wrong}, arguments);
    ASSERT_EQ(said.size(), 2U) << wrong;
    EXPECT_EQ(said[1], std::string(wrong) + ": is neither a text nor a whole number");
  }
  Names some;  // what can be told is told
  EXPECT_FALSE(find_subjects({"args.odd", "args.customer"}, json::Document::parse(arguments)->root(), some));
  EXPECT_EQ(some, Names{"C-1"});
  EXPECT_EQ(found({"args.x"}, "{\"x\":\"" + std::string(257, 'x') + "\"}")[0], "!");
  std::string many = "0";
  for (int i = 1; i < 65; ++i) many += "," + std::to_string(i);
  EXPECT_EQ(found({"args.x"}, "{\"x\":[" + many + "]}")[1], "args.x: there are more than 64");
}

TEST(Subjects, APathMustFitTheSchema) {
  struct Case {
    const char *path, *schema;
    bool fits;
  };
  constexpr std::array cases{
      Case{"args.customer", R"({"type":"object","properties":{"customer":{"type":"string"}}})", true},
      Case{"args.custmer", R"({"type":"object","properties":{"customer":{"type":"string"}}})", false},
      Case{"args.a.b", R"({"properties":{"a":{"properties":{"b":{}}}}})", true},
      Case{"args.a.c", R"({"properties":{"a":{"properties":{"b":{}}}}})", false},
      Case{"args.a.c", R"({"properties":{"a":{"type":"array","items":{"properties":{"b":{}}}}}})", false},
      Case{"args.a.b", R"({"properties":{"a":{"type":"array","items":{"properties":{"b":{}}}}}})", true},
      Case{"args.a.b", R"({"properties":{"a":{"type":"object"}}})", true},
      Case{"args.x", R"({"properties":{},"additionalProperties":true})", true},
      Case{"args.x", R"({"properties":{},"additionalProperties":false})", false},
      Case{"args.x", R"({"properties":{},"allOf":[{}]})", true},
      Case{"args.x", R"({"type":"object"})", true},
  };
  for (const auto& [path, schema, fits] : cases) {
    auto document = json::Document::parse(schema).value();
    EXPECT_EQ(!misfit_of(path, document.root()), fits) << path << " in " << schema;
  }
}

}  // namespace
}  // namespace bw::gateway
