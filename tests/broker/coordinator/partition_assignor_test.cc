// Assignors: even, sticky, the same ranges for topics of a kind.
#include "broker/coordinator/partition_assignor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

namespace leat::coordinator {
namespace {

constexpr Uuid kA{1, 1}, kB{1, 2}, kC{1, 3};

std::string in_words(const GroupAssignment& assignment) {
  std::string words;
  for (const auto& [member, topics] : assignment) {
    words += (words.empty() ? "" : " | ") + member;
    for (const auto& [topic, partitions] : topics)
      words +=
          fmt::format(" {}:{}", static_cast<char>('a' + static_cast<char>(topic.low) - 1), fmt::join(partitions, ","));
  }
  return words;
}

TEST(PartitionAssignor, RangesOfTopicsWithEqualCountsGoTogether) {
  EXPECT_EQ(in_words(assign(kRangeAssignor, {{"m1", {}, {kA, kB}, {}}, {"m2", {}, {kA, kB}, {}}}, {{kA, 3}, {kB, 3}})),
            "m1 a:0,1 b:0,1 | m2 a:2 b:2");
}

TEST(PartitionAssignor, StaticMembersKeepTheirRangeUnderAnyId) {
  const AssignorTopics topics{{kA, 2}};
  EXPECT_EQ(in_words(assign(kRangeAssignor, {{"x", "i1", {kA}, {}}, {"y", "i2", {kA}, {}}}, topics)), "x a:0 | y a:1");
  EXPECT_EQ(in_words(assign(kRangeAssignor, {{"z", "i1", {kA}, {}}, {"y", "i2", {kA}, {}}}, topics)), "y a:1 | z a:0");
}

TEST(PartitionAssignor, UniformKeepsWhatItCan) {
  const AssignorTopics topics{{kA, 4}};
  EXPECT_EQ(in_words(assign(kUniformAssignor, {{"m1", {}, {kA}, {{kA, {0, 1, 2, 3}}}}, {"m2", {}, {kA}, {}}}, topics)),
            "m1 a:0,1 | m2 a:2,3");
  EXPECT_EQ(in_words(assign(kUniformAssignor, {{"m1", {}, {kA}, {{kA, {0, 1}}}}}, topics)), "m1 a:0,1,2,3");
}

TEST(PartitionAssignor, UniformLeavesTheOddOneWhereItIs) {
  EXPECT_EQ(in_words(assign(kUniformAssignor, {{"m1", {}, {kA}, {}}, {"m2", {}, {kA}, {{kA, {0}}}}}, {{kA, 1}})),
            "m1 | m2 a:0");
  EXPECT_EQ(
      in_words(assign(kUniformAssignor, {{"m1", {}, {kA}, {{kA, {0}}}}, {"m2", {}, {kA}, {{kA, {1, 2}}}}}, {{kA, 3}})),
      "m1 a:0 | m2 a:1,2");
}

TEST(PartitionAssignor, UniformIsEvenWhereSubscriptionsDiffer) {
  const auto assignment = assign(kUniformAssignor,
                                 {{"m1", {}, {kA, kB}, {{kA, {0, 1, 2, 3}}, {kB, {0, 1}}}},
                                  {"m2", {}, {kB}, {}},
                                  {"m3", {}, {kB, kC}, {{kA, {4}}}}},
                                 {{kA, 4}, {kB, 6}, {kC, 1}});
  std::map<std::string, std::size_t> counts;
  std::map<Uuid, std::set<std::int32_t>> all;
  for (const auto& [member, topics] : assignment)
    for (const auto& [topic, partitions] : topics) {
      counts[member] += partitions.size();
      for (const std::int32_t partition : partitions) EXPECT_TRUE(all[topic].insert(partition).second);
    }
  EXPECT_EQ(counts, (std::map<std::string, std::size_t>{{"m1", 4}, {"m2", 4}, {"m3", 3}})) << in_words(assignment);
  EXPECT_EQ(all[kA].size() + all[kB].size() + all[kC].size(), 11u);
  EXPECT_FALSE(assignment.at("m3").contains(kA)) << "not subscribed any more";
}

TEST(PartitionAssignor, WhoIsOffNothingGetsNothing) {
  EXPECT_EQ(in_words(assign(kUniformAssignor, {{"m1", {}, {}, {{kA, {0}}}}, {"m2", {}, {}, {}}}, {})), "m1 | m2");
  EXPECT_EQ(in_words(assign(kRangeAssignor, {{"m1", {}, {}, {{kA, {0}}}}}, {})), "m1");
}

}  // namespace
}  // namespace leat::coordinator
