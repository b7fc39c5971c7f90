#include "broker/client/range_assignor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace leat::client {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> partitions(const GroupAssignment& assignment, const std::string& member) {
  std::vector<std::string> names;
  for (const TopicPartition& each : assignment.at(member).partitions) names.push_back(each.to_string());
  return names;
}

TEST(RangeAssignor, TheFirstMembersHaveOneMoreWhereItDoesNotComeOutEven) {
  const auto assignment = assign_ranges({{"a", {{"t"}}}, {"b", {{"t"}}}, {"c", {{"t"}}}}, {{"t", 5}});
  EXPECT_THAT(partitions(assignment, "a"), ElementsAre("t-0", "t-1"));
  EXPECT_THAT(partitions(assignment, "b"), ElementsAre("t-2", "t-3"));
  EXPECT_THAT(partitions(assignment, "c"), ElementsAre("t-4"));
}

TEST(RangeAssignor, EachTopicIsSharedByItselfAmongItsSubscribers) {
  const auto assignment = assign_ranges({{"a", {{"t", "u"}}}, {"b", {{"u"}}}}, {{"t", 2}, {"u", 2}});
  EXPECT_THAT(partitions(assignment, "a"), ElementsAre("t-0", "t-1", "u-0"));
  EXPECT_THAT(partitions(assignment, "b"), ElementsAre("u-1"));
}

TEST(RangeAssignor, AMemberMayGetNothing) {
  const auto assignment = assign_ranges({{"a", {{"t"}}}, {"b", {{"t", "gone"}}}}, {{"t", 1}});
  EXPECT_THAT(partitions(assignment, "b"), IsEmpty());
}

}  // namespace
}  // namespace leat::client
