#include "broker/tools/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace leat::tools {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr OptionSpec kSpecs[] = {
    {"topic", Takes::kValue, "name", ""},          {"list"},
    {"state", Takes::kPerhapsValue, "states", ""}, {"producer-props", Takes::kWords, "key=value", ""},
    {"partitions", Takes::kValue, "number", ""},
};

Result<Options> parse(std::vector<std::string> args) { return Options::parse(kSpecs, args); }

TEST(Options, AValueFollowsOrIsAttached) {
  for (const auto& args : {std::vector<std::string>{"--topic", "a"}, {"--topic=a"}, {"-topic", "a"}})
    EXPECT_EQ(parse(args)->value("topic"), "a");
}

TEST(Options, ARepeatedOptionHasAllItsValuesAndTheLastOneCounts) {
  const auto options = parse({"--topic", "a", "--topic", "b"});
  EXPECT_THAT(options->values("topic"), ElementsAre("a", "b"));
  EXPECT_EQ(options->value("topic"), "b");
}

TEST(Options, AnOptionalValueMayBeLeftOutBeforeAnotherOption) {
  EXPECT_TRUE(parse({"--state", "--list"})->has("state"));
  EXPECT_EQ(parse({"--state", "--list"})->value("state"), std::nullopt);
  EXPECT_EQ(parse({"--state", "stable"})->value("state"), "stable");
}

TEST(Options, WordsGoOnUntilTheNextOption) {
  const auto options = parse({"--producer-props", "acks=1", "linger.ms=5", "--list"});
  EXPECT_THAT(options->values("producer-props"), ElementsAre("acks=1", "linger.ms=5"));
  EXPECT_THAT(options->words(), IsEmpty());
}

TEST(Options, NegativeNumbersAreValues) { EXPECT_EQ(**parse({"--partitions", "-1"})->number("partitions"), -1); }

TEST(Options, AnUnknownOptionIsNamedWithTheNearestOne) {
  const auto options = parse({"--topci", "a"});
  ASSERT_FALSE(options);
  EXPECT_EQ(options.error().message, "'--topci' is not a recognized option. Did you mean '--topic'?");
}

TEST(Options, AMissingValueIsNamed) {
  EXPECT_THAT(parse({"--topic"}).error().message, HasSubstr("--topic requires a value"));
}

TEST(Options, AFlagTakesNoValue) { EXPECT_FALSE(parse({"--list=yes"})); }

TEST(Options, NumbersAreWholeAndWithinBounds) {
  EXPECT_THAT(parse({"--partitions", "3x"})->number("partitions").error().message, HasSubstr("'3x'"));
  EXPECT_FALSE(parse({"--partitions", "0"})->number("partitions", 1));
  EXPECT_EQ(parse({"--list"})->number("partitions")->has_value(), false);
}

TEST(Options, ExactlyOneActionIsTaken) {
  EXPECT_EQ(*parse({"--list"})->one_of({"list", "topic"}), "list");
  EXPECT_FALSE(parse({})->one_of({"list", "topic"}));
  EXPECT_FALSE(parse({"--list", "--topic", "a"})->one_of({"list", "topic"}));
}

}  // namespace
}  // namespace leat::tools
