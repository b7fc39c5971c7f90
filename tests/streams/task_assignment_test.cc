#include "streams/assignor/task_assignment.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace leat {
namespace {

using testing::ElementsAre;
using testing::IsSupersetOf;

std::set<TaskId> tasks(int subtopologies, int partitions) {
  std::set<TaskId> all;
  for (int subtopology = 0; subtopology < subtopologies; ++subtopology)
    for (int partition = 0; partition < partitions; ++partition) all.insert({subtopology, partition});
  return all;
}

GroupMember member(const std::string& id, std::uint64_t process, std::set<TaskId> owned = {}) {
  return {id, Uuid{0, process}, std::move(owned), {}};
}

TEST(TaskAssignment, GivesEveryTaskToOneMemberAndEachItsShare) {
  const auto given = assign_tasks({member("a", 1), member("b", 1), member("c", 2)}, tasks(2, 6));
  std::multiset<TaskId> all;
  for (const auto& [id, of_member] : given) {
    EXPECT_EQ(of_member.size(), 4u) << id;
    for (const int subtopology : {0, 1})
      EXPECT_EQ(std::count_if(of_member.begin(), of_member.end(),
                              [&](const TaskId& task) { return task.subtopology == subtopology; }),
                2)
          << id;
    all.insert(of_member.begin(), of_member.end());
  }
  const auto wanted = tasks(2, 6);
  EXPECT_EQ(all, std::multiset<TaskId>(wanted.begin(), wanted.end()));
}

TEST(TaskAssignment, TasksStayWhereTheyRun) {
  const std::set<TaskId> of_a{{0, 1}, {0, 3}}, of_b{{0, 0}, {0, 2}};
  const auto given = assign_tasks({member("a", 1, of_a), member("b", 2, of_b)}, tasks(1, 4));
  EXPECT_EQ(given.at("a"), of_a);
  EXPECT_EQ(given.at("b"), of_b);
}

TEST(TaskAssignment, ANewMemberGetsItsShareAndNoMoreThanThatMoves) {
  const auto given = assign_tasks({member("a", 1, tasks(1, 4)), member("b", 2)}, tasks(1, 4));
  EXPECT_EQ(given.at("a").size(), 2u);
  EXPECT_EQ(given.at("b").size(), 2u);
}

TEST(TaskAssignment, TasksReturnToTheProcessThatHasTheirState) {
  GroupMember had = member("z", 9);
  had.task_offset_sums = {{{0, 0}, 500}, {{0, 3}, 500}};
  const auto given = assign_tasks({member("a", 1), had}, tasks(1, 4));
  EXPECT_THAT(given.at("z"), ElementsAre(TaskId{0, 0}, TaskId{0, 3}));
}

TEST(TaskAssignment, TheOrderOfTheMembersDoesNotMatter) {
  std::vector<GroupMember> members{member("a", 1, {{0, 0}}), member("b", 1), member("c", 2, {{1, 1}}), member("d", 3)};
  const auto given = assign_tasks(members, tasks(3, 5));
  std::reverse(members.begin(), members.end());
  EXPECT_EQ(assign_tasks(members, tasks(3, 5)), given);
  EXPECT_THAT(given.at("c"), IsSupersetOf({TaskId{1, 1}}));
}

}  // namespace
}  // namespace leat
