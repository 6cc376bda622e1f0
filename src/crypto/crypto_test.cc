// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <thread>

#include "base/id.h"
#include "base/text.h"
#include "crypto/ed25519.h"
#include "crypto/hash.h"
#include "crypto/random.h"

namespace bw::crypto {
namespace {

std::string unhex(std::string_view text) { return from_hex(text).value(); }

TEST(Hash, MatchesFips180Vectors) {
  EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Hash, PartsAndPiecesEqualTheWhole) {
  EXPECT_EQ(sha256({"a", "", "bc"}), sha256("abc"));
  EXPECT_EQ(view(digest({"a", "bc"})), sha256("abc"));
  EXPECT_EQ(view(digest("abc")), sha256("abc"));
  Sha256 pieces;
  pieces.add("ab");
  pieces.add("c");
  EXPECT_EQ(pieces.finish(), sha256("abc"));
  EXPECT_EQ(pieces.finish(), sha256(""));  // starts anew
  Sha256 moved = std::move(pieces);
  moved.add("abc");
  EXPECT_EQ(moved.finish(), sha256("abc"));
}

TEST(Hash, ThreadsDoNotDisturbEachOther) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      std::string text(static_cast<std::size_t>(t), 'x');
      auto want = sha256(text);
      for (int i = 0; i < 2000; ++i) ASSERT_EQ(sha256(text), want);
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST(Hash, HmacMatchesRfc4231) {
  EXPECT_EQ(to_hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Hash, ConstantTimeEqualComparesLengthsToo) {
  EXPECT_TRUE(constant_time_equal("", ""));
  EXPECT_TRUE(constant_time_equal("secret", "secret"));
  EXPECT_FALSE(constant_time_equal("secret", "secreT"));
  EXPECT_FALSE(constant_time_equal("secret", "secrets"));
}

TEST(Random, BytesAndIdsDoNotRepeat) {
  std::set<std::string> seen;
  for (int i = 0; i < 5000; ++i) {
    EXPECT_TRUE(seen.insert(random_salt(16)).second);
    EXPECT_TRUE(seen.insert(random_bytes(16)).second);
    auto id = new_id("act", 1'800'000'000'000);
    EXPECT_TRUE(is_id("act", id));
    EXPECT_TRUE(seen.insert(id).second);
  }
  EXPECT_EQ(random_bytes(100'000).size(), 100'000U);
  EXPECT_EQ(random_bytes(0), "");
}

TEST(Random, ParentAndChildOfAForkDrawDifferentBytes) {
  random_salt(16);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  auto child = ::fork();
  if (child == 0) {
    auto salt = random_salt(16);
    ::_exit(::write(ends[1], salt.data(), salt.size()) == 16 ? 0 : 1);
  }
  auto mine = random_salt(16);
  std::string theirs(16, '\0');
  ASSERT_EQ(::read(ends[0], theirs.data(), 16), 16);
  ::waitpid(child, nullptr, 0);
  ::close(ends[0]);
  ::close(ends[1]);
  EXPECT_NE(mine, theirs);
}

TEST(Ed25519, MatchesRfc8032Vectors) {
  struct Case {
    std::string_view seed, key, message, signature;
  };
  for (Case c : {Case{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
                      "d25bf5f0595bbe24655141438e7a100b"},
                 Case{"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
                      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
                      "4a7c15e9716ed28dc027beceea1ec40a"}}) {
    auto key = SigningKey::from_seed(unhex(c.seed)).value();
    EXPECT_EQ(to_hex(key.verify_key().bytes()), c.key);
    EXPECT_EQ(to_hex(key.sign(unhex(c.message))), c.signature);
    EXPECT_TRUE(key.verify_key().verify(unhex(c.message), unhex(c.signature)));
  }
}

TEST(Ed25519, RefusesAnyChangedBit) {
  auto key = SigningKey::generate();
  auto verify = key.verify_key();
  std::string message = "message";
  auto signature = key.sign(message);
  EXPECT_TRUE(verify.verify(message, signature));
  for (std::size_t i = 0; i < signature.size() * 8; ++i) {
    auto changed = signature;
    changed[i / 8] = static_cast<char>(changed[i / 8] ^ (1 << (i % 8)));
    EXPECT_FALSE(verify.verify(message, changed)) << "bit " << i;
  }
  EXPECT_FALSE(verify.verify("messagf", signature));
  EXPECT_FALSE(verify.verify(message, signature.substr(1)));
  EXPECT_FALSE(verify.verify(message, ""));
  EXPECT_FALSE(SigningKey::generate().verify_key().verify(message, signature));
}

TEST(Ed25519, KeysSurviveEveryForm) {
  auto key = SigningKey::generate();
  auto signature = key.sign("m");
  EXPECT_EQ(SigningKey::from_seed(key.seed())->sign("m"), signature);
  EXPECT_EQ(SigningKey::from_pem(key.pem())->sign("m"), signature);
  EXPECT_TRUE(VerifyKey::from_pem(key.verify_key().pem())->verify("m", signature));
  EXPECT_FALSE(SigningKey::from_pem("nonsense").has_value());
  EXPECT_FALSE(SigningKey::from_seed("short").has_value());
  EXPECT_FALSE(VerifyKey::from_bytes("short").has_value());
}

TEST(Ed25519, KeyFilesArePrivateAndNeverOverwritten) {
  auto path = testing::TempDir() + "bw_key_" + std::to_string(::getpid());
  auto key = SigningKey::generate();
  ASSERT_TRUE(save_signing_key(path, key).has_value());
  EXPECT_EQ(load_signing_key(path)->seed(), key.seed());
  EXPECT_EQ(save_signing_key(path, SigningKey::generate()).error().code, Code::already_exists);
  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
  EXPECT_EQ(load_signing_key(path).error().code, Code::failed_precondition);
  ::unlink(path.c_str());
  EXPECT_EQ(load_signing_key(path).error().code, Code::not_found);
}

}  // namespace
}  // namespace bw::crypto
