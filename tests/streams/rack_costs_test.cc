// Tasks by racks: the cases, costs and results are those of Kafka's RackAwareTaskAssignorTest.
#include "streams/assignor/rack_costs.h"

#include <gmock/gmock.h>

#include "streams/assignor/task_assignment.h"

namespace leat {
namespace {

using testing::ElementsAre;

using Assignment = std::map<std::string, std::set<TaskId>>;

const TaskId k00{0, 0}, k01{0, 1}, k10{1, 0}, k11{1, 1};
constexpr RackCosts kWithState{.traffic = 10, .non_overlap = 1};
constexpr RackCosts kWithoutState{.traffic = 1, .non_overlap = 0};

/// Processes p1, p2 ... in rack0, rack1 ..., of one member each; partitions with two replicas each.
class RackCostsTest : public testing::TestWithParam<RackStrategy> {
 protected:
  RackCostsTest() {
    racks_.of_task = {{k00, {{"rack0", "rack1"}}},
                      {k01, {{"rack1", "rack2"}}},
                      {k10, {{"rack0", "rack2"}}},
                      {k11, {{"rack1", "rack3"}}}};
  }
  /// Who has what, before.
  void given(Assignment assignment) {
    given_ = std::move(assignment);
    for (const auto& [id, tasks] : given_) {
      const auto number = static_cast<std::uint64_t>(id.back() - '0');
      members_.push_back({id, Uuid{0, number}, {}, {}});
      racks_.of_member[id] = "rack" + std::to_string(number - 1);
      tasks_.insert(tasks.begin(), tasks.end());
    }
  }
  std::int64_t cost(RackCosts costs, const Assignment& after) {
    return rack_cost(members_, tasks_, racks_, costs, given_, after);
  }
  Assignment exchanged(RackCosts costs) {
    Assignment after = given_;
    exchange_tasks(members_, tasks_, racks_, costs, GetParam(), after);
    return after;
  }

  Racks racks_;
  std::vector<GroupMember> members_;
  std::set<TaskId> tasks_;
  Assignment given_;
};

TEST_P(RackCostsTest, TasksGoWhereTheirPartitionsAre) {
  given({{"p1", {k01, k11}}, {"p2", {k10}}, {"p3", {k00}}});
  EXPECT_EQ(cost(kWithState, given_), 40);
  EXPECT_EQ(cost(kWithoutState, given_), 4);
  const Assignment best{{"p1", {k00, k10}}, {"p2", {k11}}, {"p3", {k01}}};
  EXPECT_EQ(exchanged(kWithState), best);
  EXPECT_EQ(cost(kWithState, best), 4);
  EXPECT_EQ(exchanged(kWithoutState), best);
  EXPECT_EQ(cost(kWithoutState, best), 0);
}

TEST_P(RackCostsTest, WhoHadNothingGetsNothing) {
  given({{"p1", {}}, {"p2", {k10}}, {"p3", {k00}}});
  EXPECT_EQ(cost(kWithState, given_), 20);
  const auto after = exchanged(kWithState);
  EXPECT_EQ(after, (Assignment{{"p1", {}}, {"p2", {k00}}, {"p3", {k10}}}));
  EXPECT_EQ(cost(kWithState, after), 2);
}

TEST_P(RackCostsTest, EverybodyKeepsAsManyAsItHad) {
  given({{"p1", {}}, {"p2", {k01, k10}}, {"p3", {k00}}});
  const auto after = exchanged(kWithState);
  EXPECT_EQ(after, (Assignment{{"p1", {}}, {"p2", {k00, k01}}, {"p3", {k10}}}));
  EXPECT_EQ(cost(kWithState, after), 2);
}

TEST_P(RackCostsTest, NothingMovesWhereThatWouldNotBeCheaper) {
  given({{"p2", {k00, k11}}, {"p5", {k01}}});
  EXPECT_EQ(cost(kWithState, given_), 10);
  EXPECT_EQ(exchanged(kWithState), given_);
  EXPECT_EQ(cost(kWithoutState, exchanged(kWithoutState)), 1);
}

TEST_P(RackCostsTest, WithoutACostOfTrafficEverythingStays) {
  given({{"p1", {k01, k11}}, {"p2", {k10}}, {"p3", {k00}}});
  EXPECT_EQ(exchanged({.traffic = 0, .non_overlap = 1}), given_);
}

INSTANTIATE_TEST_SUITE_P(Strategies, RackCostsTest,
                         testing::Values(RackStrategy::kMinTraffic, RackStrategy::kBalanceSubtopology));

/// Many tasks, whatever they are: never dearer, nobody has more or fewer, and the cheapest that a search finds.
TEST(RackCosts, NoExchangeOfTwoMakesTheResultCheaper) {
  std::uint64_t state = 1;
  const auto draw = [&](std::uint64_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % below;
  };
  for (int round = 0; round < 30; ++round) {
    std::vector<GroupMember> members;
    Racks racks;
    Assignment given;
    for (std::uint64_t i = 0; i < 2 + draw(5); ++i) {
      const std::string id = "m" + std::to_string(i);
      members.push_back({id, Uuid{0, i / 2}, {}, {}});
      racks.of_member[id] = "rack" + std::to_string(i / 2 % 3);
      given[id];
    }
    std::set<TaskId> tasks;
    for (int i = 0; i < 20; ++i) {
      const TaskId task{static_cast<int>(draw(2)), i};
      tasks.insert(task);
      racks.of_task[task] = {{"rack" + std::to_string(draw(3))}, {"rack" + std::to_string(draw(3))}};
      given[members[draw(members.size())].id].insert(task);
    }
    ASSERT_TRUE(racks.complete(members, tasks));
    Assignment after = given;
    exchange_tasks(members, tasks, racks, kWithState, RackStrategy::kMinTraffic, after);
    const std::int64_t cost = rack_cost(members, tasks, racks, kWithState, given, after);
    EXPECT_LE(cost, rack_cost(members, tasks, racks, kWithState, given, given));
    for (const auto& [id, of_member] : given) EXPECT_EQ(after.at(id).size(), of_member.size());
    for (const auto& [a, of_a] : after)
      for (const auto& [b, of_b] : after)
        for (const TaskId& x : of_a)
          for (const TaskId& y : of_b) {
            if (a >= b) continue;
            Assignment other = after;
            other[a].erase(x), other[b].erase(y);
            other[a].insert(y), other[b].insert(x);
            ASSERT_GE(rack_cost(members, tasks, racks, kWithState, given, other), cost);
          }
  }
}

TEST(RackCosts, SubTopologiesAreBalancedWhereThatIsWanted) {
  // All of rack0; the cheapest of all would leave both tasks of a sub-topology with one member.
  Racks racks{{{"a", "rack0"}, {"b", "rack0"}},
              {{k00, {{"rack0"}}}, {k01, {{"rack0"}}}, {k10, {{"rack0"}}}, {k11, {{"rack0"}}}}};
  const std::vector<GroupMember> members{{"a", Uuid{0, 1}, {}, {}}, {"b", Uuid{0, 2}, {}, {}}};
  Assignment given{{"a", {k00, k01}}, {"b", {k10, k11}}};
  exchange_tasks(members, {k00, k01, k10, k11}, racks, kWithState, RackStrategy::kMinTraffic, given);
  EXPECT_THAT(given.at("a"), ElementsAre(k00, k01));
  exchange_tasks(members, {k00, k01, k10, k11}, racks, kWithState, RackStrategy::kBalanceSubtopology, given);
  for (const auto& [id, tasks] : given) {
    ASSERT_EQ(tasks.size(), 2u);
    EXPECT_NE(tasks.begin()->subtopology, tasks.rbegin()->subtopology) << id;
  }
}

TEST(RackCosts, MustBeKnownOfAllMembersAndPartitions) {
  Racks racks{{{"a", "rack0"}, {"b", "rack1"}}, {{k00, {{"rack0"}}}}};
  const std::vector<GroupMember> members{{"a", Uuid{0, 1}, {}, {}}, {"b", Uuid{0, 2}, {}, {}}};
  EXPECT_TRUE(racks.complete(members, {k00}));
  EXPECT_FALSE(racks.complete(members, {k00, k01}));
  EXPECT_FALSE(racks.complete({members[0], {"c", Uuid{0, 3}, {}, {}}}, {k00}));
  EXPECT_FALSE(racks.complete({members[0], {"b", Uuid{0, 1}, {}, {}}}, {k00})) << "one process in two racks";
  racks.of_task[k00].push_back({});
  EXPECT_FALSE(racks.complete(members, {k00}));
}

/// Kafka's example of KIP-708: zones and clusters.
TEST(StandbyTags, CopiesDifferInAsManyTagsAsCanBe) {
  const auto member = [](const std::string& id, std::uint64_t process, const std::string& zone,
                         const std::string& cluster) {
    return GroupMember{id, Uuid{0, process}, {}, {}, {{"zone", zone}, {"cluster", cluster}}};
  };
  const std::vector<GroupMember> members{member("a", 1, "z1", "k1"), member("b", 2, "z1", "k1"),
                                         member("c", 3, "z1", "k2"), member("d", 4, "z2", "k1"),
                                         member("e", 5, "z2", "k2")};
  const Assignment active{{"a", {k00}}};
  const auto standbys = assign_standbys(members, {k00}, active, 1, {"zone", "cluster"});
  EXPECT_THAT(standbys.at("e"), ElementsAre(k00));
  // Where only the zone counts, any other zone will do; and where there is no third one, any process.
  EXPECT_THAT(assign_standbys(members, {k00}, active, 1, {"zone"}).at("d"), ElementsAre(k00));
  const auto two = assign_standbys(members, {k00}, active, 2, {"zone"});
  EXPECT_THAT(two.at("d"), ElementsAre(k00));
  EXPECT_THAT(two.at("b"), ElementsAre(k00));
}

}  // namespace
}  // namespace leat
