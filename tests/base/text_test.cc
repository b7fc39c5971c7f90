#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/did_you_mean.h"
#include "base/properties.h"

namespace leat {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<Property> parsed(std::string_view text) { return parse_properties(text).value(); }

TEST(Properties, TakesEverySeparator) {
  EXPECT_THAT(parsed("a=1\nb: 2\nc 3\nd\t=  4 \ne\n=f\n"),
              ElementsAre(Property{"a", "1", 1}, Property{"b", "2", 2}, Property{"c", "3", 3}, Property{"d", "4 ", 4},
                          Property{"e", "", 5}, Property{"", "f", 6}));
}

TEST(Properties, SkipsCommentsAndBlankLinesAndCountsThem) {
  EXPECT_THAT(parsed("# one\r\n\r\n  ! two\r\n  key = value # no comment\r\n"),
              ElementsAre(Property{"key", "value # no comment", 4}));
}

TEST(Properties, JoinsContinuedLinesWithoutTheirIndentation) {
  EXPECT_THAT(parsed("fruits = apple, \\\n    banana\nnext=\\\\\nlast=1\\"),
              ElementsAre(Property{"fruits", "apple, banana", 1}, Property{"next", "\\", 3}, Property{"last", "1", 4}));
}

TEST(Properties, ResolvesEscapes) {
  EXPECT_THAT(parsed("a\\ b\\=c = \\t\\n\\q\\u00e9\\u20ac\\ud83d\\ude00"),
              ElementsAre(Property{"a b=c", "\t\nq\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 1}));
}

TEST(Properties, NamesTheLineOfABrokenEscape) {
  const auto result = parse_properties("a=1\nb=\\u12x4\n");
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error().message, HasSubstr("line 2"));
}

TEST(DidYouMean, FindsTheNearestNameOrNone) {
  const std::string_view names[] = {"application.id", "bootstrap.servers", "commit.interval.ms"};
  EXPECT_EQ(did_you_mean("bootstrap.server", names), " Did you mean 'bootstrap.servers'?");
  EXPECT_EQ(did_you_mean("Commit.Intervall.ms", names), " Did you mean 'commit.interval.ms'?");
  EXPECT_EQ(did_you_mean("linger", names), "");
}

TEST(DidYouMean, CountsASwapOfNeighboursAsOneEdit) {
  EXPECT_EQ(edit_distance("acks", "akcs"), 1u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

}  // namespace
}  // namespace leat
