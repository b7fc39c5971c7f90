// Regular expressions: RE2's syntax and refusals, in time that does not explode.
#include "base/regex.h"

#include <gtest/gtest.h>

#include <string>

namespace leat {
namespace {

bool matches(std::string_view pattern, std::string_view text) {
  const auto regex = Regex::compile(pattern);
  EXPECT_TRUE(regex.ok()) << pattern << ": " << (regex ? "" : regex.error().message);
  return regex && regex->matches(text);
}
std::string refused(std::string_view pattern) {
  const auto regex = Regex::compile(pattern);
  return regex ? "taken" : regex.error().message;
}

TEST(Regex, MatchesWholeNames) {
  EXPECT_TRUE(matches("orders", "orders"));
  EXPECT_FALSE(matches("orders", "orders2"));
  EXPECT_FALSE(matches("orders", "my-orders"));
  EXPECT_TRUE(matches(".*", ""));
  EXPECT_TRUE(matches("", ""));
  EXPECT_FALSE(matches("", "a"));
}

TEST(Regex, KnowsRepetitions) {
  EXPECT_TRUE(matches("a*", "aaa"));
  EXPECT_FALSE(matches("a+", ""));
  EXPECT_TRUE(matches("colou?r", "color"));
  EXPECT_TRUE(matches("a{2,3}?", "aaa"));
  EXPECT_FALSE(matches("a{2,3}", "aaaa"));
  EXPECT_TRUE(matches("a{2,}", "aaaa"));
  EXPECT_FALSE(matches("(ab){2}", "aba"));
  EXPECT_TRUE(matches("a{,2}", "a{,2}")) << "no counts: it stands for itself";
}

TEST(Regex, KnowsChoicesGroupsAndAnchors) {
  EXPECT_TRUE(matches("(orders|payments)-(?:eu|us)", "payments-us"));
  EXPECT_TRUE(matches("^(?P<what>orders)$", "orders"));
  EXPECT_TRUE(matches("a|b|", ""));
  EXPECT_FALSE(matches("a$b", "ab"));
  EXPECT_TRUE(matches("\\Aorders\\b-\\Beu\\z|x", "x"));
  EXPECT_TRUE(matches("orders\\b.*", "orders-eu"));
  EXPECT_FALSE(matches("orders\\B.*", "orders-eu"));
}

TEST(Regex, KnowsClassesAndEscapes) {
  EXPECT_TRUE(matches("[a-c]+[^0-9]", "abc-"));
  EXPECT_FALSE(matches("[a-c]+[^0-9]", "abc7"));
  EXPECT_TRUE(matches("\\d{4}\\.\\w+", "2024.x_1"));
  EXPECT_TRUE(matches("[]a-]+", "]-a"));
  EXPECT_TRUE(matches("[[:alpha:]\\d]+", "a1"));
  EXPECT_TRUE(matches("[^[:^digit:]]", "7"));
  EXPECT_TRUE(matches("\\Qa.b*\\E+c", "a.b***c"));
  EXPECT_FALSE(matches("\\Qa.b", "axb"));
  EXPECT_TRUE(matches("\\x41\\-", "A-"));
}

TEST(Regex, FoldsCaseWhereAsked) {
  EXPECT_TRUE(matches("(?i)orders", "ORDERS"));
  EXPECT_TRUE(matches("(?i:or)ders", "ORders"));
  EXPECT_FALSE(matches("(?i:or)ders", "ORDERS"));
  EXPECT_TRUE(matches("(?i)[a-c]+", "aBC"));
  EXPECT_FALSE(matches("((?i)a)b", "AB"));
}

TEST(Regex, RefusesInTheWordsOfRe2) {
  EXPECT_EQ(refused("[bad"), "missing closing ]");
  EXPECT_EQ(refused("(bad"), "missing closing )");
  EXPECT_EQ(refused("bad)"), "unexpected )");
  EXPECT_EQ(refused("(?=x)"), "invalid or unsupported Perl syntax");
  EXPECT_EQ(refused("(?<=x)"), "invalid or unsupported Perl syntax");
  EXPECT_EQ(refused("*a"), "missing argument to repetition operator: *");
  EXPECT_EQ(refused("a**"), "bad repetition operator: **");
  EXPECT_EQ(refused("a{1001}"), "invalid repetition size: {1001}");
  EXPECT_EQ(refused("(a)\\1"), "invalid escape sequence: \\1");
  EXPECT_EQ(refused("a\\"), "trailing backslash at end of expression");
  EXPECT_EQ(refused("[z-a]"), "invalid character class range");
}

TEST(Regex, NoExpressionTakesForever) {
  const std::string text(249, 'a');
  EXPECT_FALSE(matches("(a*)*(a|aa)*b", text));
  EXPECT_FALSE(matches("(a?){200}a{200}b", text));
  EXPECT_EQ(refused("((a{100}){100}){100}"), "expression too large");
  EXPECT_EQ(refused(std::string(5000, '(')), "expression nests too deeply");
}

}  // namespace
}  // namespace leat
