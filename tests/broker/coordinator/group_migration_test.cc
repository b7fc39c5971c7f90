// Groups that go from the classic protocol to the one in which the broker assigns, and back.
#include "broker/wire/header.h"
#include "broker/wire/records/consumer_protocol.h"
#include "tests/broker/coordinator/consumer_groups_fixture.h"

namespace leat::coordinator {
namespace {

class GroupMigrationTest : public ConsumerGroupsTest {
 protected:
  static std::string subscription(const std::string& topic, const Holds& owned = {}) {
    wire::ConsumerProtocolSubscription said;
    said.topics = {topic};
    for (const auto& [name, partitions] : owned) {
      auto& each = said.owned_partitions.emplace_back();
      each.topic = name;
      each.partitions = {partitions.begin(), partitions.end()};
    }
    return wire::encode_versioned(said, 1);
  }
  static std::string assignment(const Holds& partitions) {
    wire::ConsumerProtocolAssignment given;
    for (const auto& [name, of_topic] : partitions) {
      auto& each = given.assigned_partitions.emplace_back();
      each.topic = name;
      each.partitions = {of_topic.begin(), of_topic.end()};
    }
    return wire::encode_versioned(given, 1);
  }
  static std::string assigned(const wire::SyncGroupResponse& response) {
    if (response.error_code != wire::ErrorCode::kNone) return said(response.error_code);
    const auto given = wire::decode_versioned<wire::ConsumerProtocolAssignment>(response.assignment.view());
    std::string words;
    if (given)
      for (const auto& topic : given->assigned_partitions)
        for (const std::int32_t partition : topic.partitions)
          words += topic.topic + "-" + std::to_string(partition) + " ";
    return words;
  }
  /// A classic member that has all partitions of topic a.
  void classic_member() {
    topics.set("a", 2);
    first = joined({.metadata = subscription("a")});
    ASSERT_EQ(assigned(synced(first, {{first.member_id, assignment({{"a", {0, 1}}})}})), "a-0 a-1 ");
  }
};

TEST_F(GroupMigrationTest, ClassicMemberGivesUpForANewOne) {
  classic_member();
  ASSERT_TRUE(commit(0, 5).ok());
  EXPECT_EQ(join("m1", {"a"}), "2 nothing");
  EXPECT_EQ(groups->find("g"), nullptr) << "it is a classic group no more";
  EXPECT_EQ(heartbeat(first), "REBALANCE_IN_PROGRESS");
  first = joined({.member_id = first.member_id, .metadata = subscription("a", {{"a", {0}}})});
  EXPECT_EQ(first.generation_id, 2);
  EXPECT_EQ(assigned(synced(first)), "a-0 ");
  EXPECT_EQ(heartbeat(first), "NONE");
  EXPECT_EQ(beat("m1", 2), "2 a:1");
  EXPECT_EQ(committed(0), 5);
  settle();
  const std::string before = hard_state(groups->consumers());
  power_loss_and_start();
  EXPECT_EQ(hard_state(groups->consumers()), before);
  EXPECT_EQ(groups->find("g"), nullptr);
}

TEST_F(GroupMigrationTest, LastNewMemberLeavesAClassicGroup) {
  classic_member();
  join("m1", {"a"});
  first = joined({.member_id = first.member_id, .metadata = subscription("a", {{"a", {0}}})});
  synced(first);
  leave("m1");
  ASSERT_NE(groups->find("g"), nullptr);
  EXPECT_EQ(groups->consumers().find("g"), nullptr);
  EXPECT_EQ(name(groups->find("g")->state), "PreparingRebalance");
  kill_and_start();
  ASSERT_NE(groups->find("g"), nullptr);
  EXPECT_EQ(groups->find("g")->generation, 2);
  first = joined({.member_id = first.member_id, .metadata = subscription("a")});
  EXPECT_EQ(first.leader, first.member_id);
}

TEST_F(GroupMigrationTest, WhoWaitsInTheClassicGroupIsSentToComeAgain) {
  classic_member();
  auto waits = GroupsTest::join({.metadata = subscription("a")});
  EXPECT_EQ(join("m1", {"a"}).substr(0, 1), "2");
  EXPECT_EQ(said(told(waits).error_code), "REBALANCE_IN_PROGRESS");
}

TEST_F(GroupMigrationTest, EmptyGroupsChangeSidesWithTheirOffsets) {
  classic_member();
  ASSERT_TRUE(commit(0, 7).ok());
  groups->leave("g", first.member_id, std::nullopt);
  settle();
  EXPECT_EQ(join("m1", {"a"}), "2 a:0,1");
  leave("m1");
  EXPECT_EQ(said(joined({.member_id = "m9", .metadata = subscription("a")}).error_code), "UNKNOWN_MEMBER_ID");
  EXPECT_EQ(said(joined({.protocols = {}}).error_code), "INCONSISTENT_GROUP_PROTOCOL");
  EXPECT_NE(groups->consumers().find("g"), nullptr) << "who is refused changes nothing";
  EXPECT_EQ(joined({.metadata = subscription("a")}).generation_id, 1);
  EXPECT_EQ(groups->consumers().find("g"), nullptr);
  EXPECT_EQ(committed(0), 7);
  settle();
  power_loss_and_start();
  EXPECT_EQ(groups->consumers().find("g"), nullptr);
  EXPECT_EQ(committed(0), 7);
}

TEST_F(GroupMigrationTest, GroupsOfOtherKindsStayClassic) {
  topics.set("a", 1);
  first = joined({.metadata = "no subscription"});
  synced(first, {{first.member_id, "x"}});
  EXPECT_EQ(join("m1", {"a"}), "GROUP_ID_NOT_FOUND");
  EXPECT_EQ(beat("m1", 2), "GROUP_ID_NOT_FOUND");
  EXPECT_EQ(heartbeat(first), "NONE") << "nothing has happened to it";
}

TEST_F(GroupMigrationTest, MemberOfTheNewProtocolIsNoneOfTheClassic) {
  topics.set("a", 1);
  join("m1", {"a"});
  EXPECT_EQ(said(groups->heartbeat("g", {"m1", std::nullopt, 2})), "UNKNOWN_MEMBER_ID");
  EXPECT_EQ(said(joined({.member_id = "m9", .metadata = "garbage"}).error_code), "UNKNOWN_SERVER_ERROR");
  EXPECT_EQ(said(joined({.protocols = {}, .metadata = ""}).error_code), "INCONSISTENT_GROUP_PROTOCOL");
}

}  // namespace
}  // namespace leat::coordinator
