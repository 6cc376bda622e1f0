// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/text.h"
#include "identity/agents.h"
#include "identity/operator_token.h"
#include "registry/load.h"

namespace bw::identity {
namespace {

const Claims claims{"tok_1", "desk-agent", "refund-desk", "production", 1'800'000'000'000, 1'800'003'600'000};

TEST(Token, RoundTrips) {
  auto key = crypto::SigningKey::generate();
  auto read = verify_token(key.verify_key(), sign_token(key, claims));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->agent, "desk-agent");
  EXPECT_EQ(read->environment, "production");
  EXPECT_EQ(read->expires_at_ms, claims.expires_at_ms);
}

TEST(Token, RefusesWhatIsNotExactlyOurs) {
  auto key = crypto::SigningKey::generate();
  auto other = crypto::SigningKey::generate();
  std::string good = sign_token(key, claims);
  auto dot = good.find('.');
  auto none = to_base64url(R"({"alg":"none","typ":"JWT"})") + good.substr(dot, good.rfind('.') - dot + 1);
  auto hs256 = to_base64url(R"({"alg":"HS256","typ":"JWT"})") + good.substr(dot);
  std::string flipped = good;
  flipped[dot + 5] = flipped[dot + 5] == 'A' ? 'B' : 'A';
  for (const std::string& bad : {std::string(), std::string("x"), std::string(".."), none, hs256, flipped, good + "A",
                                 good.substr(0, good.size() - 2), sign_token(other, claims), good + ".x",
                                 "Bearer " + good, std::string(5000, 'a')}) {
    auto read = verify_token(key.verify_key(), bad);
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().code, Code::unauthenticated);
  }
}

TEST(Token, RefusesClaimsThatAreIncompleteOrAbsurd) {
  auto key = crypto::SigningKey::generate();
  Claims no_agent = claims, backwards = claims;
  no_agent.agent.clear();
  backwards.expires_at_ms = backwards.issued_at_ms - 1000;
  EXPECT_FALSE(verify_token(key.verify_key(), sign_token(key, no_agent)));
  EXPECT_FALSE(verify_token(key.verify_key(), sign_token(key, backwards)));
}

TEST(OperatorToken, IsMadeOnceAndKeptPrivate) {
  auto folder = std::filesystem::temp_directory_path() / ("bw_operator_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  auto made = load_or_create_operator_token(folder);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(load_or_create_operator_token(folder).value(), *made);
  EXPECT_EQ(load_operator_token(folder).value(), *made);
  ::chmod((folder / "operator.token").c_str(), 0644);
  EXPECT_EQ(load_operator_token(folder).error().code, Code::permission_denied);
  std::filesystem::remove_all(folder);
  EXPECT_EQ(load_operator_token(folder).error().code, Code::not_found);
}

}  // namespace
}  // namespace bw::identity
