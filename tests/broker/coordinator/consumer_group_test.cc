// Groups whose partitions the broker assigns: epochs, giving up before getting, who is fenced, what survives.
#include "tests/broker/coordinator/consumer_groups_fixture.h"

namespace leat::coordinator {
namespace {

using testing::HasSubstr;

TEST_F(ConsumerGroupsTest, FirstMemberGetsAllAtEpochTwo) {
  topics.set("a", 3);
  EXPECT_EQ(join("m1", {"a"}), "2 a:0,1,2");
  EXPECT_EQ(beat("m1", 2), "2");
  EXPECT_EQ(state(), "Stable");
}

TEST_F(ConsumerGroupsTest, EpochOneHasNoTopics) {
  EXPECT_EQ(join("m1", {}), "1 nothing");
  topics.set("a", 1);
  EXPECT_EQ(join("m1", {"a"}), "2 a:0");
}

TEST_F(ConsumerGroupsTest, PartitionsAreGivenUpBeforeAnotherGetsThem) {
  topics.set("a", 4);
  join("m1", {"a"});
  EXPECT_EQ(join("m2", {"a"}), "3 nothing");
  EXPECT_EQ(beat("m1", 2), "2 a:0,1") << "it is told to give up the others under its old epoch";
  EXPECT_EQ(beat("m2", 3), "3") << "nobody has given them up";
  EXPECT_EQ(state(), "Reconciling");
  EXPECT_EQ(beat("m1", 2, Holds{{"a", {0, 1, 2, 3}}}), "2") << "it still has them";
  EXPECT_EQ(beat("m1", 2, Holds{{"a", {0, 1}}}), "3");
  EXPECT_EQ(beat("m2", 3), "3 a:2,3");
  EXPECT_EQ(state(), "Stable");
}

TEST_F(ConsumerGroupsTest, MemberThatLeavesMakesRoom) {
  topics.set("a", 2);
  join("m1", {"a"});
  join("m2", {"a"});
  beat("m1", 2, Holds{{"a", {0}}});
  EXPECT_EQ(leave("m1"), "-1");
  EXPECT_EQ(beat("m2", 3), "4 a:0,1");
  EXPECT_EQ(leave("m2"), "-1");
  EXPECT_EQ(state(), "Empty");
  EXPECT_EQ(beat("m2", 4), "UNKNOWN_MEMBER_ID");
}

TEST_F(ConsumerGroupsTest, EpochBeforeIsTakenIfWhatIsOwnedFits) {
  topics.set("a", 2);
  join("m1", {"a"});
  join("m2", {"a"});
  ASSERT_EQ(beat("m1", 2, Holds{{"a", {0}}}), "3 a:0");
  EXPECT_EQ(beat("m1", 2, Holds{{"a", {0}}}), "3") << "it did not hear of the new epoch";
  EXPECT_EQ(beat("m1", 2, Holds{{"a", {0, 1}}}), "FENCED_MEMBER_EPOCH");
  EXPECT_EQ(beat("m1", 2), "FENCED_MEMBER_EPOCH");
  EXPECT_EQ(beat("m1", 9), "FENCED_MEMBER_EPOCH");
  EXPECT_EQ(join("m1", {"a"}), "3 a:0") << "who comes again from the beginning is welcome";
}

TEST_F(ConsumerGroupsTest, SilentMemberIsTakenOut) {
  config.consumer.session_timeout_ms = 5'000;
  kill_and_start();
  topics.set("a", 2);
  join("m1", {"a"});
  sim.run_for(4s);
  EXPECT_EQ(join("m2", {"a"}), "3 nothing");
  sim.run_for(2s);
  EXPECT_EQ(beat("m1", 2), "UNKNOWN_MEMBER_ID");
  EXPECT_EQ(beat("m2", 3), "4 a:0,1");
}

TEST_F(ConsumerGroupsTest, GroupsOwnSettingsComeFirst) {
  topics.set("a", 1);
  topics.settings = {{"consumer.session.timeout.ms", 1'000}, {"consumer.heartbeat.interval.ms", 77}};
  EXPECT_EQ(heard({.topics = std::vector<std::string>{"a"}, .owned = Holds(), .rebalance_timeout_ms = 1})
                .heartbeat_interval_ms,
            77);
  sim.run_for(2s);
  EXPECT_EQ(state(), "Empty");
}

TEST_F(ConsumerGroupsTest, MemberThatGivesNothingUpIsTakenOut) {
  topics.set("a", 2);
  said_to({.topics = std::vector<std::string>{"a"}, .owned = Holds(), .rebalance_timeout_ms = 3'000});
  join("m2", {"a"});
  ASSERT_EQ(beat("m1", 2), "2 a:0");
  sim.run_for(2s);
  EXPECT_EQ(beat("m1", 2), "2") << "it lives, but says nothing of what it holds";
  sim.run_for(2s);
  EXPECT_EQ(beat("m1", 2), "UNKNOWN_MEMBER_ID");
  EXPECT_EQ(beat("m2", 3), "4 a:0,1");
}

TEST_F(ConsumerGroupsTest, StaticMemberComesBackToWhatItHad) {
  topics.set("a", 2);
  EXPECT_EQ(join("m1", {"a"}, "i"), "2 a:0,1");
  EXPECT_EQ(join("m2", {"a"}, "i"), "UNRELEASED_INSTANCE_ID");
  EXPECT_EQ(said_to({.epoch = kStaticLeaveEpoch, .instance = "i"}), "-2");
  EXPECT_EQ(join("m2", {"a"}, "i"), "2 a:0,1") << "no epoch is spent on it";
  EXPECT_EQ(said_to({.epoch = 2, .instance = "i"}), "FENCED_INSTANCE_ID");
  EXPECT_EQ(said_to({.member = "m2", .epoch = 2, .instance = "j"}), "UNKNOWN_MEMBER_ID");
  EXPECT_EQ(said_to({.member = "m2", .epoch = kLeaveEpoch, .instance = "i"}), "-1");
  EXPECT_EQ(state(), "Empty");
}

TEST_F(ConsumerGroupsTest, TopicsComeGoAndGrow) {
  topics.set("a", 1);
  EXPECT_EQ(join("m1", {"a", "b"}), "2 a:0");
  topics.set("a", 2);
  EXPECT_EQ(beat("m1", 2), "3 a:0,1");
  topics.set("b", 1);
  EXPECT_EQ(beat("m1", 3), "4 a:0,1 b:0");
  topics.set("c", 1);
  EXPECT_EQ(beat("m1", 4), "4") << "nobody subscribes to it";
  topics.remove("b");
  EXPECT_EQ(beat("m1", 4), "4 a:0,1");
  EXPECT_EQ(beat("m1", 4, Holds{{"a", {0, 1}}}), "5");
}

TEST_F(ConsumerGroupsTest, RegexFindsTopicsAndThoseThatComeLater) {
  topics.set("xa", 1);
  topics.set("ya", 1);
  EXPECT_EQ(join_regex("m1", "x.*"), "1 nothing") << "its topics are looked up behind the answer";
  settle();
  EXPECT_EQ(beat("m1", 1), "2 xa:0");
  topics.set("xb", 1);
  EXPECT_EQ(beat("m1", 2), "2") << "not every moment";
  sim.run_for(11s);
  beat("m1", 2);
  settle();
  EXPECT_EQ(beat("m1", 2), "3 xa:0 xb:0");
  EXPECT_EQ(join_regex("m2", "[bad"), "INVALID_REGULAR_EXPRESSION");
  EXPECT_EQ(said_to({.epoch = 3, .regex = "y.*"}), "3 nothing");
  settle();
  EXPECT_EQ(beat("m1", 3, Holds()), "4 ya:0") << "the only one: it is looked up at once";
  leave("m1");
  EXPECT_TRUE(consumers().regexes.empty()) << "nobody asks for it any more";
}

TEST_F(ConsumerGroupsTest, MembersThatComeTogetherCostOneAssignment) {
  config.consumer.assignment_interval_ms = 1'000;
  kill_and_start();
  topics.set("a", 3);
  EXPECT_EQ(join("m1", {"a"}), "2 a:0,1,2");
  EXPECT_EQ(join("m2", {"a"}), "2 nothing");
  EXPECT_EQ(join("m3", {"a"}), "2 nothing");
  EXPECT_EQ(state(), "Assigning");
  sim.run_for(2s);
  EXPECT_EQ(beat("m1", 2), "2 a:0");
  EXPECT_EQ(beat("m1", 2, Holds{{"a", {0}}}), "4");
  EXPECT_EQ(beat("m2", 2), "4 a:1");
  EXPECT_EQ(beat("m3", 2), "4 a:2");
}

TEST_F(ConsumerGroupsTest, FullGroupTakesNobodyElse) {
  config.consumer.members_max = 1;
  kill_and_start();
  topics.set("a", 1);
  join("m1", {"a"});
  EXPECT_EQ(join("m2", {"a"}), "GROUP_MAX_SIZE_REACHED");
  EXPECT_EQ(join("m1", {"a"}), "2 a:0");
}

TEST_F(ConsumerGroupsTest, OddRequestsAreRefused) {
  topics.set("a", 1);
  const std::vector<std::string> subscribed{"a"};
  EXPECT_EQ(said_to({.topics = subscribed, .owned = Holds(), .rebalance_timeout_ms = 1, .group = ""}),
            "INVALID_REQUEST");
  EXPECT_EQ(said_to({.member = "", .topics = subscribed, .owned = Holds(), .rebalance_timeout_ms = 1}),
            "INVALID_REQUEST");
  EXPECT_EQ(said_to({.topics = subscribed, .owned = Holds()}), "INVALID_REQUEST") << "no rebalance timeout";
  EXPECT_EQ(said_to({.topics = subscribed, .rebalance_timeout_ms = 1}), "INVALID_REQUEST") << "owned partitions unsaid";
  EXPECT_EQ(said_to({.owned = Holds(), .rebalance_timeout_ms = 1}), "INVALID_REQUEST") << "nothing subscribed";
  EXPECT_EQ(said_to({.epoch = -3}), "INVALID_REQUEST");
  EXPECT_EQ(said_to({.epoch = kStaticLeaveEpoch}), "INVALID_REQUEST") << "no instance";
  EXPECT_EQ(said_to({.topics = subscribed, .owned = Holds(), .assignor = "sticky", .rebalance_timeout_ms = 1}),
            "UNSUPPORTED_ASSIGNOR");
  EXPECT_EQ(beat("m1", 1), "GROUP_ID_NOT_FOUND");
  EXPECT_TRUE(groups->consumers().groups().empty()) << "none of them made a group";
}

TEST_F(ConsumerGroupsTest, ServerMakesIdsForOldClients) {
  topics.set("a", 1);
  const auto response = heard({.member = "",
                               .topics = std::vector<std::string>{"a"},
                               .owned = Holds(),
                               .rebalance_timeout_ms = 1'000,
                               .version = 0});
  EXPECT_EQ(in_words(response), "2 a:0");
  EXPECT_EQ(beat(response.member_id.value_or(""), 2), "2");
}

TEST_F(ConsumerGroupsTest, CommitsAreTakenUnderTheMembersEpoch) {
  topics.set("a", 2);
  join("m1", {"a"});
  EXPECT_EQ(commit_verdict("m1", 2, "a", 0), "NONE");
  EXPECT_EQ(commit_verdict("m1", 2, "a", 0, 8), "UNSUPPORTED_VERSION");
  EXPECT_EQ(commit_verdict("m1", 3, "a", 0), "STALE_MEMBER_EPOCH");
  EXPECT_EQ(commit_verdict("m1", 1, "a", 0), "STALE_MEMBER_EPOCH");
  EXPECT_EQ(commit_verdict("nobody", 2, "a", 0), "UNKNOWN_MEMBER_ID");
  EXPECT_EQ(commit_verdict("", -1, "a", 0), "UNKNOWN_MEMBER_ID") << "the group is not empty";
  join("m2", {"a"});
  ASSERT_EQ(beat("m1", 2, Holds{{"a", {0}}}), "3 a:0");
  EXPECT_EQ(commit_verdict("m1", 2, "a", 0), "NONE")
      << "a new epoch has overtaken it, but it has had the partition since";
  EXPECT_EQ(commit_verdict("m1", 2, "a", 1), "STALE_MEMBER_EPOCH") << "that one it has given up";
}

TEST_F(ConsumerGroupsTest, GroupIsWhatItWasAfterAPowerLoss) {
  topics.set("a", 4);
  topics.set("xa", 1);
  join("m1", {"a"}, "i");
  said_to({.member = "m2",
           .topics = std::vector<std::string>{"a"},
           .owned = Holds(),
           .assignor = "range",
           .rebalance_timeout_ms = 30'000});
  join_regex("m3", "x.*");
  settle();
  beat("m3", 4);
  beat("m1", 2);
  settle();
  const std::string before = hard_state(groups->consumers());
  ASSERT_THAT(before, HasSubstr("gives up 1-"));
  power_loss_and_start();
  EXPECT_EQ(hard_state(groups->consumers()), before);
  EXPECT_EQ(said_to({.member = "m1", .epoch = 2, .owned = Holds{{"a", {0, 1}}}, .instance = "i"}).substr(0, 1), "4");
}

TEST_F(ConsumerGroupsTest, SessionsGoOnAfterARestart) {
  config.consumer.session_timeout_ms = 5'000;
  kill_and_start();
  topics.set("a", 1);
  join("m1", {"a"});
  kill_and_start();
  sim.run_for(4s);
  EXPECT_EQ(state(), "Stable");
  sim.run_for(2s);
  EXPECT_EQ(state(), "Empty");
}

TEST_F(ConsumerGroupsTest, DeletedGroupLeavesNothing) {
  topics.set("a", 1);
  join("m1", {"a"});
  ASSERT_TRUE(commit(0, 5).ok());
  EXPECT_EQ(said(answer<wire::ErrorCode>([&](auto reply) { groups->remove("g", std::move(reply)); })),
            "NON_EMPTY_GROUP");
  leave("m1");
  EXPECT_EQ(said(answer<wire::ErrorCode>([&](auto reply) { groups->remove("g", std::move(reply)); })), "NONE");
  EXPECT_EQ(groups->consumers().find("g"), nullptr);
  EXPECT_EQ(committed(0), -1);
  kill_and_start();
  EXPECT_EQ(groups->consumers().find("g"), nullptr);
  EXPECT_EQ(groups->find("g"), nullptr);
}

}  // namespace
}  // namespace leat::coordinator
