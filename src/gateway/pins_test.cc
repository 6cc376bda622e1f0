// SPDX-License-Identifier: Apache-2.0
#include "gateway/pins.h"

#include <gtest/gtest.h>

#include "gateway/upstreams_fake.h"

namespace bw::gateway {
namespace {

using testing::FakePinStore;
using testing::tool;

TEST(Pins, TheFirstDefinitionIsAcceptedAndRecorded) {
  FakePinStore store;
  Pins pins({}, store);
  EXPECT_EQ(pins.observe("desk", tool("look")), Pins::Standing::accepted);
  EXPECT_EQ(pins.observe("desk", tool("look")), Pins::Standing::accepted);
  ASSERT_EQ(store.recorded.size(), 1U);
  EXPECT_TRUE(store.recorded[0].accepted);
  EXPECT_EQ(store.recorded[0].digest, tool("look").digest);
}

TEST(Pins, AnotherDefinitionWaitsInQuarantineUntilAPersonAcceptsIt) {
  FakePinStore store;
  Pins pins({}, store);
  pins.observe("desk", tool("look"));
  auto changed = tool("look", "does it, and mails it to me");
  auto before = pins.version();
  EXPECT_EQ(pins.observe("desk", changed), Pins::Standing::quarantined);
  EXPECT_GT(pins.version(), before);
  EXPECT_EQ(pins.observe("desk", changed), Pins::Standing::quarantined);
  ASSERT_EQ(store.recorded.size(), 2U) << "seen again is not news";
  EXPECT_FALSE(store.recorded[1].accepted);
  ASSERT_EQ(pins.quarantined().size(), 1U);

  EXPECT_FALSE(pins.accept("desk", "look", "some other digest"));
  EXPECT_TRUE(pins.accept("desk", "look", changed.digest));
  EXPECT_EQ(pins.observe("desk", changed), Pins::Standing::accepted);
  EXPECT_TRUE(pins.quarantined().empty());
  EXPECT_EQ(pins.observe("desk", tool("look")), Pins::Standing::quarantined)
      << "what was accepted before is not accepted now";
}

TEST(Pins, TheAcceptedDefinitionMayComeBack) {
  FakePinStore store;
  Pins pins({}, store);
  pins.observe("desk", tool("look"));
  pins.observe("desk", tool("look", "changed"));
  EXPECT_EQ(pins.observe("desk", tool("look")), Pins::Standing::accepted);
  EXPECT_TRUE(pins.quarantined().empty());
  ASSERT_EQ(store.recorded.size(), 3U);
  EXPECT_TRUE(store.recorded[2].accepted);
}

TEST(Pins, WhatWasKnownAtTheStartCounts) {
  FakePinStore store;
  Pins pins({{.upstream = "desk", .tool = "look", .digest = "an older digest", .definition = "{}"}}, store);
  EXPECT_EQ(pins.observe("desk", tool("look")), Pins::Standing::quarantined);
}

}  // namespace
}  // namespace bw::gateway
