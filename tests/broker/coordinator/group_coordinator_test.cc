// Classic groups: joining, generations, who is heard and who is refused, what survives.
#include "tests/broker/coordinator/groups_fixture.h"

namespace leat::coordinator {
namespace {

using testing::Contains;
using testing::SizeIs;
using wire::ErrorCode;

TEST_F(GroupsTest, AssignsEachMemberWhatTheLeaderSays) {
  two_members();
  EXPECT_EQ(state(), "Stable");
  EXPECT_EQ(first.generation_id, second.generation_id);
  EXPECT_THAT(second.members, SizeIs(0)) << "only the leader sees the members";
  EXPECT_EQ(heartbeat(first), "NONE");
  EXPECT_EQ(synced(second).assignment.view(), "p1") << "asked again";
}

TEST_F(GroupsTest, AsksForTheMemberIdFirst) {
  const auto told_id = joined({.version = 4});
  EXPECT_EQ(said(told_id.error_code), "MEMBER_ID_REQUIRED");
  ASSERT_FALSE(told_id.member_id.empty());
  EXPECT_EQ(said(joined({.member_id = told_id.member_id, .version = 4}).error_code), "NONE");
  EXPECT_EQ(said(joined({.member_id = "stranger", .version = 4}).error_code), "UNKNOWN_MEMBER_ID");
}

TEST_F(GroupsTest, ForgetsAnIdThatDoesNotComeBack) {
  const auto told_id = joined({.session_timeout_ms = 6'000, .version = 4});
  sim.run_for(7s);
  EXPECT_EQ(said(joined({.member_id = told_id.member_id, .version = 4}).error_code), "UNKNOWN_MEMBER_ID");
}

TEST_F(GroupsTest, RefusesOddJoins) {
  EXPECT_EQ(said(joined({.group = ""}).error_code), "INVALID_GROUP_ID");
  EXPECT_EQ(said(joined({.session_timeout_ms = 1}).error_code), "INVALID_SESSION_TIMEOUT");
  EXPECT_EQ(said(joined({.protocols = {}}).error_code), "INCONSISTENT_GROUP_PROTOCOL");
  joined();
  EXPECT_EQ(said(joined({.protocols = {"sticky"}}).error_code), "INCONSISTENT_GROUP_PROTOCOL");
  config.members_max = 1;
  kill_and_start();
}

TEST_F(GroupsTest, TakesTheProtocolThatMostPrefer) {
  auto one = joined({.protocols = {"range", "sticky"}});
  auto two = join({.protocols = {"sticky", "range"}});
  auto three = join({.protocols = {"sticky", "other", "range"}});
  auto again = join({.member_id = one.member_id, .protocols = {"range", "sticky"}});
  EXPECT_EQ(told(again).protocol_name, "sticky");
  EXPECT_EQ(told(two).protocol_name, "sticky");
  EXPECT_EQ(told(three).protocol_name, "sticky");
}

TEST_F(GroupsTest, RefusesWhoIsOfAnotherGenerationOrNoMember) {
  two_members();
  auto old = first;
  --old.generation_id;
  wire::JoinGroupResponse stranger = first;
  stranger.member_id = "stranger";
  EXPECT_EQ(heartbeat(old), "ILLEGAL_GENERATION");
  EXPECT_EQ(heartbeat(stranger), "UNKNOWN_MEMBER_ID");
  EXPECT_EQ(said(synced(old).error_code), "ILLEGAL_GENERATION");
  EXPECT_EQ(said(synced(stranger).error_code), "UNKNOWN_MEMBER_ID");
  const auto judge = [&](const wire::JoinGroupResponse& who, bool transactional) {
    return said(groups->judge_commit("g", {who.member_id, {}, who.generation_id}, transactional));
  };
  for (const bool transactional : {false, true}) {
    EXPECT_EQ(judge(first, transactional), "NONE");
    EXPECT_EQ(judge(old, transactional), "ILLEGAL_GENERATION");
    EXPECT_EQ(judge(stranger, transactional), "UNKNOWN_MEMBER_ID");
  }
  EXPECT_EQ(said(groups->judge_commit("g", {"", {}, -1}, false)), "UNKNOWN_MEMBER_ID") << "the group has members";
  EXPECT_EQ(said(groups->judge_commit("other", {"", {}, -1}, false)), "NONE") << "a group without membership";
  EXPECT_EQ(said(groups->judge_commit("other", {"m", {}, 3}, false)), "ILLEGAL_GENERATION");
}

TEST_F(GroupsTest, TellsTheMembersThatARebalanceBegins) {
  two_members();
  auto third = join();
  EXPECT_EQ(state(), "PreparingRebalance");
  EXPECT_EQ(heartbeat(first), "REBALANCE_IN_PROGRESS");
  EXPECT_EQ(said(synced(first).error_code), "REBALANCE_IN_PROGRESS");
  auto one = join({.member_id = first.member_id});
  auto two = join({.member_id = second.member_id});
  EXPECT_EQ(told(one).generation_id, first.generation_id + 1);
  EXPECT_EQ(told(two).generation_id, first.generation_id + 1);
  EXPECT_THAT(told(one).members, SizeIs(3));
  EXPECT_EQ(heartbeat(first), "ILLEGAL_GENERATION");
}

TEST_F(GroupsTest, GoesOnWithoutWhoDoesNotJoinInTime) {
  two_members();
  auto third = join();
  auto one = join({.member_id = first.member_id});
  for (int i = 0; i < 28; ++i) {  // the second lives, but does not come
    sim.run_for(1s);
    EXPECT_EQ(heartbeat(second), "REBALANCE_IN_PROGRESS");
  }
  EXPECT_FALSE(one->has_value());
  sim.run_for(3s);
  EXPECT_THAT(told(one).members, SizeIs(2));
  EXPECT_EQ(heartbeat(second), "UNKNOWN_MEMBER_ID");
}

TEST_F(GroupsTest, AFollowerThatSyncsAfterTheLeaderIsNotMissing) {
  auto one = joined();
  auto two = join();
  auto again = join({.member_id = one.member_id});
  const auto follower = told(two);
  const auto leader = told(again);
  synced(leader, {{leader.member_id, "p0"}, {follower.member_id, "p1"}});
  EXPECT_EQ(state(), "Stable");
  EXPECT_EQ(synced(follower).assignment.view(), "p1");
  for (int i = 0; i < 60; ++i) {  // twice the rebalance timeout
    sim.run_for(1s);
    ASSERT_EQ(heartbeat(leader), "NONE") << "after " << i << " s";
    ASSERT_EQ(heartbeat(follower), "NONE") << "after " << i << " s";
  }
}

TEST_F(GroupsTest, AMemberThatNeverSyncsIsThrownOut) {
  auto one = joined();
  auto two = join();
  auto again = join({.member_id = one.member_id});
  const auto follower = told(two);
  const auto leader = told(again);
  synced(leader, {{leader.member_id, "p0"}});
  for (int i = 0; i < 31; ++i) {
    sim.run_for(1s);
    (void)heartbeat(leader);
    (void)heartbeat(follower);
  }
  EXPECT_EQ(heartbeat(follower), "UNKNOWN_MEMBER_ID");
  EXPECT_EQ(heartbeat(leader), "REBALANCE_IN_PROGRESS");
}

TEST_F(GroupsTest, ASilentMemberIsTakenForDead) {
  two_members();
  for (int i = 0; i < 12; ++i) {
    sim.run_for(1s);
    (void)heartbeat(first);
  }
  EXPECT_EQ(heartbeat(second), "UNKNOWN_MEMBER_ID");
  EXPECT_EQ(heartbeat(first), "REBALANCE_IN_PROGRESS");
}

TEST_F(GroupsTest, IsEmptyWhenTheLastHasLeft) {
  two_members();
  EXPECT_EQ(said(groups->leave("g", second.member_id, {})), "NONE");
  EXPECT_EQ(said(groups->leave("g", second.member_id, {})), "UNKNOWN_MEMBER_ID");
  EXPECT_EQ(said(groups->leave("g", first.member_id, {})), "NONE");
  EXPECT_EQ(state(), "Empty");
  settle();
  const std::string before = hard_state(*groups);
  kill_and_start();
  EXPECT_EQ(hard_state(*groups), before);
  EXPECT_EQ(state(), "Empty");
  EXPECT_GT(joined().generation_id, first.generation_id) << "generations go on";
}

TEST_F(GroupsTest, FindsItsMembersAgainAfterACrash) {
  two_members();
  const std::string before = hard_state(*groups);
  power_loss_and_start();
  EXPECT_EQ(hard_state(*groups), before) << "the leader was answered, so its assignment is durable";
  EXPECT_EQ(heartbeat(first), "NONE");
  EXPECT_EQ(synced(second).assignment.view(), "p1");
  sim.run_for(11s);
  EXPECT_EQ(heartbeat(first), "UNKNOWN_MEMBER_ID") << "one session to come back";
}

TEST_F(GroupsTest, DoesNotTellAnAssignmentThatIsNotDurable) {
  auto one = joined();
  auto slot = sync(one, {{one.member_id, "p0"}});
  EXPECT_FALSE(slot->has_value());
  EXPECT_EQ(state(), "CompletingRebalance");
  settle();
  EXPECT_TRUE(slot->has_value());
}

// ---- static members

class StaticMembers : public GroupsTest {
 protected:
  /// "a" leads, "b" follows.
  void two_static() {
    first = joined({.instance_id = "a"});
    auto other = join({.instance_id = "b"});
    auto again = join({.member_id = first.member_id, .instance_id = "a"});
    second = told(other);
    first = told(again);
    auto waits = sync(second, {}, "b");
    auto leads = sync(first, {{first.member_id, "p0"}, {second.member_id, "p1"}}, "a");
    EXPECT_EQ(told(leads).assignment.view(), "p0");
    EXPECT_EQ(told(waits).assignment.view(), "p1");
  }
};

TEST_F(StaticMembers, ComeBackUnderANewIdWithoutARebalance) {
  two_static();
  const auto back = joined({.instance_id = "b", .version = 5});
  EXPECT_EQ(said(back.error_code), "NONE");
  EXPECT_NE(back.member_id, second.member_id);
  EXPECT_EQ(back.generation_id, second.generation_id);
  EXPECT_EQ(heartbeat(first, "a"), "NONE") << "nobody else notices";
  EXPECT_EQ(heartbeat(second, "b"), "FENCED_INSTANCE_ID");
  EXPECT_EQ(said(groups->judge_commit("g", {second.member_id, "b", second.generation_id}, true)), "FENCED_INSTANCE_ID");
  EXPECT_EQ(said(groups->leave("g", second.member_id, "b")), "FENCED_INSTANCE_ID");
  EXPECT_EQ(told(sync(back, {}, "b")).assignment.view(), "p1");
}

TEST_F(StaticMembers, AreToldTheirNewIdWhenItIsDurable) {
  two_static();
  auto slot = join({.instance_id = "b", .version = 5});
  EXPECT_FALSE(slot->has_value()) << "a crash now would leave an id that nobody knows";
  const auto back = told(slot);
  power_loss_and_start();
  EXPECT_EQ(heartbeat(back, "b"), "NONE");
  EXPECT_EQ(heartbeat(second, "b"), "FENCED_INSTANCE_ID");
}

TEST_F(StaticMembers, ALeaderThatComesBackIsNotAskedToAssignAnew) {
  two_static();
  const auto older = joined({.instance_id = "a", .version = 5});
  EXPECT_EQ(older.leader, first.member_id) << "told who it was before";
  EXPECT_THAT(older.members, SizeIs(0));
  const auto newer = joined({.instance_id = "a", .version = 9});
  EXPECT_EQ(newer.leader, newer.member_id);
  EXPECT_TRUE(newer.skip_assignment);
  EXPECT_THAT(newer.members, SizeIs(2));
}

TEST_F(StaticMembers, KeepTheirPlaceButDoNotLeadWhileTheyAreAway) {
  first = joined({.instance_id = "a", .session_timeout_ms = 600'000});
  synced(first);
  auto other = join();  // a dynamic member comes, the static leader is away
  sim.run_for(31s);
  const auto came = told(other);
  EXPECT_EQ(came.leader, came.member_id) << "somebody who is here must assign";
  EXPECT_THAT(came.members, SizeIs(2)) << "the one that is away included";
  EXPECT_EQ(synced(came, {{came.member_id, "p0"}, {first.member_id, "p1"}}).assignment.view(), "p0");
  EXPECT_EQ(state(), "Stable");
}

TEST_F(StaticMembers, LeaveByTheirInstance) {
  two_static();
  EXPECT_EQ(said(groups->leave("g", "", "b")), "NONE");
  EXPECT_EQ(said(groups->leave("g", "", "b")), "UNKNOWN_MEMBER_ID");
  EXPECT_EQ(heartbeat(first, "a"), "REBALANCE_IN_PROGRESS");
}

}  // namespace
}  // namespace leat::coordinator
