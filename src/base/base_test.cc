// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/diagnostic.h"
#include "base/id.h"
#include "base/markup.h"
#include "base/text.h"

namespace bw {
namespace {

TEST(Text, Base64UrlRoundTripsEveryLengthAndRefusesSpareBits) {
  std::string bytes;
  for (int i = 0; i < 70; ++i) {
    EXPECT_EQ(from_base64url(to_base64url(bytes)).value(), bytes);
    bytes += static_cast<char>(i * 37);
  }
  EXPECT_EQ(to_base64url("\xfb\xff"), "-_8");
  EXPECT_FALSE(from_base64url("-_9"));   // spare bits set
  EXPECT_FALSE(from_base64url("A"));     // no whole byte
  EXPECT_FALSE(from_base64url("AA=="));  // padding
}

TEST(Text, MarkupIsEscapedInTextAndInAttributes) {
  EXPECT_EQ(escape_markup(R"(<a href="x" title='y'>&amp;)"), "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;");
  EXPECT_EQ(escape_markup("one\n\ttwo\x01\x1b\r"), "one&#10;&#9;two\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(escape_markup("grün \xF0\x9F\x9A\x80 \x7f"), "grün \xF0\x9F\x9A\x80 \x7f");
}

TEST(Text, Base64RoundTripsEveryLengthAndHasOneSpelling) {
  std::string bytes;
  for (int i = 0; i < 70; ++i) {
    EXPECT_EQ(from_base64(to_base64(bytes)).value(), bytes);
    bytes += static_cast<char>(i * 37);
  }
  EXPECT_EQ(to_base64("\xfb\xff"), "+/8=");
  for (auto wrong : {"+/8", "+/9=", "-_8=", "AA=A", "A===", "AAAA====", "AAAA=", "====", "+/8=\n"}) {
    EXPECT_FALSE(from_base64(wrong)) << wrong;
  }
}

TEST(Text, GlobStarsMatchAnyRun) {
  struct Case {
    std::string_view pattern, text;
    bool want;
  };
  for (Case c : {Case{"*", "", true},
                 {"desk/*", "desk/refund", true},
                 {"desk/*", "desk", false},
                 {"*a*b", "xaab", true},
                 {"*a*b", "xaac", false},
                 {"", "", true},
                 {"", "a", false},
                 {"a**", "a", true}}) {
    EXPECT_EQ(glob_match(c.pattern, c.text), c.want) << c.pattern << " on " << c.text;
  }
}

TEST(Text, SuggestsTheNearestName) {
  std::vector<std::string> names{"tier", "environment", "reversible"};
  EXPECT_EQ(suggest("teir", names), "did you mean `tier`?");
  EXPECT_EQ(suggest("zzz", names), "one of: tier, environment, reversible");
}

TEST(Text, PrintableShowsControlAndBidiCharacters) {
  EXPECT_EQ(printable("a\x1b[2Jb\n\xE2\x80\xAE"), "a\\x1b[2Jb\\n\\u202e");
}

TEST(Clock, TimesRoundTripAndNonsenseIsRefused) {
  EXPECT_EQ(format_time(1795232487123), "2026-11-21T03:41:27.123Z");
  EXPECT_EQ(parse_time("2026-11-21T03:41:27.123Z").value(), 1795232487123);
  EXPECT_EQ(parse_time("2026-11-21T03:41:27Z").value(), 1795232487000);
  for (auto bad : {"", "2026-11-21", "2026-02-30T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T03:41:27+01:00"}) {
    EXPECT_FALSE(parse_time(bad)) << bad;
  }
}

TEST(Clock, DurationsHaveOneUnitAndALimit) {
  EXPECT_EQ(parse_duration_ms("90s").value(), 90'000);
  EXPECT_EQ(parse_duration_ms("7d").value(), 604'800'000);
  for (auto bad : {"", "s", "-1s", "1", "1w", "1h30m", "99999d", "99999999999999999999s"})
    EXPECT_FALSE(parse_duration_ms(bad)) << bad;
  EXPECT_EQ(format_duration_ms(90'000), "90s");
  EXPECT_EQ(format_duration_ms(7'200'000), "2h");
}

TEST(Id, SortsByTimeAndIsRecognised) {
  std::string random(16, '\xff');
  auto early = make_id("act", 1'000, random), late = make_id("act", 1'001, std::string(16, '\0'));
  EXPECT_LT(early, late);
  EXPECT_TRUE(is_id("act", early));
  EXPECT_FALSE(is_id("run", early));
  EXPECT_FALSE(is_id("act", "act_"));
}

TEST(Id, TellsItsTime) {
  for (std::int64_t ms : {std::int64_t{0}, std::int64_t{1'800'000'000'123}, (std::int64_t{1} << 48) - 1})
    EXPECT_EQ(id_time_ms(make_id("act", ms, std::string(16, '\xff'))), ms);
  for (std::string_view text : {"", "act_", "act_1", "act", "act_uuuuuuuuuuuuuuuuuuuuuuuuuu"})
    EXPECT_EQ(id_time_ms(text), -1);
}

TEST(Diagnostic, ShowsTheLineAndACaret) {
  Diagnostic d{Severity::error, {"a.yaml", 2, 3, 4}, "unknown key `teir`", "did you mean `tier`?"};
  EXPECT_EQ(format(d, "kind: X\n  teir: read\n"),
            "a.yaml:2:3: error: unknown key `teir`\n    teir: read\n    ^^^^\n  did you mean `tier`?\n");
}

}  // namespace
}  // namespace bw
