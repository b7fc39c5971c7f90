#include "broker/log/leader_epochs.h"

#include <gtest/gtest.h>

namespace leat::log {
namespace {

LeaderEpochs epochs_of(std::initializer_list<std::pair<std::int32_t, std::int64_t>> starts) {
  LeaderEpochs epochs;
  for (const auto& [epoch, offset] : starts) epochs.begin(epoch, offset);
  return epochs;
}

void expect_end(const LeaderEpochs& epochs, std::int32_t epoch, std::int32_t known, std::int64_t offset) {
  const auto end = epochs.end_of(epoch, 100);
  EXPECT_EQ(end.epoch, known) << "of epoch " << epoch;
  EXPECT_EQ(end.offset, offset) << "of epoch " << epoch;
}

TEST(LeaderEpochs, EndWhereTheNextBegins) {
  const LeaderEpochs epochs = epochs_of({{2, 10}, {4, 20}, {6, 50}});
  expect_end(epochs, 2, 2, 20);
  expect_end(epochs, 3, 2, 20);
  expect_end(epochs, 4, 4, 50);
  expect_end(epochs, 6, 6, 100);
}

TEST(LeaderEpochs, OfTheFutureAreUnknownAndOfThePastEndWhereTheLogBegins) {
  const LeaderEpochs epochs = epochs_of({{2, 10}, {4, 20}});
  expect_end(epochs, 5, -1, -1);
  expect_end(epochs, 1, 1, 10);
  expect_end(LeaderEpochs(), 0, -1, -1);
}

TEST(LeaderEpochs, WithoutRecordsAreForgotten) {
  LeaderEpochs epochs = epochs_of({{0, 0}, {2, 7}, {4, 7}, {6, 7}});
  EXPECT_EQ(epochs.text(), "0\n2\n0 0\n6 7\n");
  EXPECT_FALSE(epochs.begin(6, 9));
  EXPECT_FALSE(epochs.begin(5, 9));
  EXPECT_EQ(epochs.at(6), 0);
  EXPECT_EQ(epochs.at(7), 6);
}

TEST(LeaderEpochs, AreReadBackFromKafkasFile) {
  LeaderEpochs epochs;
  EXPECT_TRUE(epochs.parse("0\n2\n0 0\n6 7\n"));
  EXPECT_EQ(epochs.text(), "0\n2\n0 0\n6 7\n");
}

TEST(LeaderEpochs, DamageIsSeen) {
  for (const char* damaged : {"", "1\n1\n0 0\n", "0\n2\n0 0\n", "0\n2\n4 0\n2 7\n", "0\n1\n0 x\n"})
    EXPECT_FALSE(LeaderEpochs().parse(damaged)) << damaged;
}

}  // namespace
}  // namespace leat::log
