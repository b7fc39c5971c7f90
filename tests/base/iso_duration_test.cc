#include "base/iso_duration.h"

#include <gtest/gtest.h>

namespace leat {
namespace {

using namespace std::chrono_literals;

TEST(IsoDuration, ReadsWhatJavaWrites) {
  EXPECT_EQ(*parse_iso_duration("PT15M"), 15min);
  EXPECT_EQ(*parse_iso_duration("P1DT12H"), 36h);
  EXPECT_EQ(*parse_iso_duration("PT1H30M0.5S"), 90min + 500ms);
  EXPECT_EQ(*parse_iso_duration("PT0.001S"), 1ms);
  EXPECT_EQ(*parse_iso_duration("PT0S"), 0ms);
  EXPECT_EQ(*parse_iso_duration("P2D"), 48h);
}

TEST(IsoDuration, RefusesEverythingElse) {
  for (const char* text : {"", "P", "PT", "P1DT", "15M", "PT15", "PT-1S", "P1M", "PT1.5H", "PT1S1M", "PT1.0001S",
                           "PT.S", "P1TT1S", "PT99999999999999999999S", "P999999999999999D", "pt1s", "PT1H "})
    EXPECT_FALSE(parse_iso_duration(text).ok()) << text;
}

}  // namespace
}  // namespace leat
