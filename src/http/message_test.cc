// SPDX-License-Identifier: Apache-2.0
#include "http/message.h"

#include <gtest/gtest.h>

#include "http/url.h"
#include "http/wire.h"

namespace bw::http {
namespace {

TEST(Headers, CompareNamesWithoutCaseAndShowDuplicates) {
  Headers headers{{"Accept", "a"}, {"X-Id", "1"}, {"accept", "b"}};
  EXPECT_EQ(headers.find("ACCEPT"), "a");
  EXPECT_EQ(headers.count("Accept"), 2U);
  EXPECT_FALSE(headers.find("Accep"));
  headers.set("accept", "c");
  EXPECT_EQ(headers.count("Accept"), 1U);
  EXPECT_EQ(headers.find("Accept"), "c");
  EXPECT_EQ(headers.find("x-id"), "1");
  headers.remove("X-ID");
  EXPECT_EQ(headers.size(), 1U);
}

TEST(Headers, TokensAreFoundAmongLists) {
  Headers headers{{"Connection", "foo, Upgrade"}, {"connection", "close"}};
  EXPECT_TRUE(headers.has_token("connection", "upgrade"));
  EXPECT_TRUE(headers.has_token("connection", "CLOSE"));
  EXPECT_FALSE(headers.has_token("connection", "clos"));
}

TEST(Message, PercentDecodingIsStrict) {
  EXPECT_EQ(percent_decode("a%2Fb%20"), "a/b ");
  for (auto bad : {"%", "%2", "%2g", "a%00"}) EXPECT_FALSE(percent_decode(bad)) << bad;
  EXPECT_EQ(percent_encode("a/b ~\xC3"), "a%2Fb%20~%C3");
}

TEST(Message, QueryValuesAreDecoded) {
  EXPECT_EQ(query_value("a=1&b=x+%26y&b=2", "b"), "x &y");
  EXPECT_EQ(query_value("a", "a"), "");
  EXPECT_FALSE(query_value("a=1", "b"));
  EXPECT_FALSE(query_value("a=%zz", "a"));
}

TEST(Message, ErrorTextIsValidJson) {
  EXPECT_EQ(error_response(400, "a \"b\" \\ \n").body, R"({"error":"a \"b\" \\ \u000a"})");
}

TEST(Wire, AnAnswerCannotBeSplitByItsHeaders) {
  std::string out;
  Headers headers{
      {"X-Rule", "a\r\nSet-Cookie: b"}, {"Bad Name", "x"}, {"Content-Length", "99"}, {"Connection", "upgrade"}};
  append_response_head(out, 200, headers, BodyForm::length, 2, false, "");
  EXPECT_EQ(out, "HTTP/1.1 200 OK\r\nX-Rule: a  Set-Cookie: b\r\nconnection: close\r\ncontent-length: 2\r\n\r\n");
}

TEST(Wire, ARequestThatCannotBeSentAsItIsFails) {
  std::string out;
  EXPECT_FALSE(append_request_head(out, "GET", "/", "h", Headers{{"A", "b\r\nC: d"}}, 0));
  EXPECT_FALSE(append_request_head(out, "G T", "/", "h", {}, 0));
  out.clear();
  EXPECT_TRUE(append_request_head(out, "POST", "/x", "h:1", Headers{{"Host", "evil"}, {"A", "b"}}, 0));
  EXPECT_EQ(out, "POST /x HTTP/1.1\r\nhost: h:1\r\nA: b\r\ncontent-length: 0\r\n\r\n");
}

TEST(Url, IsTakenApart) {
  auto url = parse_url("HTTPS://Desk.Example:8443/mcp?x=1");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->origin(), "https://desk.example:8443");
  EXPECT_EQ(url->authority(), "desk.example:8443");
  EXPECT_EQ(url->target, "/mcp?x=1");
  EXPECT_EQ(parse_url("http://[::1]:80?q")->authority(), "[::1]");
  EXPECT_EQ(parse_url("http://[::1]:80?q")->target, "/?q");
  EXPECT_EQ(parse_url("http://a")->target, "/");
}

TEST(Url, RefusesWhatReadersSplitDifferently) {
  for (auto bad : {"",
                   "a",
                   "ftp://a/",
                   "http:/a",
                   "http://",
                   "http:///x",
                   "http://u@a/",
                   "http://a:b@c/",
                   "http://a\\@b/",
                   "http://a b/",
                   "http://a/#f",
                   "http://a:0/",
                   "http://a:65536/",
                   "http://a:1x/",
                   "http://a:/",
                   "http://[::1/",
                   "http://[::1]x/",
                   "http://[a]/",
                   "http://a/\r\nX: y",
                   "http://%31/",
                   "http://a;b/",
                   "file:///etc/passwd",
                   "javascript:alert(1)"}) {
    EXPECT_FALSE(parse_url(bad)) << bad;
  }
}

}  // namespace
}  // namespace bw::http
