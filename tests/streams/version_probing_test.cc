// Members of several versions of Kafka Streams' rebalance data in one group.
#include <gmock/gmock.h>

#include "streams/assignor/assignment_info.h"
#include "streams/assignor/streams_assignor.h"
#include "topology/streams_builder.h"

namespace leat {
namespace {

using testing::Optional;

constexpr std::int64_t kNow = 1'700'000'000'000;
constexpr std::int32_t kLatest = SubscriptionInfo::kVersionLatest;

class VersionProbing : public testing::Test {
 protected:
  static Plan copying() {
    StreamsBuilder builder;
    builder.stream<std::string, std::string>("in").to("out");
    return *builder.build().plan({.application_id = "app"});
  }
  static StreamsAssignor::Thread thread() {
    StreamsAssignor::Thread asked;
    asked.prepare_topics = [](auto done) { done(std::map<std::string, std::int32_t>{{"in", 2}, {"out", 2}}); };
    asked.task_offsets = [] { return std::map<TaskId, std::int64_t>(); };
    asked.wall_clock_ms = [] { return kNow; };
    return asked;
  }
  std::int32_t version_told() { return SubscriptionInfo::decode(assignor_.user_data())->version; }
  void assigned(std::int32_t version, std::int32_t common, AssignorError error = AssignorError::kNone) {
    AssignmentInfo info;
    info.version = version;
    info.version_commonly_supported = common;
    info.error_code = static_cast<std::int32_t>(error);
    assignor_.on_assignment({{}, info.encode()});
  }

  const Plan plan_ = copying();
  StreamsAssignor assignor_{plan_, {.process_id = Uuid{0, 1}, .user_endpoint = ""}, thread()};
};

TEST_F(VersionProbing, AMemberGoesDownToWhatAnOlderLeaderKnowsAndJoinsAgain) {
  EXPECT_EQ(version_told(), kLatest);
  assigned(9, 9, AssignorError::kVersionProbing);
  EXPECT_EQ(version_told(), 9);
  EXPECT_THAT(assignor_.share().next_rebalance_ms, Optional(kNow));
  EXPECT_EQ(assignor_.share().problem, "");
  assigned(9, 9);
  EXPECT_EQ(version_told(), 9);
  EXPECT_EQ(assignor_.share().next_rebalance_ms, std::nullopt) << "that is agreed upon";
}

TEST_F(VersionProbing, AllGoUpAgainWhenTheOldOnesAreGone) {
  assigned(9, 9, AssignorError::kVersionProbing);
  assigned(9, kLatest);
  EXPECT_EQ(version_told(), kLatest);
  EXPECT_THAT(assignor_.share().next_rebalance_ms, Optional(kNow));
}

TEST_F(VersionProbing, ALeaderAnswersEachInItsVersionAndSaysWhatAllKnow) {
  SubscriptionInfo old;
  old.version = old.version_latest_supported = 8;
  old.process_id = Uuid{0, 2};
  client::GroupSubscription members;
  members["new"] = {{"in"}, assignor_.user_data(), {}, ""};
  members["old"] = {{"in"}, old.encode(), {}, ""};
  client::GroupAssignment given;
  assignor_.assign(members, [&](Result<client::GroupAssignment> assignment) { given = *assignment; });
  const auto to_old = AssignmentInfo::decode(given.at("old").user_data);
  const auto to_new = AssignmentInfo::decode(given.at("new").user_data);
  EXPECT_EQ(to_old->version, 8);
  EXPECT_EQ(to_new->version, kLatest);
  EXPECT_EQ(to_old->version_commonly_supported, 8);
  EXPECT_EQ(to_new->version_commonly_supported, 8);
}

}  // namespace
}  // namespace leat
