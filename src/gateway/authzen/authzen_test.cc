// SPDX-License-Identifier: Apache-2.0
#include "gateway/authzen/authzen.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "gateway/upstreams_fake.h"
#include "json/document.h"

namespace bw::gateway {
namespace {

// Permits the tools whose names end as it was told, and remembers who was asked about.
class OpinionatedPath final : public Path {
 public:
  async::Task<Opinion> ask(Request request) override {
    bool is_permitted = request.name.ends_with(permitted);
    asked.push_back(std::move(request));
    co_return Opinion{.verdict = is_permitted ? domain::Verdict::allow : domain::Verdict::deny};
  }
  async::Task<Answer> act(Request) override { co_return Answer{}; }
  async::Task<Answer> await(domain::Principal, std::string, CarriedOutBy, execution::Call, std::int64_t) override {
    co_return Answer{};
  }
  async::Task<Answer> withdraw(domain::Principal, std::string) override { co_return Answer{}; }
  async::Task<Answer> report(domain::Principal, std::string, Report) override { co_return Answer{}; }

  std::string permitted;
  std::vector<Request> asked;
};

class AuthzenTest : public ::testing::Test {
 protected:
  std::string search(std::string_view what, std::string body, Authzen::Asker asker = {}) {
    http::Request request{
        .method = "POST", .target = fmt::format("/access/v1/search/{}", what), .body = std::move(body)};
    request.headers.set("content-type", "application/json");
    auto answering = authzen.answer(std::move(request), std::move(asker));
    auto response = async::run(loop, std::move(answering));
    EXPECT_EQ(response.status, 200) << response.body;
    return response.body;
  }

  std::string yaml{testing::kRegistry};
  async::Loop loop;
  OpinionatedPath path;
  Authzen authzen{[this] { return Live{.snapshot = testing::snapshot(yaml)}; }, path};
};

constexpr std::string_view kTwoJobs = R"(---
kind: Agent
name: busy
owner: ana
steward: ana
may: {environments: [sandbox, staging], tools: [desk/look]}
---
kind: Workflow
name: mornings
accountable: ana
agents: [busy]
may: {environments: [sandbox, staging], tools: [desk/look]}
---
kind: Workflow
name: evenings
accountable: ana
agents: [busy]
may: {environments: [sandbox], tools: [desk/look]}
)";

constexpr std::string_view kWhoLooks = R"("action":{"name":"look"},"resource":{"type":"upstream","id":"desk"}})";

TEST_F(AuthzenTest, AnAgentOfSeveralWorkflowsIsFoundOnceForEach) {
  yaml += kTwoJobs;
  path.permitted = "desk/look";
  EXPECT_EQ(search("subject", fmt::format(R"({{"subject":{{"type":"agent"}},{})", kWhoLooks)),
            R"({"page":{"next_token":"","count":5},"results":[{"type":"agent","id":"bot"},)"
            R"({"type":"agent","id":"busy","properties":{"workflow":"evenings","environment":"sandbox"}},)"
            R"({"type":"agent","id":"busy","properties":{"workflow":"mornings","environment":"sandbox"}},)"
            R"({"type":"agent","id":"busy","properties":{"workflow":"mornings","environment":"staging"}},)"
            R"({"type":"agent","id":"guest"}]})");
  EXPECT_EQ(search("subject", fmt::format(R"({{"subject":{{"type":"agent","properties":{{"workflow":"evenings"}}}},{})",
                                          kWhoLooks)),
            R"({"page":{"next_token":"","count":1},"results":[{"type":"agent","id":"busy"}]})");
}

TEST_F(AuthzenTest, WhichWorkflowIsMeantMustBeSaidWhereSeveralArePossible) {
  yaml += kTwoJobs;
  auto found =
      search("action", R"({"subject":{"type":"agent","id":"busy"},"resource":{"type":"upstream","id":"desk"}})");
  EXPECT_TRUE(found.ends_with(R"("results":[]})")) << found;
  EXPECT_NE(found.find("mornings"), std::string::npos) << found;
  EXPECT_TRUE(path.asked.empty());
}

TEST_F(AuthzenTest, AnAgentIsToldOfItselfAloneAsItsTokenStands) {
  yaml += kTwoJobs;
  path.permitted = "desk/look";
  Authzen::Asker busy = domain::Principal{"busy", "mornings", "staging", "tok_1"};
  EXPECT_EQ(search("subject", fmt::format(R"({{"subject":{{"type":"agent"}},{})", kWhoLooks), busy),
            R"({"page":{"next_token":"","count":1},"results":[)"
            R"({"type":"agent","id":"busy","properties":{"workflow":"mornings","environment":"staging"}}]})");
  ASSERT_EQ(path.asked.size(), 1U);
  EXPECT_EQ(path.asked[0].principal.token, "tok_1");
}

// However many candidates there are, one request looks at a bounded number of them; a page may be empty and not the last.
TEST_F(AuthzenTest, LooksAtABoundedNumberForEachPage) {
  yaml += "---\nkind: Upstream\nname: wide\nexternal: true\nenvironment: sandbox\ntools:\n";
  for (int i = 0; i < 600; ++i) yaml += fmt::format("  t{:03}: {{tier: read}}\n", i);
  path.permitted = "wide/t599";
  std::string token;
  std::vector<std::string> pages;
  do {
    auto before = path.asked.size();
    auto text =
        search("action", fmt::format(R"({{"subject":{{"type":"agent","id":"bot"}},)"
                                     R"("resource":{{"type":"upstream","id":"wide"}},"page":{{"token":"{}"}}}})",
                                     token));
    EXPECT_LE(path.asked.size() - before, 256U);
    auto page = json::Document::parse(text);
    ASSERT_TRUE(page);
    pages.emplace_back(page->root()["results"].raw());
    token = *page->root()["page"]["next_token"].string();
  } while (!token.empty());
  EXPECT_EQ(pages, (std::vector<std::string>{"[]", "[]", R"([{"name":"t599"}])"}));
  EXPECT_EQ(path.asked.size(), 600U);
  EXPECT_TRUE(std::ranges::is_sorted(path.asked, {}, &Request::name));
}

}  // namespace
}  // namespace bw::gateway
