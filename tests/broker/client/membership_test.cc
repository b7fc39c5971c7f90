#include "broker/client/membership.h"

#include "client_fixture.h"

namespace leat::client {
namespace {

using testing::SizeIs;

constexpr int kPartitions = 4;

/// Deals the partitions out in turn, but takes none from a member that has it before that has given it up.
struct InTurn : Assignor {
  explicit InTurn(bool is_incremental) : incremental(is_incremental) {}
  std::string name() const override { return "in-turn"; }
  bool cooperative() const override { return incremental; }
  void assign(const GroupSubscription& members, OneShot<Result<GroupAssignment>> done) override {
    GroupAssignment assignment;
    std::map<TopicPartition, std::string> owners;
    std::vector<std::string> ids;
    for (const auto& [id, member] : members) {
      ids.push_back(id);
      assignment[id];
      for (const TopicPartition& partition : member.owned) owners[partition] = id;
    }
    for (int i = 0; i < kPartitions; ++i) {
      const std::string& to = ids[static_cast<std::size_t>(i) % ids.size()];
      const auto owner = owners.find({"orders", i});
      if (owner == owners.end() || owner->second == to) assignment[to].partitions.push_back({"orders", i});
    }
    done(std::move(assignment));
  }

  bool incremental;
};

/// A member with a cluster of its own. It takes `revoke_time` to give up partitions.
struct Member : RebalanceListener {
  Member(std::unique_ptr<Cluster> of, bool incremental, const std::string& instance, Duration takes)
      : cluster(std::move(of)),
        assignor(incremental),
        revoke_time(takes),
        membership(*cluster, {.group_id = "readers", .instance_id = instance, .session_timeout = 10s}, {"orders"},
                   assignor, *this) {
    membership.start();
  }
  void on_assigned(const std::vector<TopicPartition>& added) override { mine.insert(added.begin(), added.end()); }
  void on_revoked(const std::vector<TopicPartition>& revoked, OneShot<Status> done) override {
    revoked_count += revoked.size();
    Loop& loop = cluster->world().loop;
    loop.call_at(loop.now() + revoke_time, [this, revoked, done = std::move(done)]() mutable {
      for (const TopicPartition& partition : revoked) mine.erase(partition);
      done({});
    });
  }
  void on_lost(const std::vector<TopicPartition>& lost) override {
    lost_count += lost.size();
    for (const TopicPartition& partition : lost) mine.erase(partition);
  }

  std::unique_ptr<Cluster> cluster;
  InTurn assignor;
  Duration revoke_time;
  std::set<TopicPartition> mine;
  std::size_t revoked_count = 0, lost_count = 0;
  Membership membership;
};

struct MembershipTest : ClientTest {
  void SetUp() override { make_topic("orders", kPartitions); }
  ~MembershipTest() override { members.clear(); }

  Member& join(const std::string& instance = "", Duration revoke_time = 10ms) {
    members.push_back(std::make_unique<Member>(make_cluster(), incremental, instance, revoke_time));
    return *members.back();
  }
  /// Until the members have all partitions between them, each its share.
  bool shared(Duration at_most = 60s) {
    return sim.run_until(
        [&] {
          std::set<TopicPartition> all;
          std::size_t count = 0;
          for (const auto& member : members) {
            if (!member->membership.stable() || member->mine.size() * members.size() != kPartitions) return false;
            all.insert(member->mine.begin(), member->mine.end());
            count += member->mine.size();
          }
          EXPECT_EQ(all.size(), count) << "a partition has two owners";
          return all.size() == kPartitions;
        },
        at_most);
  }

  bool incremental = true;
  std::vector<std::unique_ptr<Member>> members;
};

struct EitherProtocol : MembershipTest, testing::WithParamInterface<bool> {
  void SetUp() override {
    MembershipTest::SetUp();
    incremental = GetParam();
  }
};

TEST_P(EitherProtocol, AloneAMemberHasEverything) {
  join();
  EXPECT_TRUE(shared());
}

TEST_P(EitherProtocol, ANewMemberGetsItsShare) {
  join();
  ASSERT_TRUE(shared());
  join();
  EXPECT_TRUE(shared());
}

TEST_P(EitherProtocol, WhatALeavingMemberHadGoesToTheOther) {
  join();
  Member& leaving = join();
  ASSERT_TRUE(shared());
  ASSERT_TRUE(status([&](OneShot<Status> done) { leaving.membership.leave(std::move(done)); }));
  members.pop_back();
  EXPECT_TRUE(shared(8s));
}

TEST_P(EitherProtocol, WhatAMemberThatWentSilentHadGoesToTheOtherAfterItsSession) {
  join();
  join();
  ASSERT_TRUE(shared());
  members.pop_back();
  EXPECT_FALSE(shared(5s));
  EXPECT_TRUE(shared(20s));
}

TEST_P(EitherProtocol, TheGroupSurvivesAPowerLossOfTheBroker) {
  join();
  join();
  ASSERT_TRUE(shared());
  power_loss();
  sim.run_for(3s);
  start_broker();
  sim.run_for(30s);
  EXPECT_TRUE(shared());
}

INSTANTIATE_TEST_SUITE_P(EagerAndCooperative, EitherProtocol, testing::Bool());

TEST_F(MembershipTest, CooperativeMembersGiveUpOnlyWhatTheyLose) {
  Member& first = join();
  ASSERT_TRUE(shared());
  join();
  ASSERT_TRUE(shared());
  EXPECT_EQ(first.revoked_count, kPartitions / 2);
}

TEST_F(MembershipTest, PartitionsAreLostBehindAPartitionOfTheNetwork) {
  Member& alone = join();
  ASSERT_TRUE(shared());
  sim.partition("client", "broker");
  ASSERT_TRUE(sim.run_until([&] { return alone.lost_count == kPartitions; }, 120s));
  sim.heal_all();
  EXPECT_TRUE(shared());
}

TEST_F(MembershipTest, AStaticMemberComesBackToItsPartitionsWithoutARebalance) {
  Member& other = join("one");
  join("two");
  ASSERT_TRUE(shared());
  const std::int32_t generation = other.membership.identity().generation;
  ASSERT_TRUE(status([&](OneShot<Status> done) { members.back()->membership.leave(std::move(done)); }));
  members.pop_back();
  join("two");
  ASSERT_TRUE(shared());
  sim.run_for(10s);
  EXPECT_EQ(other.membership.identity().generation, generation);
}

TEST_F(MembershipTest, CommitsDoNotWaitBehindAParkedJoin) {
  // The first member takes long to give up its partitions; meanwhile the second one's join is parked.
  join("", 20s);
  ASSERT_TRUE(shared());
  Member& second = join();
  sim.run_for(1s);
  const Instant begun = sim.now();
  static_cast<void>(status([&](OneShot<Status> done) {
    commit_offsets(*second.cluster, second.membership.identity(), {{{"orders", 0}, {1, ""}}}, sim.now() + 1ms,
                   std::move(done));
  }));
  EXPECT_LT(sim.now() - begun, 1s);
}

}  // namespace
}  // namespace leat::client
