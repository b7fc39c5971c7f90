// kafka-streams-groups: the columns and lines of Kafka 4.3.1's.
#include "broker/wire/messages/streams_group_heartbeat.h"
#include "tools_fixture.h"

namespace leat::tools {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct StreamsGroups : ToolsTest {
  void SetUp() override {
    print("kafka-topics --create --topic events --partitions 2");
    print("kafka-console-producer --topic events --property parse.key=true --property key.separator=:",
          "k:v1\nk:v2\nk:v3\n");
  }
  /// One heartbeat of the only member; its epoch afterwards.
  std::int32_t beat(std::int32_t epoch, bool owns_all = false) {
    client::Cluster cluster(here, connector, {.bootstrap = {{"broker", 9092}}});
    wire::StreamsGroupHeartbeatRequest request;
    request.group_id = "app";
    request.member_id = "member-1";
    request.member_epoch = epoch;
    if (epoch == 0) {
      request.rebalance_timeout_ms = 10'000;
      request.process_id = "process-1";
      request.topology = wire::StreamsGroupHeartbeatRequest::Topology{};
      auto& part = request.topology->subtopologies.emplace_back();
      part.subtopology_id = "0";
      part.source_topics = {"events"};
    }
    if (epoch >= 0) {
      request.active_tasks.emplace();
      if (owns_all) request.active_tasks->push_back({"0", {0, 1}});
      request.standby_tasks.emplace();
      request.warmup_tasks.emplace();
    }
    std::optional<Result<wire::StreamsGroupHeartbeatResponse>> answer;
    cluster.call_coordinator<wire::StreamsGroupHeartbeatRequest, wire::StreamsGroupHeartbeatResponse>(
        client::CoordinatorType::kGroup, "app", request,
        [&](Result<wire::StreamsGroupHeartbeatResponse> response) { answer = std::move(response); });
    while (!answer) here.loop.run_once(std::chrono::seconds(1));
    LEAT_CHECK(answer->ok(), answer->error().message);
    EXPECT_EQ((*answer)->error_code, wire::ErrorCode::kNone) << (*answer)->error_message.value_or("");
    return (*answer)->member_epoch;
  }
  std::int32_t join() {
    std::int32_t epoch = beat(0);
    for (int i = 0; i < 5; ++i) {
      sim.run_for(std::chrono::seconds(2));
      epoch = beat(epoch, i > 1);
    }
    return epoch;
  }
};

TEST_F(StreamsGroups, AreListedAndDescribed) {
  join();
  EXPECT_EQ(print("kafka-streams-groups --list"), "app\n");
  EXPECT_EQ(print("kafka-streams-groups --list --state"), "GROUP           STATE\napp             Stable\n");
  EXPECT_EQ(print("kafka-streams-groups --list --state empty"), "GROUP           STATE\n");
  EXPECT_EQ(print("kafka-streams-groups --describe --group app --members"),
            "GROUP           MEMBER          PROCESS         CLIENT-ID       ASSIGNMENTS\n"
            "app             member-1        process-1       leat            ACTIVE:0:[0,1]; \n");
  EXPECT_THAT(print("kafka-streams-groups --describe --group app --state"),
              AllOf(HasSubstr("GROUP           COORDINATOR (ID)          STATE                     #MEMBERS\n"),
                    HasSubstr("app             broker:9092 (1)           Stable                    1\n")));
  EXPECT_THAT(print("kafka-streams-groups --describe --all-groups --state --verbose"),
              HasSubstr("GROUP-EPOCH     TARGET-ASSIGNMENT-EPOCH   #MEMBERS\n"));
  EXPECT_THAT(print("kafka-streams-groups --describe --group app --verbose"),
              HasSubstr("GROUP           TOPIC           PARTITION  CURRENT-OFFSET  LEADER-EPOCH    LOG-END-OFFSET  "
                        "OFFSET-LAG"));
  EXPECT_THAT(run("kafka-streams-groups --describe --group other").out,
              HasSubstr("Executing streams group command failed due to"));
}

TEST_F(StreamsGroups, OffsetsAreResetAndGroupsDeletedWhenNobodyIsThere) {
  join();
  const Outcome busy = run("kafka-streams-groups --reset-offsets --group app --all-input-topics --to-latest --execute");
  EXPECT_EQ(busy.code, 1);
  EXPECT_THAT(busy.out, HasSubstr("Assignments can only be reset if the group 'app' is inactive, but the current state "
                                  "is Stable."));
  EXPECT_THAT(run("kafka-streams-groups --delete --group app").out, HasSubstr("Streams group 'app' is not EMPTY."));
  beat(-1);
  EXPECT_THAT(print("kafka-streams-groups --reset-offsets --group app --input-topic events --to-latest --dry-run"),
              HasSubstr("\nGROUP                          TOPIC                          PARTITION  NEW-OFFSET     "));
  print("kafka-streams-groups --reset-offsets --group app --input-topic events --to-latest --execute");
  EXPECT_THAT(print("kafka-streams-groups --describe --group app"),
              AllOf(HasSubstr("app             events          0          0\n"),
                    HasSubstr("app             events          1          0\n")));
  EXPECT_THAT(print("kafka-streams-groups --delete-offsets --group app --input-topic events"),
              HasSubstr("Request succeeded for deleting offsets from group app.\n"));
  EXPECT_EQ(print("kafka-streams-groups --delete --group app"),
            "Deletion of requested streams groups ('app') was successful.\n");
  EXPECT_EQ(print("kafka-streams-groups --list"), "");
}

TEST_F(StreamsGroups, WhatFitsTogetherIsChecked) {
  EXPECT_THAT(run("kafka-streams-groups --list --describe").err, HasSubstr("exactly one action"));
  EXPECT_THAT(run("kafka-streams-groups --reset-offsets --all-groups --all-input-topics").err,
              HasSubstr("requires one of the following scenarios"));
  EXPECT_THAT(run("kafka-streams-groups --delete --group a --input-topic t").err,
              HasSubstr("does not support topic-specific offset deletion"));
}

}  // namespace
}  // namespace leat::tools
