// SPDX-License-Identifier: Apache-2.0
#include "http/sse.h"

#include <gtest/gtest.h>

namespace bw::http {
namespace {

std::string shown(const std::vector<SseEvent>& events) {
  std::string out;
  for (const auto& e : events) {
    out += "[" + e.event + "|" + e.data + "|" + e.id + (e.retry_ms ? "|" + std::to_string(*e.retry_ms) : "") + "]";
  }
  return out;
}

std::string parsed(std::string_view stream) {
  SseParser parser;
  std::vector<SseEvent> events;
  EXPECT_TRUE(parser.feed(stream, events));
  return shown(events);
}

TEST(Sse, FollowsTheStandard) {
  struct Case {
    std::string_view stream;
    std::string_view want;
  };
  using namespace std::string_view_literals;
  for (Case c : {Case{"data: a\n\n", "[|a|]"},
                 {"data:a\ndata: b\n\n", "[|a\nb|]"},
                 {"data: a\r\n\r\ndata: b\r\rdata: c\n\n", "[|a|][|b|][|c|]"},
                 {": comment\n\ndata: a\n\n", "[|a|]"},
                 {"event: add\ndata: 7\nid: 4\nretry: 500\n\n", "[add|7|4|500]"},
                 {"id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n", "[|a|1][|b|1][|c|]"},  // an id lasts until the next
                 {"event: x\n\ndata: a\n\n", "[|a|]"},  // no data: not dispatched, type forgotten
                 {"data\n\n", "[||]"},                  // an empty line of data is data
                 {"data:  a\n\n", "[| a|]"},            // one space belongs to the syntax
                 {"\xEF\xBB\xBF"
                  "data: a\n\n",
                  "[|a|]"},
                 {"data: a\n\n\xEF\xBB\xBF"
                  "data: b\n\n",
                  "[|a|]"},
                 {"retry: -1\nretry: 1x\nretry:\ndata: a\n\n", "[|a|]"},
                 {"id: a\0b\ndata: a\n\n"sv, "[|a|]"},
                 {"unknown: x\nDATA: x\ndata: a\n\n", "[|a|]"},
                 {"data: a\n", ""},  // unfinished
                 {"", ""}}) {
    EXPECT_EQ(parsed(c.stream), c.want) << c.stream;
  }
}

TEST(Sse, PiecesDoNotMatter) {
  std::string_view stream =
      "\xEF\xBB\xBF"
      ":x\r\nid: 9\r\nevent: e\r\ndata: one\rdata: two\n\r\ndata: 3\n\n";
  auto whole = parsed(stream);
  EXPECT_EQ(whole, "[e|one\ntwo|9][|3|9]");
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    SseParser parser;
    std::vector<SseEvent> events;
    ASSERT_TRUE(parser.feed(stream.substr(0, cut), events));
    ASSERT_TRUE(parser.feed(stream.substr(cut), events));
    EXPECT_EQ(shown(events), whole) << cut;
  }
}

TEST(Sse, RemembersWhatToReconnectWith) {
  SseParser parser;
  std::vector<SseEvent> events;
  ASSERT_TRUE(parser.feed("id: 5\nretry: 250\n\n", events));
  EXPECT_TRUE(events.empty());
  EXPECT_EQ(parser.last_id(), "5");
  EXPECT_EQ(parser.retry_ms(), 250);
}

TEST(Sse, EventSizeHasALimit) {
  std::vector<SseEvent> events;
  SseParser at(100);
  EXPECT_TRUE(at.feed("data: " + std::string(94, 'x') + "\n\n", events));
  SseParser above(100);
  EXPECT_EQ(above.feed("data: " + std::string(95, 'x'), events).error().code, Code::resource_exhausted);
  EXPECT_FALSE(above.feed("\n\n", events));
  SseParser lines(100);
  Status last;
  for (int i = 0; i < 100 && last; ++i) last = lines.feed("data: 12345\n", events);
  EXPECT_FALSE(last);
}

TEST(Sse, FormattedEventsComeBack) {
  for (SseEvent event : {SseEvent{"", "a", "", {}}, {"e", "a\nb\n", "7", 10}, {"", "", "", {}}, {"", "\n\n", "", {}}}) {
    EXPECT_EQ(parsed(format_sse(event)), shown({event}));
  }
  EXPECT_EQ(parsed(format_sse({"", "a\r\nb\rc", "", {}})), "[|a\nb\nc|]");
  EXPECT_EQ(format_sse({"e\ndata: forged", "a", "1\n2", {}}),
            "id: 1\nevent: e\ndata: a\n\n");  // no line is smuggled in
}

}  // namespace
}  // namespace bw::http
