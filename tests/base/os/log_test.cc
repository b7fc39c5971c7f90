#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace leat {
namespace {

using testing::HasSubstr;

std::string logged(LogFormat format, const std::string& message, const std::string& detail) {
  testing::internal::CaptureStderr();
  set_log_format(format);
  log_line(LogLevel::kWarn, "session", message, {{"peer", detail}});
  set_log_format(LogFormat::kText);
  return testing::internal::GetCapturedStderr();
}

TEST(Log, AnEventIsOneLineOfText) {
  EXPECT_THAT(logged(LogFormat::kText, "closed", "127.0.0.1:9\nforged line"),
              testing::MatchesRegex("[0-9:T.-]+Z WARN  session: closed peer=127.0.0.1:9 forged line\n"));
}

TEST(Log, AnEventIsOneJsonObjectWhereThatIsAskedFor) {
  const std::string line = logged(LogFormat::kJson, "said \"no\"", "a\\b\n\x01");
  EXPECT_THAT(line,
              HasSubstr(R"(,"level":"WARN","component":"session","message":"said \"no\"","peer":"a\\b\n\u0001"})"));
  EXPECT_THAT(line, testing::StartsWith("{\"time\":\"20"));
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

}  // namespace
}  // namespace leat
