// SPDX-License-Identifier: Apache-2.0
#include "gateway/fact_reader.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gateway/upstreams_fake.h"

namespace bw::gateway {
namespace {

namespace fs = std::filesystem;
using domain::FactReading;
using testing::FakeUpstreams;
using State = FactReading::State;

constexpr std::string_view kFacts = R"(---
kind: Facts
name: facts
facts:
  tenure: {tool: desk/look, arguments: {customer: args.customer}, value: result.months, type: int}
  spent: {tool: desk/look, arguments: {customer: args.customer}, value: result.spent, type: double}
  region: {tool: notes/region, arguments: {customer: args.customer}, value: result.region, type: string, max_age: 10s}
  risk: {url: "https://risk.example.com/score?v=1", arguments: {who: args.customer}, value: result.score, type: double}
  frozen: {file: calendar.json, value: result.frozen, type: bool}
  listed: {file: names.data.yaml, value: args.customer in result.names, type: bool}
  idle: {tool: notes/find, value: result.x, type: int}
---
kind: Policy
name: p
rules:
  - id: refund
    match: {tool: desk/refund, agent: bot}
    all: [facts.tenure > 12, facts.spent < 100.0]
    effect: allow
  - id: region
    match: {tool: desk/later}
    when: facts.region == "eu"
    effect: allow
  - {id: risk, match: {tool: notes/find}, when: facts.risk < 0.5, effect: allow}
  - {id: files, match: {tool: desk/look}, when: facts.listed && !facts.frozen, effect: allow}
)";

// Answers what it is told, and remembers what it was asked.
class FakeClient final : public http::Client {
 public:
  async::Task<http::ClientResult> send(http::ClientRequest request) override {
    requests.push_back(std::move(request));
    http::ClientResponse response;
    response.status = status;
    response.headers.add("content-type", type);
    response.body = body;
    co_return response;
  }
  std::vector<http::ClientRequest> requests;
  int status = 200;
  std::string type = "application/json; charset=utf-8", body = R"({"score":0.25})";
};

class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("bw_facts_" + std::to_string(::getpid()))) {
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  void write(const std::string& name, std::string_view text) { std::ofstream(path_ / name) << text; }
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

struct World {
  World() {
    auto snapshot = testing::snapshot(std::string(testing::kRegistry) + std::string(kFacts));
    BW_ASSERT(snapshot);
    Prepared prepared = prepare(snapshot, {});
    for (const auto& d : prepared.diagnostics) ADD_FAILURE() << format(d);
    live = prepared.live;
    upstreams["desk"].answer = R"({"structuredContent":{"months":24,"spent":80.5},"content":[]})";
    upstreams["notes"].answer = R"({"content":[{"type":"text","text":"{\"region\":\"eu\"}"}]})";
  }

  domain::Action action(std::string name, std::string arguments = R"({"customer":"C-1"})") {
    domain::Action action;
    action.name = std::move(name);
    action.upstream = action.name.substr(0, action.name.find('/'));
    action.arguments = std::move(arguments);
    action.principal = {"bot", "job", "sandbox", "tok"};
    action.profile = *live.snapshot->profile(action.upstream, action.name.substr(action.upstream.size() + 1), "job");
    return action;
  }

  using Readings = std::vector<FactReading>;
  Readings read(domain::Action action, FactReader::Freshness freshness = FactReader::Freshness::by_age) {
    return async::run(loop, reader.read(live, std::move(action), freshness));
  }
  // Begun, and not ended before the loop is polled again.
  std::shared_ptr<std::optional<Readings>> begin(domain::Action action) {
    auto out = std::make_shared<std::optional<Readings>>();
    async::spawn(loop, keep(reader.read(live, std::move(action), FactReader::Freshness::by_age), out));
    loop.poll();
    return out;
  }
  static async::Task<void> keep(async::Task<Readings> task, std::shared_ptr<std::optional<Readings>> out) {
    Readings readings = co_await std::move(task);
    out->emplace(std::move(readings));
  }
  void pass(std::int64_t ms) {
    clock.advance_ms(ms);
    loop.poll();
    loop.fire_timers();
    loop.poll();
  }

  Folder folder;
  FakeClock clock;
  FakeUpstreams upstreams{{"desk", "notes"}};
  testing::FakePinStore store;
  Pins pins{{}, store};
  FakeClient client;
  InFlight in_flight;
  async::Pool pool{1, 10};
  async::Loop loop{clock};
  Live live;
  FactReader reader{loop, FactSources({upstreams, pins, client, loop, pool, folder.path()}), in_flight};
};

TEST(FactReader, AsksForWhatRulesReadAndSharesWhatIsTheSameQuestion) {
  World w;
  auto readings = w.read(w.action("desk/refund"));
  ASSERT_EQ(readings.size(), 2U);
  EXPECT_EQ(readings[0].fact, "spent");
  EXPECT_EQ(readings[0].value, "80.5");
  EXPECT_EQ(readings[1].fact, "tenure");
  EXPECT_EQ(readings[1].value, "24") << "24 of JSON without a schema is a double, and a whole one";
  EXPECT_EQ(readings[1].source, "desk/look");
  EXPECT_EQ(readings[1].at_ms, w.clock.now_ms());
  ASSERT_EQ(w.upstreams["desk"].calls.size(), 1U);
  EXPECT_EQ(w.upstreams["desk"].calls[0].params, R"({"name":"look","arguments":{"customer":"C-1"}})");
  EXPECT_EQ(w.upstreams["desk"].calls[0].caller.session, "") << "Bailiwick asks as itself";
  EXPECT_EQ(w.upstreams["desk"].calls[0].timeout_ms, 2000);
  EXPECT_TRUE(w.upstreams["notes"].calls.empty());
}

TEST(FactReader, AsksNothingForAgentsThatNoRuleSpeaksOf) {
  World w;
  auto action = w.action("desk/refund");
  action.principal.agent = "guest";
  EXPECT_TRUE(w.read(action).empty());
  EXPECT_TRUE(w.upstreams["desk"].calls.empty());
}

TEST(FactReader, UsesAnAnswerAgainUntilItIsTooOld) {
  World w;
  w.read(w.action("desk/later"));
  w.pass(10'000);
  auto again = w.read(w.action("desk/later"));
  EXPECT_EQ(again.at(0).value, R"("eu")");
  EXPECT_EQ(again.at(0).age_ms, 10'000);
  EXPECT_EQ(w.upstreams["notes"].calls.size(), 1U);
  w.read(w.action("desk/later", R"({"customer":"C-2"})"));
  EXPECT_EQ(w.upstreams["notes"].calls.size(), 2U) << "another question";
  w.pass(1);
  EXPECT_EQ(w.read(w.action("desk/later")).at(0).age_ms, 0);
  EXPECT_EQ(w.upstreams["notes"].calls.size(), 3U) << "too old";
  w.read(w.action("desk/later"), FactReader::Freshness::anew);
  EXPECT_EQ(w.upstreams["notes"].calls.size(), 4U) << "what was approved is looked at anew";
  w.read(w.action("desk/refund"));
  w.read(w.action("desk/refund"));
  EXPECT_EQ(w.upstreams["desk"].calls.size(), 2U) << "without max_age every action asks";
}

TEST(FactReader, ActionsAtTheSameTimeShareALookUpThatMayBeUsedAgain) {
  World w;
  async::Event gate;
  w.upstreams["notes"].gate = w.upstreams["desk"].gate = &gate;
  auto one = w.begin(w.action("desk/later")), two = w.begin(w.action("desk/later"));
  auto three = w.begin(w.action("desk/refund")), four = w.begin(w.action("desk/refund"));
  EXPECT_EQ(w.upstreams["notes"].calls.size(), 1U);
  EXPECT_EQ(w.upstreams["desk"].calls.size(), 2U);
  gate.set();
  w.loop.poll();
  for (const auto& done : {one, two, three, four}) {
    ASSERT_TRUE(*done);
    EXPECT_EQ((*done)->at(0).state, State::known);
  }
}

TEST(FactReader, ASourceThatIsSilentIsATimeout) {
  World w;
  async::Event never;
  w.upstreams["desk"].gate = &never;
  auto waiting = w.begin(w.action("desk/refund"));
  w.pass(1999);
  EXPECT_FALSE(*waiting);
  w.pass(1);
  ASSERT_TRUE(*waiting);
  EXPECT_EQ((*waiting)->at(0).state, State::timeout);
  EXPECT_EQ((*waiting)->at(0).detail, "no answer within 2s");
  never.set();
  w.loop.poll();
}

TEST(FactReader, WhatCannotBeReadIsUnavailable) {
  struct Case {
    std::string answer;
    State state;
    std::string detail;
  };
  for (const Case& c : {Case{R"({"content":[],"isError":true})", State::wrong_type, ""},
                        {R"({"content":[]})", State::unavailable, "neither structured content nor one text"},
                        {R"({"structuredContent":{"months":24.5,"spent":1}})", State::wrong_type, "expected int"},
                        {R"({"structuredContent":{"months":"24","spent":1}})", State::wrong_type, "expected int"},
                        {R"({"structuredContent":{"spent":1}})", State::wrong_type, "months"},
                        {R"({"structuredContent":{"months":1e300,"spent":1}})", State::wrong_type, "expected int"}}) {
    World w;
    w.upstreams["desk"].answer = c.answer;
    auto tenure = w.read(w.action("desk/refund")).at(1);
    if (c.detail.empty()) {
      EXPECT_NE(tenure.state, State::known) << c.answer;
      continue;
    }
    EXPECT_EQ(tenure.state, c.state) << c.answer;
    EXPECT_TRUE(tenure.detail.contains(c.detail)) << tenure.detail;
    EXPECT_EQ(tenure.value, "");
  }
}

TEST(FactReader, AnArgumentThatIsAnErrorAsksNothing) {
  World w;
  auto readings = w.read(w.action("desk/refund", "{}"));
  EXPECT_EQ(readings.at(0).state, State::unavailable);
  EXPECT_TRUE(readings.at(0).detail.starts_with("argument `customer`: ")) << readings.at(0).detail;
  EXPECT_TRUE(w.upstreams["desk"].calls.empty());
}

TEST(FactReader, AToolInQuarantineIsNotAsked) {
  World w;
  w.pins.observe("desk", testing::tool("look"));
  w.pins.observe("desk", testing::tool("look", "now lies"));
  EXPECT_EQ(w.read(w.action("desk/refund")).at(0).state, State::unavailable);
  EXPECT_TRUE(w.upstreams["desk"].calls.empty());
}

TEST(FactReader, AKilledSourceIsNotAskedUntilItRunsAgain) {
  World w;
  domain::Scope scope{domain::Scope::Kind::tool, "desk/look"};
  w.in_flight.stop(scope);
  EXPECT_EQ(w.read(w.action("desk/refund")).at(0).state, State::unavailable);
  EXPECT_TRUE(w.upstreams["desk"].calls.empty());
  w.in_flight.resume(scope);
  EXPECT_EQ(w.read(w.action("desk/refund")).at(0).state, State::known);
}

TEST(FactReader, AsksUrlsWithTheArgumentsAsQuery) {
  World w;
  auto action = w.action("notes/find", R"({"customer":"C 1&x=2"})");
  EXPECT_EQ(w.read(action).at(0).value, "0.25");
  EXPECT_EQ(w.client.requests.at(0).url, "https://risk.example.com/score?v=1&who=C%201%26x%3D2");
  w.client.status = 500;
  EXPECT_EQ(w.read(action).at(0).state, State::unavailable);
  w.client.status = 200;
  w.client.type = "text/html";
  EXPECT_EQ(w.read(action).at(0).state, State::unavailable);
  w.client.type = "application/json";
  w.client.body = R"({"score":0.25,"score":0.9})";
  EXPECT_EQ(w.read(action).at(0).state, State::unavailable) << "what two readers read differently is no fact";
}

TEST(FactReader, ReadsFilesOfTheRegistryAnew) {
  World w;
  auto look = [&] { return w.read(w.action("desk/look")); };
  EXPECT_EQ(look().at(0).state, State::unavailable);
  w.folder.write("calendar.json", R"({"frozen": false})");
  w.folder.write("names.data.yaml", "names: [C-1, C-7]\n");
  auto readings = look();
  EXPECT_EQ(readings.at(0).value, "false");
  EXPECT_EQ(readings.at(1).value, "true");
  w.folder.write("calendar.json", R"({"frozen": true})");
  EXPECT_EQ(look().at(0).value, "true");
  fs::remove(w.folder.path() + "/calendar.json");
  fs::create_symlink("/etc/passwd", w.folder.path() + "/calendar.json");
  EXPECT_EQ(look().at(0).state, State::unavailable) << "a link that leads out of the registry";
}

}  // namespace
}  // namespace bw::gateway
