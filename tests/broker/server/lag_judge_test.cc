#include "broker/server/lag_judge.h"

#include <gtest/gtest.h>

#include <vector>

namespace leat::server {
namespace {

struct LagJudgeTest : testing::Test {
  /// Commits a second apart: {offset, lag}.
  LagStatus judged(const std::vector<std::pair<std::int64_t, std::int64_t>>& commits, std::int64_t lag_now,
                   std::int64_t silence_ms = 500) {
    LagJudge judge;
    std::int64_t now_ms = 0;
    for (const auto& [offset, lag] : commits) judge.note("g", {"t", 0}, {offset, now_ms += 1000, lag});
    return judge.judge("g", {"t", 0}, lag_now, now_ms + silence_ms);
  }
};

TEST_F(LagJudgeTest, WithoutALagNowNothingIsWrong) {
  EXPECT_EQ(judged({{5, 9}, {5, 9}}, 0, 1'000'000), LagStatus::kOk);
  EXPECT_EQ(LagJudge().judge("g", {"t", 0}, 5, 0), LagStatus::kOk) << "nothing is known of it";
}
TEST_F(LagJudgeTest, WhoCommitsNoMoreHasStopped) {
  EXPECT_EQ(judged({{5, 9}, {7, 7}}, 7, 1001), LagStatus::kStop);
  EXPECT_EQ(judged({{5, 9}, {7, 7}}, 7, 1000), LagStatus::kOk);
  EXPECT_EQ(judged({{5, 9}}, 7, 99'000), LagStatus::kOk) << "one commit alone says nothing yet";
  EXPECT_EQ(judged({{5, 9}}, 7, 101'000), LagStatus::kStop);
}
TEST_F(LagJudgeTest, WhoHadNoLagOnceKeepsUp) { EXPECT_EQ(judged({{5, 3}, {5, 0}, {5, 4}}, 4), LagStatus::kOk); }
TEST_F(LagJudgeTest, WhoCommitsTheSameOffsetAgainStalls) { EXPECT_EQ(judged({{5, 3}, {5, 4}}, 4), LagStatus::kStall); }
TEST_F(LagJudgeTest, WhoGoesBackRewinds) { EXPECT_EQ(judged({{5, 3}, {4, 4}}, 4), LagStatus::kRewind); }
TEST_F(LagJudgeTest, WhoFallsBehindIsWarnedOf) {
  EXPECT_EQ(judged({{5, 3}, {6, 3}, {7, 4}}, 4), LagStatus::kWarn);
  EXPECT_EQ(judged({{5, 3}, {6, 2}, {7, 4}}, 4), LagStatus::kOk);
}
TEST_F(LagJudgeTest, OnlyTheLastCommitsCount) {
  std::vector<std::pair<std::int64_t, std::int64_t>> commits = {{1, 0}};
  for (std::size_t i = 0; i < LagJudge::kCommitsMax; ++i) commits.emplace_back(2, 5);
  EXPECT_EQ(judged(commits, 5), LagStatus::kStall);
}
TEST_F(LagJudgeTest, AGroupIsNoWorseThanError) {
  EXPECT_EQ(LagJudge::of_group(LagStatus::kStall), LagStatus::kError);
  EXPECT_EQ(LagJudge::of_group(LagStatus::kWarn), LagStatus::kWarn);
}
TEST_F(LagJudgeTest, WhatIsNotNotedAnyMoreIsForgotten) {
  LagJudge judge;
  judge.note("g", {"t", 0}, {5, 1000, 9});
  judge.forget_others();
  judge.forget_others();
  EXPECT_EQ(judge.judge("g", {"t", 0}, 9, 1'000'000), LagStatus::kOk);
}

}  // namespace
}  // namespace leat::server
