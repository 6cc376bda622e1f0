// SPDX-License-Identifier: Apache-2.0
#include "execution/upstreams.h"

#include <gtest/gtest.h>

#include "execution/backoff.h"
#include "execution/patience.h"
#include "execution/scripted_for_test.h"
#include "execution/slots.h"
#include "registry/load.h"

namespace bw::execution {
namespace {

TEST(Backoff, DoublesToACapAndStartsAnewAfterHealth) {
  Backoff backoff;
  EXPECT_EQ(backoff.next_ms(0), 250);
  EXPECT_EQ(backoff.next_ms(0), 500);
  for (int i = 0; i < 10; ++i) backoff.next_ms(0);
  EXPECT_EQ(backoff.next_ms(0), kBackoffMaxMs);
  EXPECT_EQ(backoff.next_ms(kHealthyMs), 250);
}

TEST(Patience, DoesNotCountTheTimeItsCallerIsAsked) {
  FakeClock clock;
  async::Loop loop(clock);
  Patience patience(loop, 1'000);
  clock.advance_ms(900);
  patience.pause();
  clock.advance_ms(60'000);
  loop.fire_timers();
  EXPECT_FALSE(patience.over().is_set());
  patience.resume();
  clock.advance_ms(99);
  loop.fire_timers();
  EXPECT_FALSE(patience.over().is_set());
  clock.advance_ms(1);
  loop.fire_timers();
  EXPECT_TRUE(patience.over().is_set());
  EXPECT_EQ(patience.why(), Patience::End::timeout);
}

std::shared_ptr<const registry::Snapshot> snapshot_of(const std::string& upstreams) {
  registry::Sources sources;
  sources["all.yaml"] = "kind: Person\nname: ana\nfull_name: Ana\nemail: ana@example.com\n" + upstreams;
  auto loaded = registry::load(std::move(sources));
  EXPECT_TRUE(loaded.snapshot) << registry::format(loaded);
  return loaded.snapshot;
}

std::string http_upstream(std::string_view name, std::string_view url, std::string_view more = {}) {
  return fmt::format(
      "---\nkind: Upstream\nname: {}\nurl: {}\nenvironment: sandbox\nsystem_owner: ana\ntimeout: 30s\n{}", name, url,
      more);
}

async::Task<bool> ready(RecordingListener& listener, Upstream& upstream) {
  while (upstream.health().state != Health::State::ready) {
    listener.changed.reset();
    auto first = co_await async::wait_any(10'000, listener.changed);
    if (!first) co_return false;
  }
  co_return true;
}

Call echo(std::string session) {
  Call call;
  call.method = "tools/call";
  call.params = R"({"name":"echo","arguments":{}})";
  call.caller = {.session = std::move(session), .capabilities = "{}"};
  return call;
}

async::Task<void> keep_apart(async::Loop& loop, RecordingListener& listener, ScriptedUpstream& good,
                             ScriptedUpstream& bad) {
  bad.hang = 1'000'000;
  std::string declared;
  for (int i = 0; i < 60; ++i) declared += http_upstream(fmt::format("good-{}", i), good.url);
  declared += http_upstream("hanging", bad.url);
  declared += http_upstream("nowhere", "http://127.0.0.1:1/mcp");
  declared += "---\nkind: Upstream\nname: crashing\ncommand: /bin/false\nenvironment: sandbox\nsystem_owner: ana\n";
  auto upstreams = make_upstreams(loop, listener);
  upstreams->apply(snapshot_of(declared));
  for (int i = 0; i < 60; ++i) {
    auto became = co_await ready(listener, *upstreams->find(fmt::format("good-{}", i)));
    EXPECT_TRUE(became);
  }
  EXPECT_EQ(upstreams->find("hanging")->health().state, Health::State::connecting);  // it still has its time
  EXPECT_EQ(upstreams->find("nowhere")->health().state, Health::State::failing);
  auto refused = co_await upstreams->find("nowhere")->call(echo("s"));
  EXPECT_FALSE(refused);
  EXPECT_EQ(refused.error().outcome, domain::Outcome::not_executed);
  auto answered = co_await upstreams->find("good-7")->call(echo("s"));
  EXPECT_TRUE(answered);
  EXPECT_EQ(upstreams->all().size(), 63U);
  co_await upstreams->stop();
}

TEST(Upstreams, OneThatHangsOrCrashesDelaysNoOther) {
  async::Loop loop;
  RecordingListener listener;
  ScriptedUpstream good(loop), bad(loop);
  async::run(loop, keep_apart(loop, listener, good, bad));
}

async::Task<void> follow_the_registry(async::Loop& loop, RecordingListener& listener, ScriptedUpstream& one,
                                      ScriptedUpstream& two) {
  auto upstreams = make_upstreams(loop, listener);
  upstreams->apply(snapshot_of(http_upstream("a", one.url) + http_upstream("b", one.url)));
  auto* a = upstreams->find("a");
  auto* b = upstreams->find("b");
  co_await ready(listener, *a);
  co_await ready(listener, *b);
  RecordingPeer peer;
  Caller caller{.session = "s", .capabilities = "{}"};
  std::vector<std::string> uris{"test://a"};
  auto listened = co_await b->listen(std::move(caller), std::move(uris), &peer);
  EXPECT_TRUE(listened);
  auto sessions = one.sessions;
  // Another description is not another connection; another url is.
  upstreams->apply(snapshot_of(http_upstream("a", one.url, "description: more words\n") + http_upstream("b", two.url)));
  EXPECT_EQ(a->health().state, Health::State::ready);
  co_await ready(listener, *b);
  auto result = co_await b->call(echo("s"));
  EXPECT_TRUE(result);
  EXPECT_EQ(two.seen["call echo"], 1);
  EXPECT_EQ(one.sessions, sessions);
  while (two.seen["resources/subscribe"] == 0) {
    two.noted.reset();
    auto first = co_await async::wait_any(5'000, two.noted);
    if (!first) break;
  }
  two.say(R"({"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"test://a"}})");
  auto heard = co_await peer.hears("test://a");
  EXPECT_TRUE(heard);  // who listened to the old one listens to the new
  b->forget(&peer);
  upstreams->apply(snapshot_of(http_upstream("a", one.url)));
  EXPECT_EQ(upstreams->find("b"), nullptr);
  auto gone = co_await b->call(echo("s"));  // somebody may still hold it
  EXPECT_FALSE(gone);
  EXPECT_EQ(gone.error().outcome, domain::Outcome::not_executed);
  co_await upstreams->stop();
}

TEST(Upstreams, FollowTheRegistry) {
  async::Loop loop;
  RecordingListener listener;
  ScriptedUpstream one(loop), two(loop);
  async::run(loop, follow_the_registry(loop, listener, one, two));
}

async::Task<void> enter(Slots& slots, async::Event& over, std::vector<int>& order, int who) {
  auto entered = co_await slots.enter(over);
  order.push_back(entered ? who : -who);
}

TEST(Slots, AdmitInOrderAndLetGoOfThoseWhoGiveUp) {
  async::Loop loop;
  Slots slots(1, 2);
  async::Event never, soon;
  std::vector<int> order;
  async::spawn(loop, enter(slots, never, order, 1));
  async::spawn(loop, enter(slots, soon, order, 2));
  async::spawn(loop, enter(slots, never, order, 3));
  async::spawn(loop, enter(slots, never, order, 4));  // the line is full
  loop.poll();
  soon.set();
  loop.poll();
  slots.leave();
  loop.poll();
  EXPECT_EQ(order, (std::vector<int>{1, -4, -2, 3}));
}

}  // namespace
}  // namespace bw::execution
