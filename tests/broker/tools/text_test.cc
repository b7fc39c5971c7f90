// What the tools read from and write for people: lines, times, numbers, JSON.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/tools/json.h"
#include "broker/tools/line_reader.h"
#include "broker/tools/record_format.h"
#include "broker/tools/times.h"

namespace leat::tools {
namespace {

using testing::HasSubstr;

LineReader reader(const std::map<std::string, std::string>& properties) { return *LineReader::make(properties); }

TEST(LineReader, ALineIsAValue) {
  const auto record = reader({}).read("a\tb");
  EXPECT_EQ(record->value, "a\tb");
  EXPECT_EQ(record->key, std::nullopt);
}

TEST(LineReader, HeadersThenKeyThenValue) {
  const auto record = reader({{"parse.key", "true"}, {"parse.headers", "true"}}).read("h1:v1,h2:v2\tkey\tvalue");
  EXPECT_EQ(record->key, "key");
  EXPECT_EQ(record->value, "value");
  ASSERT_EQ(record->headers.size(), 2u);
  EXPECT_EQ(record->headers[1].key, "h2");
  EXPECT_EQ(record->headers[1].value, "v2");
}

TEST(LineReader, ALineWithoutASeparatorIsNamedByItsNumber) {
  LineReader keyed = reader({{"parse.key", "true"}, {"key.separator", "::"}});
  EXPECT_EQ(keyed.read("k::v")->value, "v");
  EXPECT_EQ(keyed.read("oops").error().message, "No key separator found on line number 2: 'oops'");
}

TEST(LineReader, ErrorsCanBeIgnored) {
  const auto record = reader({{"parse.key", "true"}, {"ignore.error", "true"}}).read("oops");
  EXPECT_EQ(record->key, std::nullopt);
  EXPECT_EQ(record->value, "oops");
}

TEST(LineReader, TheNullMarkerMakesNulls) {
  const auto record = reader({{"parse.key", "true"}, {"null.marker", "NULL"}}).read("NULL\tNULL");
  EXPECT_EQ(record->key, std::nullopt);
  EXPECT_EQ(record->value, std::nullopt);
}

TEST(LineReader, AnUnknownPropertyIsNamedWithTheNearestOne) {
  EXPECT_THAT(LineReader::make({{"parse.kay", "true"}}).error().message, HasSubstr("'parse.key'"));
}

TEST(Times, DatesAreUtcUnlessTheySayOtherwise) {
  EXPECT_EQ(*parse_datetime("1970-01-01T00:00:01.500"), 1500);
  EXPECT_EQ(*parse_datetime("1970-01-01T01:00:00.000+01:00"), 0);
  EXPECT_EQ(*parse_datetime("1970-01-01T00:00:00.000-0030"), 30 * 60'000);
  EXPECT_EQ(*parse_datetime("2026-03-01T12:00:00Z"), 1'772'366'400'000);
  for (const char* wrong : {"", "yesterday", "2026-13-01T00:00:00", "2026-02-30T00:00:00", "2026-01-01T00:00:00.000X"})
    EXPECT_FALSE(parse_datetime(wrong)) << wrong;
}

TEST(Times, DurationsAreIso8601) {
  EXPECT_EQ(*parse_duration_ms("P1DT2H3M4.5S"), ((24 + 2) * 3600 + 3 * 60 + 4) * 1000 + 500);
  EXPECT_EQ(*parse_duration_ms("PT0.001S"), 1);
  EXPECT_EQ(*parse_duration_ms("-PT1M"), -60'000);
  EXPECT_EQ(*parse_duration_ms("P7D"), 7 * 86'400'000);
  for (const char* wrong : {"", "P", "1H", "PT", "P1H", "PT1D", "PT1.5M", "PT5"})
    EXPECT_FALSE(parse_duration_ms(wrong)) << wrong;
}

TEST(Times, PatternsAreThoseOfSimpleDateFormat) {
  EXPECT_EQ(format_time(1'772'366'400'007, "yyyy-MM-dd HH:mm:ss:SSS"), "2026-03-01 12:00:00:007");
  EXPECT_EQ(format_time(0, "yy'T'M"), "70T1");
}

TEST(JavaNumbers, PrintAsJavaPrintsThem) {
  const std::pair<double, const char*> cases[] = {{1, "1.0"},
                                                  {0.1, "0.1"},
                                                  {1e7, "1.0E7"},
                                                  {1.5e10, "1.5E10"},
                                                  {1e-3, "0.001"},
                                                  {1.25e-4, "1.25E-4"},
                                                  {-2.5, "-2.5"},
                                                  {123456789, "1.23456789E8"},
                                                  {9999999, "9999999.0"}};
  for (const auto& [number, text] : cases) EXPECT_EQ(java_text(number), text);
}

TEST(Deserializers, RefuseBytesOfAnotherLengthAndUnknownClasses) {
  const auto longs = find_deserializer("org.apache.kafka.common.serialization.LongDeserializer");
  EXPECT_EQ(*longs->text_of(BytesView("\0\0\0\0\0\0\1\0", 8)), "256");
  EXPECT_FALSE(longs->text_of("abc"));
  EXPECT_THAT(find_deserializer("LangDeserializer").error().message, HasSubstr("'LongDeserializer'"));
}

TEST(JsonDocument, ReadsWhatItIsGivenAndNamesThePlaceOfAMistake) {
  const auto document = Json::parse(R"({"partitions": [{"topic": "a\"b", "partition": 1}], "ok": true})");
  const Json& first = (*document->find("partitions")->array())[0];
  EXPECT_EQ(*first.find("topic")->text(), "a\"b");
  EXPECT_EQ(*first.find("partition")->whole_number("partition"), 1);
  EXPECT_FALSE(first.find("topic")->whole_number("topic"));
  EXPECT_THAT(Json::parse(R"({"a": 1,})").error().message, HasSubstr("at character"));
  for (const char* wrong : {"", "{", "[1", "[1]]", "\"a", "{\"a\" 1}", "nul"})
    EXPECT_FALSE(Json::parse(wrong)) << wrong;
}

}  // namespace
}  // namespace leat::tools
