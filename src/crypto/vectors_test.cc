// SPDX-License-Identifier: Apache-2.0
// Signatures that others wrote (tests/vectors): which of them are accepted is a property that must not change by itself.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "base/text.h"
#include "crypto/ed25519.h"

namespace bw::crypto {
namespace {

// One vector a line, flat: enough of JSON for these files, because the room of documents is not below this one.
std::vector<std::string> read_lines(const std::string& name) {
  std::ifstream file(std::string(BW_SOURCE_DIR "/tests/vectors/ed25519/") + name);
  std::vector<std::string> out;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('{')) out.push_back(line);
  }
  return out;
}

std::string member(const std::string& line, const std::string& name) {
  auto at = line.find("\"" + name + "\": \"");
  if (at == std::string::npos) return "";
  at += name.size() + 5;
  return line.substr(at, line.find('"', at) - at);
}

bool accepts(const std::string& line) {
  auto key = VerifyKey::from_bytes(from_hex(member(line, "key")).value());
  return key && key->verify(from_hex(member(line, "message")).value(), from_hex(member(line, "signature")).value());
}

TEST(Vectors, Wycheproof) {
  auto lines = read_lines("wycheproof.json");
  ASSERT_EQ(lines.size(), 151U);
  for (const auto& line : lines) EXPECT_EQ(accepts(line), line.contains("\"good\": true")) << line;
}

// Which rule is ours (OpenSSL's): the equation without the cofactor, R compared as bytes, A decoded leniently.
TEST(Vectors, EdgeCasesOfCctv) {
  auto lines = read_lines("cctv.json");
  ASSERT_EQ(lines.size(), 914U);
  int good = 0;
  for (const auto& line : lines) {
    bool accepted = accepts(line);
    good += accepted ? 1 : 0;
    bool want = !line.contains("low_order_residue") && !line.contains("non_canonical_R");
    EXPECT_EQ(accepted, want) << line;
  }
  EXPECT_EQ(good, 208);
}

}  // namespace
}  // namespace bw::crypto
