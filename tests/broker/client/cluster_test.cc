#include "broker/client/cluster.h"

#include "client_fixture.h"

namespace leat::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(BootstrapServers, AreHostsAndPorts) {
  const auto servers = parse_bootstrap_servers("localhost:9092,::1:1");
  ASSERT_TRUE(servers);
  EXPECT_THAT(*servers, ElementsAre(Endpoint{"localhost", 9092}, Endpoint{"::1", 1}));
}

TEST(BootstrapServers, ThatAreWrongAreNamed) {
  for (const char* wrong : {"", "localhost", ":9092", "localhost:", "localhost:90x", "localhost:99999", "a:1,,b:2"})
    EXPECT_FALSE(parse_bootstrap_servers(wrong)) << wrong;
  EXPECT_THAT(parse_bootstrap_servers("kafka-1").error().message, HasSubstr("'kafka-1' is not host:port"));
}

struct ClusterTest : ClientTest {
  Status refresh(Cluster& of) {
    return status([&](OneShot<Status> done) { of.refresh({}, false, std::move(done)); });
  }
};

TEST_F(ClusterTest, KnowsTopicsAndTheirLeaders) {
  make_topic("orders", 3);
  EXPECT_EQ(cluster->leader_of({"orders", 2}), 1);
  EXPECT_EQ(cluster->leader_of({"orders", 3}), -1);
  EXPECT_EQ(cluster->topic("unknown"), nullptr);
}

TEST_F(ClusterTest, TellsThatABrokerDoesNotListen) {
  power_loss();
  const Status status = refresh(*cluster);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::kUnavailable);
}

TEST_F(ClusterTest, ABrokerThatIsDownIsPassedOver) {
  Cluster other(here, connector, {.bootstrap = {{"gone", 9092}, {"broker", 9092}}});
  const Status first = refresh(other);
  EXPECT_TRUE(first) << said(first);
  power_loss();
  EXPECT_FALSE(refresh(other));
  start_broker();
  const Status again = refresh(other);
  EXPECT_TRUE(again) << said(again);
}

TEST_F(ClusterTest, RequestsIntoSilenceTimeOutAndTheNextOnesGetThrough) {
  ASSERT_TRUE(refresh(*cluster));
  // Once more: the second one goes to the node that the first one told of, and leaves a connection open.
  ASSERT_TRUE(refresh(*cluster));
  sim.partition("client", "broker");
  const Instant begun = sim.now();
  std::vector<ErrorKind> kinds;
  for (int i = 0; i < 3; ++i) cluster->refresh({}, false, [&](Status status) { kinds.push_back(status.error().kind); });
  ASSERT_TRUE(sim.run_until([&] { return kinds.size() == 3; }, 40s));
  EXPECT_GE(sim.now() - begun, 30s);
  EXPECT_EQ(kinds[0], ErrorKind::kTimeout);
  sim.heal_all();
  EXPECT_TRUE(refresh(*cluster));
  // The timers of the calls that went with the old connection must not end the new one.
  sim.run_for(60s);
  EXPECT_TRUE(refresh(*cluster));
}

TEST_F(ClusterTest, ItsEndAnswersWhatIsUnderWay) {
  ASSERT_TRUE(refresh(*cluster));
  std::optional<Status> refreshed, retrying;
  auto other = make_cluster();
  cluster->refresh({}, false, [&](Status status) { refreshed = std::move(status); });
  power_loss();
  commit_offsets(*other, {.group_id = "g"}, {{{"orders", 0}, {1, ""}}}, sim.now() + 100s,
                 [&](Status status) { retrying = std::move(status); });
  sim.run_for(1s);
  other.reset();
  cluster.reset();
  sim.run_for(100s);
  ASSERT_TRUE(refreshed && retrying);
  EXPECT_FALSE(*refreshed);
  EXPECT_EQ(retrying->error().kind, ErrorKind::kClosed);
}

}  // namespace
}  // namespace leat::client
