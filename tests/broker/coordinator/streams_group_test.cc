// Streams groups (KIP-1071): members that join, tasks that move, topics that are missing.
#include "tests/broker/coordinator/groups_fixture.h"

#include <fmt/format.h>

#include "broker/coordinator/task_assignor.h"

namespace leat::coordinator {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using wire::streams_group::Subtopology;
using wire::streams_group::TaskIds;

class StreamsGroupTest : public GroupsTest {
 protected:
  using Request = wire::StreamsGroupHeartbeatRequest;
  using Response = wire::StreamsGroupHeartbeatResponse;

  StreamsGroupTest() : GroupsTest(11) {
    config.streams.initial_rebalance_delay_ms = 0;
    config.streams.assignment_interval_ms = 0;
    kill_and_start();
    topics.set("in", 4);
    Subtopology only;
    only.subtopology_id = "0";
    only.source_topics = {"in"};
    topology = {only};
  }

  Response heartbeat(const Request& request) {
    return answer<Response>([&](auto reply) {
      groups->streams_heartbeat(request, {"client", "/127.0.0.1"}, std::move(reply));
    });
  }
  Response join(const std::string& member, const std::string& process) {
    Request request;
    request.group_id = "g";
    request.member_id = member;
    request.rebalance_timeout_ms = 30'000;
    request.process_id = process;
    request.topology = wire::StreamsGroupHeartbeatRequest::Topology{.epoch = 0, .subtopologies = topology};
    request.active_tasks = request.standby_tasks = request.warmup_tasks = std::vector<TaskIds>();
    return heartbeat(request);
  }
  /// Without `active` the member says nothing of what it does.
  Response beat(const std::string& member, std::int32_t epoch, const std::optional<std::vector<TaskIds>>& active = {},
                const std::vector<TaskIds>& standby = {}) {
    Request request;
    request.group_id = "g";
    request.member_id = member;
    request.member_epoch = epoch;
    if (active) {
      request.active_tasks = active;
      request.standby_tasks = standby;
      request.warmup_tasks = std::vector<TaskIds>();
    }
    return heartbeat(request);
  }
  static std::vector<TaskIds> tasks(std::vector<std::int32_t> partitions) { return {{"0", std::move(partitions)}}; }
  const StreamsGroup& streams() const { return *groups->streams().find("g"); }
  std::string state() const { return std::string(name(streams().state())); }

  std::vector<Subtopology> topology;
};

TEST_F(StreamsGroupTest, GivesTheFirstMemberAllTasks) {
  const auto joined = join("m1", "p1");
  EXPECT_EQ(joined.error_code, wire::ErrorCode::kNone) << joined.error_message.value_or("");
  EXPECT_EQ(joined.member_epoch, 2);
  EXPECT_EQ(joined.active_tasks, tasks({0, 1, 2, 3}));
  EXPECT_EQ(state(), "Stable");
  EXPECT_FALSE(beat("m1", 2).active_tasks) << "nothing has changed";
}

TEST_F(StreamsGroupTest, MovesATaskOnlyWhenItWasGivenUp) {
  join("m1", "p1");
  beat("m1", 2, tasks({0, 1, 2, 3}));
  EXPECT_THAT(*join("m2", "p2").active_tasks, IsEmpty());
  EXPECT_EQ(beat("m1", 2).active_tasks, tasks({0, 1}));
  EXPECT_FALSE(beat("m2", 3).active_tasks) << "the other still has them";
  EXPECT_EQ(beat("m1", 2, tasks({0, 1})).member_epoch, 3);
  EXPECT_EQ(beat("m2", 3).active_tasks, tasks({2, 3}));
  EXPECT_EQ(state(), "Stable");
}

TEST_F(StreamsGroupTest, TakesOutAMemberThatDoesNotGiveUpItsTasks) {
  join("m1", "p1");
  beat("m1", 2, tasks({0, 1, 2, 3}));
  join("m2", "p2");
  for (int i = 0; i < 31; ++i) {
    sim.run_for(std::chrono::seconds(1));
    beat("m1", 2);
    beat("m2", 3);
  }
  EXPECT_EQ(streams().member("m1"), nullptr);
}

TEST_F(StreamsGroupTest, TakesOutAMemberThatIsSilent) {
  join("m1", "p1");
  sim.run_for(std::chrono::seconds(46));
  EXPECT_EQ(beat("m1", 2).error_code, wire::ErrorCode::kUnknownMemberId);
  EXPECT_EQ(state(), "Empty");
}

TEST_F(StreamsGroupTest, MakesInternalTopicsAndThenGivesTasks) {
  topology[0].repartition_sink_topics = {"rep"};
  Subtopology counting;
  counting.subtopology_id = "1";
  counting.repartition_source_topics = {{"rep", 0, 0, {}}};
  counting.state_changelog_topics = {{"cl", 0, 0, {{"cleanup.policy", "compact"}}}};
  topology.push_back(counting);
  const auto joined = join("m1", "p1");
  ASSERT_THAT(*joined.status, SizeIs(1));
  EXPECT_EQ(joined.status->front().status_code, StreamsStatus::kMissingInternalTopics);
  EXPECT_EQ(joined.status->front().status_detail, "Internal topics are missing: rep, cl");
  EXPECT_EQ(state(), "NotReady");
  EXPECT_EQ(topics.catalog_topic("rep")->partitions, 4);
  EXPECT_EQ(topics.catalog_topic("cl")->partitions, 4);
  const auto next = beat("m1", 2, std::vector<TaskIds>());
  EXPECT_EQ(next.member_epoch, 3);
  EXPECT_THAT(*next.active_tasks, SizeIs(2));
  EXPECT_THAT(*next.status, IsEmpty());
}

TEST_F(StreamsGroupTest, SaysWhichTopicsDoNotFitEachOther) {
  topics.set("in2", 3);
  topology[0].source_topics.push_back("in2");
  topology[0].copartition_groups = {{{0, 1}, {}, {}}};
  const auto joined = join("m1", "p1");
  ASSERT_THAT(*joined.status, SizeIs(1));
  EXPECT_EQ(joined.status->front().status_detail,
            "Following topics do not have the same number of partitions: [{in=4, in2=3}]");
  topics.set("in2", 4);
  EXPECT_EQ(beat("m1", 2).active_tasks, tasks({0, 1, 2, 3}));
}

TEST_F(StreamsGroupTest, RaisesTheRepartitionTopicToItsCopartitionedSource) {
  topology[0].repartition_sink_topics = {"rep"};
  topics.set("wide", 6);
  Subtopology join_side;
  join_side.subtopology_id = "1";
  join_side.source_topics = {"wide"};
  join_side.repartition_source_topics = {{"rep", 0, 0, {}}};
  join_side.copartition_groups = {{{0}, {}, {0}}};
  topology.push_back(join_side);
  join("m1", "p1");
  EXPECT_EQ(topics.catalog_topic("rep")->partitions, 6);
}

TEST_F(StreamsGroupTest, CountsThePartitionsOfTopicsThatGoRoundInACircle) {
  topology[0].repartition_sink_topics = {"subscription"};
  topology[0].repartition_source_topics = {{"response", 0, 0, {}}};
  topics.set("other", 3);
  Subtopology foreign;
  foreign.subtopology_id = "1";
  foreign.source_topics = {"other"};
  foreign.repartition_source_topics = {{"subscription", 0, 0, {}}};
  foreign.repartition_sink_topics = {"response"};
  foreign.copartition_groups = {{{0}, {}, {0}}};
  topology[0].copartition_groups = {{{0}, {}, {0}}};
  topology.push_back(foreign);
  join("m1", "p1");
  EXPECT_EQ(topics.catalog_topic("subscription")->partitions, 3);
  EXPECT_EQ(topics.catalog_topic("response")->partitions, 4);
  EXPECT_THAT(*beat("m1", 2, std::vector<TaskIds>()).active_tasks, SizeIs(2));
}

TEST_F(StreamsGroupTest, WaitsForTheInitialDelay) {
  config.streams.initial_rebalance_delay_ms = 3000;
  kill_and_start();
  const auto joined = join("m1", "p1");
  EXPECT_EQ(joined.member_epoch, 1);
  EXPECT_THAT(*joined.active_tasks, IsEmpty());
  ASSERT_THAT(*joined.status, SizeIs(1));
  EXPECT_EQ(joined.status->front().status_code, StreamsStatus::kAssignmentDelayed);
  sim.run_for(std::chrono::seconds(4));
  EXPECT_EQ(beat("m1", 1).active_tasks, tasks({0, 1, 2, 3}));
}

TEST_F(StreamsGroupTest, PlacesStandbysInOtherProcesses) {
  topics.set("in", 2);
  topics.set("cl", 2);
  topics.settings["streams.num.standby.replicas"] = 1;
  topology[0].state_changelog_topics = {{"cl", 0, 0, {}}};
  join("m1", "p1");
  beat("m1", 2, tasks({0, 1}));
  const auto late = join("m2", "p2");
  EXPECT_EQ(late.standby_tasks, tasks({0}));
  EXPECT_EQ(beat("m1", 2).active_tasks, tasks({0}));
  EXPECT_EQ(beat("m1", 2, tasks({0})).member_epoch, 3);
  EXPECT_EQ(beat("m2", 3).active_tasks, tasks({1}));
  EXPECT_EQ(beat("m1", 3).standby_tasks, tasks({1})) << "now that nobody of its process runs it";
}

TEST_F(StreamsGroupTest, IsTheSameAfterAPowerLoss) {
  join("m1", "p1");
  join("m2", "p2");
  beat("m1", 2, tasks({0, 1}));
  const auto before = streams().members;
  power_loss_and_start();
  EXPECT_EQ(streams().members, before);
  EXPECT_EQ(streams().topology->subtopologies, topology);
  EXPECT_EQ(beat("m2", 3).active_tasks, tasks({2, 3}));
  EXPECT_EQ(state(), "Stable");
}

TEST_F(StreamsGroupTest, RefusesStaleEpochsAndOtherProtocols) {
  join("m1", "p1");
  EXPECT_EQ(beat("m1", 7).error_code, wire::ErrorCode::kFencedMemberEpoch);
  EXPECT_EQ(joined({}).error_code, wire::ErrorCode::kInconsistentGroupProtocol);
  EXPECT_EQ(groups->judge_commit("g", {"m1", std::nullopt, 2}, false, 9), wire::ErrorCode::kNone);
  EXPECT_EQ(groups->judge_commit("g", {"m1", std::nullopt, 5}, false, 9), wire::ErrorCode::kStaleMemberEpoch);
  topology[0].source_topics.push_back("more");
  EXPECT_EQ(join("m2", "p2").error_message, "Topology updates are not supported yet.");
}

TEST(TaskAssignorTest, KeepsTasksWhereTheyAreWithinAnEvenShare) {
  const auto first = assign_tasks({{"a", "p", {}}, {"b", "q", {}}, {"c", "r", {}}}, {{"0", 10, false}}, 0);
  std::vector<std::size_t> sizes;
  std::size_t all = 0;
  for (const auto& [member, assigned] : first) {
    sizes.push_back(assigned.active.at("0").size());
    all += sizes.back();
  }
  EXPECT_EQ(all, 10u);
  EXPECT_THAT(sizes, testing::UnorderedElementsAre(4, 3, 3));
  const auto again = assign_tasks({{"a", "p", first.at("a")}, {"b", "q", first.at("b")}}, {{"0", 10, false}}, 0);
  for (const char* member : {"a", "b"})
    for (const std::int32_t partition : first.at(member).active.at("0"))
      EXPECT_TRUE(again.at(member).active.at("0").contains(partition));
  EXPECT_EQ(again.at("a").active.at("0").size(), 5u);
}

TEST(TaskAssignorTest, PrefersTheProcessThatStoodBy) {
  TaskAssignment had;
  had.standby["0"] = {0, 1, 2};
  const auto assigned = assign_tasks({{"a", "p", {}}, {"b", "q", had}}, {{"0", 4, true}}, 1);
  EXPECT_EQ(assigned.at("b").active.at("0"), (std::set<std::int32_t>{0, 1}));
  for (const auto& [member, tasks_of] : assigned)
    for (const std::int32_t partition : tasks_of.standby.at("0"))
      EXPECT_FALSE(tasks_of.active.at("0").contains(partition)) << "never where it runs";
}

}  // namespace leat::coordinator
