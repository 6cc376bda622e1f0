// SPDX-License-Identifier: Apache-2.0
#include "crypto/seal.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace bw::crypto {
namespace {

// The Galois/Counter Mode of Operation (McGrew and Viega), appendix B, test cases 13 to 16: AES-256.
TEST(Seal, MatchesTheGcmVectors) {
  Sealer sealer;
  sealer.use(std::string(32, '\0'));
  EXPECT_EQ(to_hex(sealer.seal(numbered(0), "", "")), "530f8afbc74536b9a963b4f1c4cb738b");
  EXPECT_EQ(to_hex(sealer.seal(numbered(0), "", std::string(16, '\0'))),
            "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
  sealer.use(from_hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308").value());
  auto plain = from_hex(
                   "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
                   "b16aedf5aa0de657ba637b39")
                   .value();
  auto bound = from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2").value();
  Nonce nonce{'\xca', '\xfe', '\xba', '\xbe', '\xfa', '\xce', '\xdb', '\xad', '\xde', '\xca', '\xf8', '\x88'};
  EXPECT_EQ(to_hex(sealer.seal(nonce, bound, plain)),
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
            "c5f61e6393ba7a0abcc9f662"
            "76fc6ece0f4e1768cddf8853bb2d551b");
}

TEST(Seal, OpensWhatItSealedAndNothingElse) {
  auto key = fresh_key();
  EXPECT_NE(fresh_key(), key);
  Sealer sealer;
  sealer.use(key);
  std::string plain = "40 dollars to order 17";
  auto sealed = sealer.seal(numbered(3), "entry 9", plain);
  EXPECT_EQ(sealed.size(), plain.size() + tag_bytes);
  EXPECT_EQ(unseal(key, numbered(3), "entry 9", sealed).value(), plain);
  EXPECT_EQ(unseal(key, numbered(4), "entry 9", sealed).error().code, Code::data_loss);
  EXPECT_EQ(unseal(key, numbered(3), "entry 8", sealed).error().code, Code::data_loss);
  EXPECT_EQ(unseal(fresh_key(), numbered(3), "entry 9", sealed).error().code, Code::data_loss);
  EXPECT_EQ(unseal(key, numbered(3), "entry 9", sealed.substr(0, 15)).error().code, Code::data_loss);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(unseal(key, numbered(3), "entry 9", changed).has_value()) << i;
  }
  EXPECT_EQ(unseal(key, numbered(3), "entry 9", sealed).value(), plain);  // after failures too
}

TEST(Seal, UnwrapsOnlyWhatItWrapped) {
  auto master = fresh_key(), key = fresh_key();
  Sealer sealer;
  sealer.use(master);
  auto wrapped = sealer.wrap(key, "entry 9");
  EXPECT_EQ(wrapped.size(), wrapped_bytes);
  EXPECT_NE(sealer.wrap(key, "entry 9"), wrapped);
  EXPECT_EQ(unwrap(master, "entry 9", wrapped).value(), key);
  for (std::size_t i = 0; i < wrapped.size(); ++i) {
    auto changed = wrapped;
    changed[i] = static_cast<char>(changed[i] ^ 128);
    EXPECT_EQ(unwrap(master, "entry 9", changed).error().code, Code::data_loss) << i;
  }
  EXPECT_EQ(unwrap(master, "entry 8", wrapped).error().code, Code::data_loss);
  EXPECT_EQ(unwrap(fresh_key(), "entry 9", wrapped).error().code, Code::data_loss);
  EXPECT_EQ(unwrap(master, "entry 9", "").error().code, Code::data_loss);
}

}  // namespace
}  // namespace bw::crypto
