// Members at random: no two of them ever have the same partition, whatever is lost, and when things calm down
// everything is assigned.
#include <random>

#include "tests/broker/coordinator/consumer_groups_fixture.h"

namespace leat::coordinator {
namespace {

/// A member as a consumer is one: it holds what it was told to, and gives up before it says so.
struct Consumer {
  std::string id;
  std::int32_t epoch = 0;
  bool joined = false;
  Holds has;
  Holds told;
};

class ConsumerGroupModelTest : public ConsumerGroupsTest, public testing::WithParamInterface<std::uint64_t> {
 protected:
  ConsumerGroupModelTest() : ConsumerGroupsTest(GetParam()), chance_(GetParam()) {
    for (const char* id : {"m1", "m2", "m3", "m4"}) members_.push_back({.id = id, .has = {}, .told = {}});
    topics.set("a", 5);
    topics.set("b", 3);
  }

  std::size_t roll(std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(chance_); }

  std::vector<std::string> some_topics() {
    switch (roll(3)) {
      case 0: return {"a"};
      case 1: return {"b"};
      default: return {"a", "b"};
    }
  }

  void hear(Consumer& member, const wire::ConsumerGroupHeartbeatResponse& response, bool lost) {
    if (lost) return;
    if (response.error_code != wire::ErrorCode::kNone) {
      // Fenced or forgotten: it has nothing any more.
      member.joined = false;
      member.has.clear();
      member.told.clear();
      return;
    }
    member.epoch = response.member_epoch;
    if (!response.assignment) return;
    member.told = holds(response);
    // What it lacks it takes at once; what it shall give up it has until it says so.
    for (const auto& [topic, partitions] : member.told) member.has[topic].insert(partitions.begin(), partitions.end());
  }

  void beat_as_consumer(Consumer& member, bool lost) {
    HeartbeatSpec spec{.member = member.id, .epoch = member.epoch};
    if (!member.joined) {
      spec.epoch = kJoinEpoch;
      spec.topics = some_topics();
      spec.owned = Holds();
      spec.rebalance_timeout_ms = 600'000;
    } else if (roll(4) == 0) {
      spec.topics = some_topics();
    } else if (roll(3) != 0) {
      member.has = member.told;
      spec.owned = member.has;
    }
    const auto response = heard(spec);
    if (spec.epoch == kJoinEpoch && response.error_code == wire::ErrorCode::kNone && !lost) member.joined = true;
    hear(member, response, lost);
  }

  void expect_nothing_twice() {
    std::map<std::pair<std::string, std::int32_t>, std::string> holders;
    for (const Consumer& member : members_)
      for (const auto& [topic, partitions] : member.has)
        for (const std::int32_t partition : partitions) {
          const auto [holder, is_new] = holders.try_emplace({topic, partition}, member.id);
          ASSERT_TRUE(is_new) << topic << "-" << partition << " is with " << holder->second << " and " << member.id
                              << "\n"
                              << hard_state(groups->consumers());
        }
  }

  std::mt19937_64 chance_;
  std::vector<Consumer> members_;
};

TEST_P(ConsumerGroupModelTest, NoPartitionIsWithTwoMembers) {
  for (int step = 0; step < 150; ++step) {
    Consumer& member = members_[roll(members_.size())];
    switch (roll(24)) {
      case 0:
        if (member.joined) leave(member.id);
        member = {.id = member.id, .has = {}, .told = {}};
        break;
      case 1: kill_and_start(); break;
      case 2: power_loss_and_start(); break;
      case 3: topics.set("b", std::min(9, topics.catalog_topic("b")->partitions + 1)); break;
      default: beat_as_consumer(member, member.joined && roll(8) == 0);
    }
    expect_nothing_twice();
    if (HasFatalFailure()) return;
  }
  for (int round = 0; round < 8; ++round)
    for (Consumer& member : members_) {
      HeartbeatSpec spec{.member = member.id, .epoch = member.epoch};
      member.has = member.told;
      spec.owned = member.has;
      if (!member.joined || round == 0) {
        spec = {.member = member.id,
                .topics = std::vector<std::string>{"a", "b"},
                .owned = Holds(),
                .rebalance_timeout_ms = 600'000};
        member.has.clear();
        member.joined = true;
      }
      hear(member, heard(spec), false);
      expect_nothing_twice();
    }
  EXPECT_EQ(state(), "Stable") << hard_state(groups->consumers());
  std::size_t held = 0;
  for (const Consumer& member : members_)
    for (const auto& [topic, partitions] : member.has) held += partitions.size();
  EXPECT_EQ(held, static_cast<std::size_t>(5 + topics.catalog_topic("b")->partitions));
}

INSTANTIATE_TEST_SUITE_P(Seeds, ConsumerGroupModelTest, testing::Range<std::uint64_t>(1, 21));

}  // namespace
}  // namespace leat::coordinator
