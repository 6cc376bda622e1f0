// SPDX-License-Identifier: Apache-2.0
#include "cel/network.h"

#include <gtest/gtest.h>

#include "cel/compile.h"
#include "cel/from_json.h"
#include "cel/to_json.h"

namespace bw::cel {
namespace {

TEST(Network, ReadsAndWritesJson) {
  auto document = json::Document::parse(R"(["10.1.2.3", "2001:db8::/32", "nowhere"])").value();
  Arena arena;
  Value ip = from_json(document.root().at(0), Type::ip(), "a", arena);
  Value cidr = from_json(document.root().at(1), Type::cidr(), "b", arena);
  EXPECT_EQ(render(ip), "ip(\"10.1.2.3\")");
  EXPECT_EQ(to_json(ip).value(), "\"10.1.2.3\"");
  EXPECT_EQ(render(cidr), "cidr(\"2001:db8::/32\")");
  EXPECT_EQ(to_json(cidr).value(), "\"2001:db8::/32\"");
  EXPECT_EQ(render(from_json(document.root().at(2), Type::ip(), "c", arena)),
            "error(c: expected net.IP, found no IP address)");
}

TEST(Network, SaysWhatAnAddressLooksLike) {
  Environment environment;
  auto compiled = compile("ip('10.0.0.0/8')", environment);
  ASSERT_TRUE(compiled.program);
  ASSERT_EQ(compiled.diagnostics.size(), 1U);
  EXPECT_EQ(
      compiled.diagnostics[0].message,
      "this always fails: \"10.0.0.0/8\" is no IP address, such as \"10.0.0.1\" or \"2001:db8::1\" (without zone, "
      "and not an IPv4 address written as IPv6)");
}

}  // namespace
}  // namespace bw::cel
