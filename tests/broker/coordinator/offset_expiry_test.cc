#include "tests/broker/coordinator/groups_fixture.h"

namespace leat::coordinator {
namespace {

constexpr std::int64_t kRetentionMs = 60'000;

class OffsetExpiry : public GroupsTest {
 protected:
  void pass(Duration time) { sim.run_for(time); }
  void expire() {
    groups->expire_offsets(kRetentionMs);
    settle();
  }
  Status commit(int partition, std::int64_t offset, const WriterIdentity& writer = {}) {
    OffsetsByPartition offsets;
    offsets[{"orders", partition}] = {.offset = offset, .commit_timestamp_ms = world().loop.wall_clock_ms()};
    return answer<Status>(
        [&](OneShot<Status> released) { groups->commit_offsets("g", offsets, writer, std::move(released)); });
  }
  bool there(const std::string& group = "g") const {
    return groups->find(group) != nullptr || groups->offsets().of_group(group) != nullptr;
  }
  void leave(const wire::JoinGroupResponse& who) { EXPECT_EQ(said(groups->leave("g", who.member_id, {})), "NONE"); }
};

TEST_F(OffsetExpiry, AGroupThatOnlyCommitsLosesAnOffsetWhenItsTimeHasPassed) {
  ASSERT_TRUE(commit(0, 7).ok());
  pass(40s);
  ASSERT_TRUE(commit(1, 8).ok());
  pass(30s);
  expire();
  EXPECT_EQ(committed(0), -1);
  EXPECT_EQ(committed(1), 8);
  pass(31s);
  expire();
  EXPECT_FALSE(there()) << "nothing is left of it";
}

TEST_F(OffsetExpiry, WhatHasExpiredIsGoneAfterACrashToo) {
  ASSERT_TRUE(commit(0, 7).ok());
  pass(61s);
  expire();
  power_loss_and_start();
  EXPECT_EQ(committed(0), -1);
  EXPECT_FALSE(there());
}

TEST_F(OffsetExpiry, AGroupWithMembersKeepsItsOffsetsAndTimeCountsFromWhenItBecameEmpty) {
  const auto member = joined();
  synced(member, {{member.member_id, "all"}});
  ASSERT_TRUE(commit(0, 7).ok());
  for (int i = 0; i < 20; ++i) {
    pass(5s);
    EXPECT_EQ(heartbeat(member), "NONE");
  }
  expire();
  EXPECT_EQ(committed(0), 7) << "its subscription cannot be read: it may consume the topic";
  leave(member);
  pass(59s);
  expire();
  EXPECT_EQ(committed(0), 7);
  pass(2s);
  expire();
  EXPECT_FALSE(there());
}

TEST_F(OffsetExpiry, WhenAGroupBecameEmptyIsKnownAfterACrash) {
  const auto member = joined();
  synced(member, {{member.member_id, "all"}});
  ASSERT_TRUE(commit(0, 7).ok());
  leave(member);
  settle();
  pass(30s);
  kill_and_start();
  pass(20s);
  expire();
  EXPECT_EQ(committed(0), 7);
  pass(15s);
  expire();
  EXPECT_FALSE(there());
}

TEST_F(OffsetExpiry, WhatATransactionHasStagedKeepsTheOffset) {
  ASSERT_TRUE(commit(0, 7).ok());
  ASSERT_TRUE(commit(0, 9, {5, 0}).ok());
  pass(61s);
  expire();
  EXPECT_EQ(committed(0), 7);
  ASSERT_TRUE(end_transaction(5, false).ok());
  expire();
  EXPECT_EQ(committed(0), -1);
}

TEST_F(OffsetExpiry, AnOldClientsOwnRetentionHolds) {
  OffsetsByPartition offsets;
  offsets[{"t", 0}] = {.offset = 7,
                       .commit_timestamp_ms = world().loop.wall_clock_ms(),
                       .expire_timestamp_ms = world().loop.wall_clock_ms() + 5'000};
  const Status done =
      answer<Status>([&](OneShot<Status> released) { groups->commit_offsets("g", offsets, {}, std::move(released)); });
  ASSERT_TRUE(done.ok());
  kill_and_start();
  pass(4s);
  expire();
  EXPECT_TRUE(there());
  pass(2s);
  expire();
  EXPECT_FALSE(there());
}

TEST_F(OffsetExpiry, AnEmptyGroupWithoutOffsetsGoesAtOnce) {
  const auto member = joined();
  synced(member);
  expire();
  EXPECT_TRUE(there());
  leave(member);
  settle();
  expire();
  EXPECT_FALSE(there());
}

}  // namespace
}  // namespace leat::coordinator
