// SPDX-License-Identifier: Apache-2.0
#include "gateway/catalogue.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gateway/exposed_names.h"
#include "gateway/upstreams_fake.h"
#include "gateway/uri_template.h"

namespace bw::gateway {
namespace {

using domain::ActionKind;
using domain::Principal;
using testing::tool;

class CatalogueTest : public ::testing::Test {
 protected:
  CatalogueTest() { testing::offer_everything(upstreams_); }

  std::vector<std::string> names(const Principal& principal) {
    std::vector<std::string> found;
    for (const auto* tool : catalogue_->tools(principal)) found.push_back(tool->exposed);
    return found;
  }
  std::string code(const Principal& principal, std::string_view name) {
    return catalogue_->resolve(principal, ActionKind::tool, "", name).code;
  }

  const Principal bot_{"bot", "job", "sandbox", "tok_1"};
  const Principal guest_{"guest", "visit", "sandbox", "tok_2"};
  testing::FakeUpstreams upstreams_{{"desk", "notes"}};
  testing::FakePinStore store_;
  Pins pins_{{}, store_};
  std::shared_ptr<const registry::Snapshot> live_ = testing::snapshot();
  std::unique_ptr<Catalogue> catalogue_ = make_catalogue(upstreams_, pins_, [this] { return live_; });
};

using Names = std::vector<std::string>;

TEST_F(CatalogueTest, ListsWhatIsDeclaredGrantedAndOfferedInTheUpstreamsOrder) {
  EXPECT_EQ(names(bot_), (Names{"desk_refund", "desk_look", "find", "region"}));
  EXPECT_EQ(names(guest_), (Names{"desk_look"}));
  EXPECT_EQ(names({"bot", "job", "production", "tok"}), Names{}) << "the upstreams are in another environment";
  EXPECT_EQ(names({"bot", "visit", "sandbox", "tok"}), Names{}) << "the agent is not in this workflow";
}

TEST_F(CatalogueTest, ReplacesTheNameInADefinitionAndNothingElse) {
  const auto* listed = catalogue_->listed(bot_, "desk_look");
  ASSERT_NE(listed, nullptr);
  EXPECT_EQ(listed->name, "desk/look");
  EXPECT_EQ(listed->definition, R"({"name":"desk_look","description":"does it","inputSchema":{"type":"object"}})");
}

TEST_F(CatalogueTest, ReadsWhichArgumentsAreRepeatedInFields) {
  const auto* listed = catalogue_->listed(bot_, "region");
  ASSERT_NE(listed, nullptr);
  ASSERT_EQ(listed->headers.size(), 1U);
  EXPECT_EQ(listed->headers[0].field, "Mcp-Param-Region");
}

TEST_F(CatalogueTest, ResolvesWithProfileAndDigest) {
  auto found = catalogue_->resolve(bot_, ActionKind::tool, "", "desk/refund");
  EXPECT_EQ(found.code, "");
  EXPECT_EQ(found.upstream, &upstreams_["desk"]);
  EXPECT_EQ(found.tool, "refund");
  EXPECT_EQ(found.tool_digest, tool("refund").digest);
  EXPECT_EQ(found.profile.tier, domain::Tier::execute);
}

TEST_F(CatalogueTest, SaysWhyNotAndWordsWhatIsNotGrantedLikeWhatIsUnknown) {
  EXPECT_EQ(code(bot_, "desk/nothing"), "unknown");
  EXPECT_EQ(code(bot_, "desk/undeclared"), "unknown");
  EXPECT_EQ(code(bot_, "desk/later"), "unavailable");
  EXPECT_EQ(code(guest_, "desk/refund"), "not_granted");
  EXPECT_EQ(catalogue_->resolve(guest_, ActionKind::tool, "", "desk/refund").refused, "there is no tool `desk/refund`");
  EXPECT_EQ(catalogue_->exposed_to_name(guest_, "desk_refund"), "desk/refund") << "so that the attempt is recorded";
  EXPECT_EQ(catalogue_->exposed_to_name(guest_, "desk_nothing"), "");
}

TEST_F(CatalogueTest, AChangedDefinitionIsNeitherListedNorCalled) {
  EXPECT_EQ(names(bot_).size(), 4U);
  upstreams_["desk"].offer({.tools = {tool("refund"), tool("look", "does it, and tells me")}});
  EXPECT_EQ(code(bot_, "desk/look"), "quarantined");
  EXPECT_EQ(code(bot_, "desk/refund"), "");
  EXPECT_EQ(names(bot_), (Names{"desk_refund", "find", "region"}));
  EXPECT_EQ(catalogue_->listed(bot_, "desk_look"), nullptr);

  EXPECT_TRUE(pins_.accept("desk", "look", tool("look", "does it, and tells me").digest));
  EXPECT_EQ(code(bot_, "desk/look"), "");
}

TEST_F(CatalogueTest, FollowsTheRegistryAndTheUpstreams) {
  EXPECT_EQ(names(guest_).size(), 1U);
  auto narrower = std::string(testing::kRegistry);
  narrower.replace(narrower.find("tools: [desk/look]"), 18, "tools: [desk/later]");
  live_ = testing::snapshot(narrower);
  EXPECT_EQ(names(guest_), Names{});
  EXPECT_EQ(code(guest_, "desk/look"), "not_granted");
  upstreams_["desk"].offer({});
  EXPECT_EQ(code(bot_, "desk/refund"), "unavailable");
}

TEST_F(CatalogueTest, ACallToOneUpstreamIsNotDisturbedByAnother) {
  EXPECT_EQ(code(bot_, "desk/look"), "");
  upstreams_["notes"].offer({});
  EXPECT_EQ(code(bot_, "desk/look"), "");
  EXPECT_EQ(code(bot_, "notes/find"), "unavailable");
}

TEST_F(CatalogueTest, ResourcesKeepTheirUrisAndObeyGrants) {
  EXPECT_EQ(catalogue_->resources(bot_), (Names{R"({"uri":"note://1","name":"One"})"}));
  EXPECT_EQ(catalogue_->resource_templates(bot_).size(), 1U);
  EXPECT_EQ(catalogue_->resources(guest_), Names{});
  EXPECT_EQ(catalogue_->upstream_of_resource(bot_, "note://1"), "notes");
  EXPECT_EQ(catalogue_->upstream_of_resource(bot_, "note://by/ana"), "notes");
  EXPECT_EQ(catalogue_->upstream_of_resource(bot_, "note://unlisted"), "notes");
  EXPECT_EQ(catalogue_->upstream_of_resource(bot_, "secret://1"), "");
  EXPECT_EQ(catalogue_->upstream_of_resource(guest_, "note://1"), "");
  EXPECT_EQ(catalogue_->any_upstream_of_resource("note://1"), "notes");
  EXPECT_EQ(catalogue_->any_upstream_of_resource("secret://1"), "") << "it is listed, and not declared";
  auto refused = catalogue_->resolve(guest_, ActionKind::resource, "notes", "note://1");
  EXPECT_EQ(refused.code, "not_granted");
  EXPECT_EQ(refused.profile.tier, domain::Tier::read);
  EXPECT_EQ(catalogue_->resolve(bot_, ActionKind::resource, "", "note://1").upstream, &upstreams_["notes"]);
  EXPECT_EQ(catalogue_->resolve(guest_, ActionKind::resource, "notes", "note://1").code, "not_granted");
  EXPECT_EQ(catalogue_->resolve(bot_, ActionKind::resource, "", "secret://1").code, "unknown");
}

TEST_F(CatalogueTest, PromptsAreNamedAndGrantedLikeTools) {
  EXPECT_EQ(catalogue_->prompts(bot_), (Names{R"({"name":"greet","arguments":[{"name":"who"}]})"}));
  EXPECT_EQ(catalogue_->exposed_to_prompt(bot_, "greet"), "notes/greet");
  EXPECT_EQ(catalogue_->exposed_to_prompt(guest_, "greet"), "");
  EXPECT_EQ(catalogue_->any_prompt("greet"), "notes/greet");
  EXPECT_EQ(catalogue_->any_prompt("leave"), "");
  EXPECT_EQ(catalogue_->resolve(guest_, ActionKind::prompt, "", "notes/greet").code, "not_granted");
  EXPECT_EQ(catalogue_->resolve(bot_, ActionKind::prompt, "", "notes/greet").tool, "greet");
  EXPECT_EQ(catalogue_->resolve(guest_, ActionKind::prompt, "", "notes/greet").code, "not_granted");
}

TEST_F(CatalogueTest, HostileNamesDoNoHarm) {
  upstreams_["notes"].offer({.tools = {tool("find"), tool("find", "twice"), tool("bailiwick_await")},
                             .resources = {"not json", R"({"name":"no uri"})", R"({"uri":7})"},
                             .prompts = {R"({"name":""})", "[]"}});
  EXPECT_EQ(names(bot_), (Names{"desk_refund", "desk_look", "find"}));
  EXPECT_TRUE(catalogue_->resources(bot_).empty());
  EXPECT_TRUE(catalogue_->prompts(bot_).empty());
  for (std::string_view name : {"", "/", "desk", "desk/", "/look", "desk/look/"}) {
    EXPECT_EQ(code(bot_, name), "unknown") << name;
    EXPECT_EQ(catalogue_->resolve(bot_, ActionKind::prompt, "", name).code, "unknown") << name;
    EXPECT_EQ(catalogue_->resolve(bot_, ActionKind::resource, "", name).code, "unknown") << name;
  }
}

TEST(ExposedNames, TheFirstKeepsThePlainNameAndTheRestIsTheSameEveryTime) {
  auto give = [] {
    ExposedNames names;
    names.reserve("bailiwick_await");
    return Names{names.give("find", "a/find"), names.give("find", "b/find"),
                 names.give("bailiwick_await", "b/bailiwick_await"), names.give(std::string(90, 'x'), "c/x"),
                 names.give("gr\xc3\xbc\xc3\x9f dich", "d/gruss")};
  };
  auto names = give();
  EXPECT_EQ(names, give());
  EXPECT_EQ(names[0], "find");
  EXPECT_TRUE(names[1].starts_with("find_")) << names[1];
  EXPECT_TRUE(names[2].starts_with("bailiwick_await_")) << names[2];
  for (const auto& name : names) {
    EXPECT_LE(name.size(), 64U);
    EXPECT_EQ(name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"),
              std::string::npos)
        << name;
  }
}

TEST(UriTemplate, MatchesWhatStandsOutsideTheBraces) {
  EXPECT_TRUE(uri_template_matches("note://by/{author}", "note://by/ana"));
  EXPECT_TRUE(uri_template_matches("note://{a}/x/{b}", "note://1/x/2"));
  EXPECT_FALSE(uri_template_matches("note://by/{author}", "note://of/ana"));
  EXPECT_FALSE(uri_template_matches("note://{open", "note://x"));
  EXPECT_TRUE(uri_template_matches("note://plain", "note://plain"));
}

}  // namespace
}  // namespace bw::gateway
