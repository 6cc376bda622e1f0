// SPDX-License-Identifier: Apache-2.0
// What the head's grammar refuses is in tests/cases/http, run against a real server; here are the parts and the limits.
#include "http/head.h"

#include <gtest/gtest.h>

#include <string>

namespace bw::http {
namespace {

constexpr HeadLimits kLimits{32U << 10, 100, 8U << 10};

std::expected<RequestHead, Refusal> parse(std::string_view text, HeadLimits limits = kLimits) {
  HeadScanner scanner;
  auto size = scanner.scan(text, limits.bytes_max);
  if (!size) return std::unexpected(size.error());
  EXPECT_TRUE(*size);
  return parse_request_head(text.substr(0, **size), limits);
}

std::string request_with(std::size_t headers) {
  std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (std::size_t i = 1; i < headers; ++i) text += "X: y\r\n";
  return text + "\r\n";
}

TEST(Head, KeepsWhatWasSent) {
  auto head = parse(
      "POST /mcp/desk?x=%31&y HTTP/1.1\r\nHost: gw:7070\r\nX-Two: a\r\nx-two:\t b \r\nContent-Length: 3\r\n\r\nabc");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->request.method, "POST");
  EXPECT_EQ(head->request.path(), "/mcp/desk");
  EXPECT_EQ(head->request.query(), "x=%31&y");
  EXPECT_EQ(head->request.headers.count("X-TWO"), 2U);
  EXPECT_EQ(head->request.headers[2].value, "b");
  EXPECT_EQ(head->framing.kind, Framing::Kind::length);
  EXPECT_EQ(head->framing.length, 3U);
  EXPECT_TRUE(head->keep_alive);
}

TEST(Head, AbsoluteFormBecomesOriginForm) {
  EXPECT_EQ(parse("GET http://GW?q HTTP/1.1\r\nHost: gw\r\n\r\n")->request.target, "/?q");
  EXPECT_EQ(parse("GET https://gw/a HTTP/1.1\r\nHost: gw\r\n\r\n")->request.target, "/a");
}

TEST(Head, ConnectionTokensDecideWhetherItStaysOpen) {
  auto stays = [](std::string_view version, std::string_view connection) {
    return parse(std::string("GET / ") + std::string(version) +
                 "\r\nHost: a\r\nConnection: " + std::string(connection) + "\r\n\r\n")
        ->keep_alive;
  };
  EXPECT_TRUE(stays("HTTP/1.1", "keep-alive"));
  EXPECT_TRUE(stays("HTTP/1.1", ""));
  EXPECT_FALSE(stays("HTTP/1.1", "foo , CLOSE"));
  EXPECT_TRUE(stays("HTTP/1.1", "closed"));
  EXPECT_FALSE(stays("HTTP/1.0", "keep-alive"));
}

TEST(Head, HeaderCountHasALimit) {
  EXPECT_TRUE(parse(request_with(100)));
  EXPECT_EQ(parse(request_with(101)).error().status, 431);
}

TEST(Head, HeadSizeHasALimit) {
  auto of_size = [](std::size_t bytes) {
    std::string text = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    return text + std::string(bytes - text.size() - 4, 'y') + "\r\n\r\n";
  };
  EXPECT_TRUE(parse(of_size(32U << 10)));
  EXPECT_EQ(parse(of_size((32U << 10) + 1)).error().status, 431);
}

TEST(Head, ScannerRefusesALongHeadBeforeItsEnd) {
  HeadScanner scanner;
  std::string text(99, 'X');
  EXPECT_TRUE(scanner.scan(text, 100));
  text += 'X';
  EXPECT_EQ(scanner.scan(text, 100).error().status, 431);
}

TEST(Head, TargetSizeHasALimit) {
  auto of_size = [](std::size_t bytes) {
    return "GET /" + std::string(bytes - 1, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  EXPECT_TRUE(parse(of_size(8U << 10)));
  EXPECT_EQ(parse(of_size((8U << 10) + 1)).error().status, 414);
}

TEST(Head, ScannerFindsTheEndHoweverTheBytesArrive) {
  std::string text = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  std::string with_more = text + "GET";
  HeadScanner scanner;
  for (std::size_t n = 0; n < text.size(); ++n) {
    auto size = scanner.scan(std::string_view(with_more).substr(0, n), 100);
    ASSERT_TRUE(size);
    EXPECT_FALSE(*size) << n;
  }
  EXPECT_EQ(scanner.scan(with_more, 100).value(), text.size());
}

TEST(ResponseHead, FramingFollowsStatusMethodAndHeaders) {
  using Kind = Framing::Kind;
  struct Case {
    std::string_view text;
    bool to_head;
    Kind want;
  };
  for (Case c : {Case{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", false, Kind::length},
                 {"HTTP/1.1 200\r\n\r\n", false, Kind::until_close},
                 {"HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n", false, Kind::chunked},
                 {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", true, Kind::none},
                 {"HTTP/1.1 204 No Content\r\n\r\n", false, Kind::none},
                 {"HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", false, Kind::none}}) {
    auto head = parse_response_head(c.text, kLimits, c.to_head);
    ASSERT_TRUE(head) << c.text;
    EXPECT_EQ(head->framing.kind, c.want) << c.text;
  }
}

TEST(ResponseHead, RefusesWhatTwoReadersCouldFrameDifferently) {
  for (std::string_view bad :
       {"HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "ICY 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
        "\r\n"}) {
    EXPECT_FALSE(parse_response_head(bad, kLimits, false)) << bad;
  }
}

}  // namespace
}  // namespace bw::http
