// SPDX-License-Identifier: Apache-2.0
#include "http/body.h"

#include <gtest/gtest.h>

namespace bw::http {
namespace {

constexpr Framing kChunked{Framing::Kind::chunked, 0};

struct Outcome {
  int status = 0;  // 0: no refusal
  std::string body;
  std::size_t used = 0;
  bool done = false;
};

Outcome decode(Framing framing, std::string_view bytes, std::size_t bytes_max = 1U << 20) {
  BodyDecoder decoder(framing, bytes_max);
  Outcome outcome;
  auto used = decoder.feed(bytes, outcome.body);
  outcome.status = used ? 0 : used.error().status;
  outcome.used = used.value_or(0);
  outcome.done = decoder.done();
  return outcome;
}

// Every split of the input into two, and byte by byte: the same body.
void expect_same_in_pieces(std::string_view bytes, std::string_view want) {
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    BodyDecoder decoder(kChunked, 1U << 20);
    std::string body, kept;
    for (auto piece : {bytes.substr(0, cut), bytes.substr(cut)}) {
      kept += piece;
      auto used = decoder.feed(kept, body);
      ASSERT_TRUE(used) << cut;
      kept.erase(0, *used);
    }
    EXPECT_TRUE(decoder.done()) << cut;
    EXPECT_EQ(body, want) << cut;
  }
}

TEST(Body, ALengthTakesExactlyItsBytes) {
  auto outcome = decode({Framing::Kind::length, 3}, "abcGET /");
  EXPECT_TRUE(outcome.done);
  EXPECT_EQ(outcome.body, "abc");
  EXPECT_EQ(outcome.used, 3U);
}

TEST(Body, ChunksJoin) {
  auto outcome = decode(kChunked, "3\r\nabc\r\nA;x=\"y\"\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\nGET");
  EXPECT_TRUE(outcome.done);
  EXPECT_EQ(outcome.body, "abc0123456789");
  expect_same_in_pieces("3\r\nabc\r\n00a\r\n0123456789\r\n0\r\nA: b\r\n\r\n", "abc0123456789");
}

TEST(Body, RefusesMalformedChunks) {
  for (std::string_view bad : {"0x3\r\nabc\r\n",
                               "+3\r\nabc\r\n",
                               "3_0\r\n",
                               " 3\r\nabc\r\n",
                               "3 \r\nabc\r\n",
                               "3 ;x\r\nabc\r\n",
                               "-1\r\n",
                               "\r\n",
                               "g\r\n",
                               "3\nabc\r\n",
                               "3\r\nabcd\r\n",
                               "3\r\nabc\n",
                               "3\r\nabc\rX",
                               "3;a\rb\r\nabc\r\n",
                               "3;a\nb\r\n",
                               "3\r\r\nabc",
                               "123456789\r\n",
                               "fffffffffffffffff\r\n",
                               "0\r\nA : b\r\n\r\n",
                               "0\r\n folded\r\n\r\n",
                               "0\r\nno colon\r\n\r\n",
                               "0\r\n\n",
                               "0\r\nA: b\n\r\n",
                               ";x\r\n",
                               "3;\x01\r\nabc\r\n"}) {
    EXPECT_EQ(decode(kChunked, bad).status, 400) << bad;
  }
}

TEST(Body, SizeHasALimit) {
  EXPECT_EQ(decode({Framing::Kind::length, 10}, "0123456789", 10).status, 0);
  EXPECT_EQ(decode({Framing::Kind::length, 11}, "0", 10).status, 413);
  EXPECT_EQ(decode(kChunked, "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n", 10).status, 0);
  EXPECT_EQ(decode(kChunked, "5\r\n01234\r\n6\r\n", 10).status, 413);
  EXPECT_EQ(decode({Framing::Kind::until_close, 0}, "0123456789", 10).status, 0);
  EXPECT_EQ(decode({Framing::Kind::until_close, 0}, "0123456789a", 10).status, 413);
}

TEST(Body, ChunkHeadersAndTrailersHaveLimits) {
  auto line = [](std::size_t bytes) { return "1;" + std::string(bytes - 4, 'x') + "\r\n"; };
  EXPECT_EQ(decode(kChunked, line(kChunkLineBytesMax)).status, 0);
  EXPECT_EQ(decode(kChunked, line(kChunkLineBytesMax + 1)).status, 400);
  EXPECT_EQ(decode(kChunked, std::string(kChunkLineBytesMax, '0')).status, 400);
  auto trailers = [](std::size_t bytes) { return "0\r\na: " + std::string(bytes - 7, 'x') + "\r\n\r\n"; };
  EXPECT_TRUE(decode(kChunked, trailers(kTrailerBytesMax)).done);
  EXPECT_EQ(decode(kChunked, trailers(kTrailerBytesMax + 1)).status, 400);
}

TEST(Body, OnlyABodyUntilCloseIsWholeAtTheEnd) {
  EXPECT_TRUE(BodyDecoder({Framing::Kind::until_close, 0}, 10).end());
  EXPECT_FALSE(BodyDecoder({Framing::Kind::length, 1}, 10).end());
  EXPECT_FALSE(BodyDecoder(kChunked, 10).end());
  EXPECT_TRUE(BodyDecoder({Framing::Kind::length, 0}, 10).end());
}

}  // namespace
}  // namespace bw::http
