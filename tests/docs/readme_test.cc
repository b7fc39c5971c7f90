#include <gtest/gtest.h>

#include "tests/docs/readme_fixture.h"

namespace {

TEST(Readme, TheProgramDescribesItself) {
  char program[] = "word-count", command[] = "describe";
  char* arguments[] = {program, command};
  testing::internal::CaptureStdout();
  EXPECT_EQ(readme::main(2, arguments), 0);
  EXPECT_NE(testing::internal::GetCapturedStdout().find("stores: [word-counts]"), std::string::npos);
}

}  // namespace
