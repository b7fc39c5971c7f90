#include "broker/server/nodes.h"

#include "broker/server/node_control.h"
#include "broker/wire/messages/alter_partition_reassignments.h"
#include "broker/wire/messages/api_versions.h"
#include "broker/wire/messages/create_topics.h"
#include "broker/wire/messages/describe_configs.h"
#include "broker/wire/messages/fetch.h"
#include "broker/wire/messages/find_coordinator.h"
#include "broker/wire/messages/heartbeat.h"
#include "broker/wire/messages/list_groups.h"
#include "broker/wire/messages/list_offsets.h"
#include "broker/wire/messages/metadata.h"
#include "broker/wire/messages/produce.h"
#include "tests/broker/server/server_fixture.h"

namespace leat::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;
using wire::ErrorCode;

constexpr std::int8_t kGroupKey = 0;

BrokerConfig parsed(const std::string& text) {
  auto config = BrokerConfig::parse(text, {});
  EXPECT_TRUE(config.ok()) << config.error().message;
  return config.ok() ? *config : BrokerConfig();
}

TEST(Nodes, AreOneWithoutARackUnlessMoreAreAskedFor) {
  const Nodes nodes(parsed("node.id=4"));
  ASSERT_THAT(nodes.all(), SizeIs(1));
  EXPECT_EQ(nodes.all()[0].id, 4);
  EXPECT_EQ(nodes.all()[0].rack, std::nullopt);
}

TEST(Nodes, HaveRacksOfTheirOwnUnlessTheyAreTold) {
  const Nodes nodes(parsed("node.id=0\ntest.virtual.nodes=3\ntest.node.1.broker.rack=b"));
  EXPECT_EQ(nodes.all()[0].rack, "0");
  EXPECT_EQ(nodes.all()[1].rack, "b");
  EXPECT_EQ(Nodes(parsed("test.virtual.nodes=2\nbroker.rack=a")).all()[1].rack, "a");
}

TEST(Nodes, ShareTheSettingsOfANodeThatIsNotHere) {
  const BrokerConfig config =
      parsed("test.virtual.nodes=2\ntest.node.1.num.partitions=5\ntest.node.3000.default.replication.factor=2");
  EXPECT_EQ(config.default_replication_factor, 2);
  const Nodes nodes(config);
  EXPECT_EQ(nodes.all()[0].num_partitions, 1);
  EXPECT_EQ(nodes.all()[1].num_partitions, 5);
  EXPECT_EQ(nodes.all()[1].default_replication_factor, 2);
  EXPECT_EQ(parsed("num.partitions=3\ntest.node.0.num.partitions=4").num_partitions, 4) << "there is one node";
}

TEST(Nodes, LeadByTheFirstReplicaThatRuns) {
  Nodes nodes(parsed("test.virtual.nodes=3"));
  EXPECT_EQ(nodes.leader_of({2, 3, 1}), 2);
  nodes.set_running(2, false);
  EXPECT_EQ(nodes.leader_of({2, 3, 1}), 3);
  EXPECT_THAT(nodes.in_sync({2, 3, 1}), ElementsAre(3, 1));
  EXPECT_THAT(nodes.offline({2, 3, 1}), ElementsAre(2));
  EXPECT_EQ(nodes.leader_of({2}), -1);
  nodes.set_running(2, true);
  EXPECT_EQ(nodes.leader_of({2, 3, 1}), 2);
}

TEST(Nodes, DealOutPartitionsSoThatLeadersGoRound) {
  Random random(1);
  const Nodes nodes(parsed("test.virtual.nodes=3"));
  const auto placed = nodes.place(3, 2, random);
  std::set<std::int32_t> leaders;
  for (const auto& replicas : placed) {
    EXPECT_THAT(replicas, SizeIs(2));
    EXPECT_NE(replicas[0], replicas[1]);
    leaders.insert(replicas[0]);
  }
  EXPECT_THAT(leaders, ElementsAre(1, 2, 3));
  EXPECT_THAT(nodes.place(1, 9, random).at(0), SizeIs(3)) << "a factor beyond the nodes";
}

TEST(Nodes, PutReplicasIntoDifferentRacks) {
  Random random(1);
  const Nodes nodes(
      parsed("test.virtual.nodes=4\ntest.node.0.broker.rack=a\ntest.node.1.broker.rack=a\n"
             "test.node.2.broker.rack=b\ntest.node.3.broker.rack=b"));
  for (const auto& replicas : nodes.place(8, 2, random))
    EXPECT_NE(nodes.find(replicas[0])->rack, nodes.find(replicas[1])->rack);
}

/// A broker that looks like three.
class Cluster : public BrokerTest {
 protected:
  Cluster() {
    kill();
    restart();
  }
  ~Cluster() override { asked_.clear(); }

  void restart(const std::string& more = "") {
    BrokerConfig config = parsed("test.virtual.nodes=3\n" + more);
    config.log_dir = "/cluster";
    config.listeners = {{.name = "PLAINTEXT", .at = {"broker", 9092}, .advertised = {"broker", 9092}}};
    config.offsets_topic_partitions = config.transaction_topic_partitions = 3;
    auto opened = Broker::open(sim.process("broker"), config);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    broker = std::move(*opened);
    ASSERT_EQ(said(broker->listen()), "ok");
    asked_.clear();
  }

  void restart_with_data(const std::string& more) {
    asked_.clear();
    broker.reset();
    restart(more);
  }

  template <class Response, class Request>
  Result<Response> ask_node(std::int32_t id, Request request, int version_max = 99) {
    auto& node = asked_[id];
    if (node == nullptr)
      node = std::make_unique<client::Node>(here, connector, client_config_,
                                            Endpoint{"broker", static_cast<std::uint16_t>(9091 + id)});
    return answer<Result<Response>>([&](OneShot<Result<Response>> done) {
      node->call<Request, Response>(std::move(request), std::move(done), version_max);
    });
  }
  ErrorCode create(const std::string& name, std::vector<std::vector<std::int32_t>> replicas) {
    wire::CreateTopicsRequest request;
    auto& topic = request.topics.emplace_back();
    topic.name = name;
    topic.num_partitions = topic.replication_factor = -1;
    for (std::size_t i = 0; i < replicas.size(); ++i)
      topic.assignments.push_back({static_cast<std::int32_t>(i), replicas[i]});
    request.timeout_ms = 1000;
    return ask_node<wire::CreateTopicsResponse>(1, std::move(request))->topics.at(0).error_code;
  }
  ErrorCode create(const std::string& name, std::int16_t replication_factor) {
    wire::CreateTopicsRequest request;
    auto& topic = request.topics.emplace_back();
    topic.name = name;
    topic.num_partitions = 1;
    topic.replication_factor = replication_factor;
    request.timeout_ms = 1000;
    return ask_node<wire::CreateTopicsResponse>(1, std::move(request))->topics.at(0).error_code;
  }
  wire::MetadataResponse metadata(std::int32_t asked = 1) {
    return *ask_node<wire::MetadataResponse>(asked, wire::MetadataRequest{});
  }
  std::int32_t leader(const std::string& topic, std::int32_t asked = 1) {
    for (const auto& each : metadata(asked).topics)
      if (each.name == topic) return each.partitions.at(0).leader_id;
    return -9;
  }
  std::int32_t epoch(const std::string& topic) {
    const log::PartitionLog* log = broker->topics().log_of(topic, 0);
    for (const auto& each : metadata().topics) {
      if (each.name == topic) {
        EXPECT_EQ(each.partitions.at(0).leader_epoch, log->leader_epoch());
      }
    }
    return log->leader_epoch();
  }
  ErrorCode list_offsets(std::int32_t node, const std::string& topic) {
    wire::ListOffsetsRequest request;
    auto& asked = request.topics.emplace_back();
    asked.name = topic;
    asked.partitions.emplace_back().timestamp = -1;
    return ask_node<wire::ListOffsetsResponse>(node, std::move(request))->topics.at(0).partitions.at(0).error_code;
  }
  wire::FetchResponse::FetchableTopicResponse::PartitionData fetch(std::int32_t node, const std::string& topic,
                                                                   const std::string& rack, int version) {
    wire::FetchRequest request;
    request.max_bytes = 1000;
    request.rack_id = rack;
    auto& asked = request.topics.emplace_back();
    asked.topic = topic;
    asked.partitions.emplace_back().partition_max_bytes = 1000;
    return ask_node<wire::FetchResponse>(node, std::move(request), version)->responses.at(0).partitions.at(0);
  }
  std::int32_t coordinator(const std::string& group, std::int32_t asked = 1) {
    wire::FindCoordinatorRequest request;
    request.key_type = kGroupKey;
    request.coordinator_keys = {group};
    return ask_node<wire::FindCoordinatorResponse>(asked, std::move(request))->coordinators.at(0).node_id;
  }
  ErrorCode heartbeat(std::int32_t node, const std::string& group) {
    wire::HeartbeatRequest request;
    request.group_id = group;
    return ask_node<wire::HeartbeatResponse>(node, std::move(request))->error_code;
  }

  ErrorCode produce_to(std::int32_t node, const std::string& topic, std::int16_t acks) {
    wire::BatchBuilder builder(100);
    builder.append(1, std::nullopt, Bytes("value"));
    wire::ProduceRequest request;
    request.acks = acks;
    request.timeout_ms = 1000;
    auto& asked = request.topic_data.emplace_back();
    asked.name = topic;
    asked.partition_data.emplace_back().records = builder.seal({});
    return ask_node<wire::ProduceResponse>(node, std::move(request), 9)
        ->responses.at(0)
        .partition_responses.at(0)
        .error_code;
  }

  client::ClusterConfig client_config_;
  std::map<std::int32_t, std::unique_ptr<client::Node>> asked_;
};

TEST_F(Cluster, TellsOfAllItsNodesWhicheverIsAsked) {
  const auto response = metadata(3);
  std::vector<std::pair<std::int32_t, std::uint16_t>> nodes;
  for (const auto& node : response.brokers) {
    nodes.emplace_back(node.node_id, node.port);
    EXPECT_EQ(node.rack, std::to_string(node.node_id));
  }
  EXPECT_THAT(nodes, ElementsAre(Pair(1, 9092), Pair(2, 9093), Pair(3, 9094)));
}

TEST_F(Cluster, TakesReplicationFactorsUpToItsNodes) {
  EXPECT_EQ(create("three", 3), ErrorCode::kNone);
  EXPECT_EQ(create("four", 4), ErrorCode::kInvalidReplicationFactor);
  EXPECT_EQ(create("strange", {{1, 7}}), ErrorCode::kInvalidReplicaAssignment);
  EXPECT_EQ(create("twice", {{1, 1}}), ErrorCode::kInvalidReplicaAssignment);
}

TEST_F(Cluster, SendsClientsToTheLeader) {
  ASSERT_EQ(create("here", {{2, 1}}), ErrorCode::kNone);
  EXPECT_EQ(leader("here"), 2);
  EXPECT_EQ(list_offsets(2, "here"), ErrorCode::kNone);
  EXPECT_EQ(list_offsets(1, "here"), ErrorCode::kNotLeaderOrFollower);
}

TEST_F(Cluster, LetsConsumersReadFromFollowersSinceTheyKnowRacks) {
  ASSERT_EQ(create("here", {{2, 1}}), ErrorCode::kNone);
  EXPECT_EQ(fetch(1, "here", "", 10).error_code, ErrorCode::kNotLeaderOrFollower);
  EXPECT_EQ(fetch(1, "here", "", 11).error_code, ErrorCode::kNone);
  EXPECT_EQ(fetch(3, "here", "", 11).error_code, ErrorCode::kNotLeaderOrFollower) << "no replica";
}

TEST_F(Cluster, SendsConsumersToTheirRackWhereThatIsAskedFor) {
  ASSERT_EQ(create("here", {{2, 1}}), ErrorCode::kNone);
  EXPECT_EQ(fetch(2, "here", "1", 11).preferred_read_replica, -1);
  broker.reset();
  restart("replica.selector.class=org.apache.kafka.common.replica.RackAwareReplicaSelector");
  EXPECT_EQ(fetch(2, "here", "1", 11).preferred_read_replica, 1);
  EXPECT_EQ(fetch(2, "here", "2", 11).preferred_read_replica, -1) << "the leader is in that rack";
  EXPECT_EQ(fetch(2, "here", "3", 11).preferred_read_replica, -1) << "no replica is in that rack";
}

TEST_F(Cluster, SpreadsCoordinatorsAndSendsClientsToThem) {
  std::set<std::int32_t> nodes;
  for (int i = 0; i < 20; ++i) nodes.insert(coordinator("group-" + std::to_string(i)));
  EXPECT_THAT(nodes, ElementsAre(1, 2, 3));
  const std::int32_t node = coordinator("group-1");
  EXPECT_EQ(heartbeat(node, "group-1"), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(heartbeat(node % 3 + 1, "group-1"), ErrorCode::kNotCoordinator);
}

TEST_F(Cluster, HandsOverWhatAStoppedNodeLed) {
  ASSERT_EQ(create("here", {{2, 1}}), ErrorCode::kNone);
  std::string group = "group";
  while (coordinator(group) != 2) group += "-";
  ASSERT_EQ(said(broker->stop_node(2)), "ok");
  EXPECT_FALSE(ask_node<wire::MetadataResponse>(2, wire::MetadataRequest{}).ok()) << "its connections are closed";
  EXPECT_THAT(metadata().brokers, SizeIs(2));
  EXPECT_EQ(leader("here"), 1);
  EXPECT_EQ(list_offsets(1, "here"), ErrorCode::kNone);
  EXPECT_EQ(heartbeat(coordinator(group), group), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(epoch("here"), 1) << "a new leader begins an epoch";

  ASSERT_EQ(said(broker->start_node(2)), "ok");
  ASSERT_EQ(said(broker->start_node(2)), "ok") << "once more changes nothing";
  asked_.clear();
  EXPECT_EQ(leader("here", 2), 2);
  EXPECT_EQ(coordinator(group), 2);
  EXPECT_EQ(epoch("here"), 2);
}

TEST_F(Cluster, RefusesRecordsForWhichTooFewReplicasRun) {
  ASSERT_EQ(create("here", {{2, 1}}), ErrorCode::kNone);
  restart_with_data("min.insync.replicas=2");
  EXPECT_EQ(produce_to(2, "here", -1), ErrorCode::kNone);
  ASSERT_EQ(said(broker->stop_node(1)), "ok");
  EXPECT_EQ(produce_to(2, "here", -1), ErrorCode::kNotEnoughReplicas);
  EXPECT_EQ(produce_to(2, "here", 1), ErrorCode::kNone) << "it does not ask for all";
  ASSERT_EQ(said(broker->start_node(1)), "ok");
  EXPECT_EQ(produce_to(2, "here", -1), ErrorCode::kNone);
}

TEST_F(Cluster, HasNoLeaderWhereNoReplicaRuns) {
  ASSERT_EQ(create("here", {{2}}), ErrorCode::kNone);
  ASSERT_EQ(said(broker->stop_node(2)), "ok");
  for (const auto& topic : metadata().topics) {
    EXPECT_EQ(topic.partitions.at(0).error_code, ErrorCode::kLeaderNotAvailable);
    EXPECT_THAT(topic.partitions.at(0).isr_nodes, ElementsAre(2));
  }
}

TEST_F(Cluster, MovesPartitionsAndKeepsThemThereAfterACrash) {
  ASSERT_EQ(create("here", {{2, 1}}), ErrorCode::kNone);
  wire::AlterPartitionReassignmentsRequest request;
  auto& topic = request.topics.emplace_back();
  topic.name = "here";
  topic.partitions.emplace_back().replicas = {{3, 2}};
  EXPECT_EQ(ask_node<wire::AlterPartitionReassignmentsResponse>(1, std::move(request))
                ->responses.at(0)
                .partitions.at(0)
                .error_code,
            ErrorCode::kNone);
  EXPECT_EQ(leader("here"), 3);
  kill();
  restart();
  EXPECT_EQ(leader("here"), 3);
}

TEST_F(Cluster, TellsEachNodesOwnSettings) {
  kill();
  restart("test.node.1.log.retention.ms=5");
  const auto retention = [&](std::int32_t node) {
    wire::DescribeConfigsRequest request;
    auto& resource = request.resources.emplace_back();
    resource.resource_type = 4;
    resource.resource_name = std::to_string(node);
    resource.configuration_keys = {{"log.retention.ms"}};
    return ask_node<wire::DescribeConfigsResponse>(node, std::move(request))->results.at(0).configs.at(0).value;
  };
  EXPECT_EQ(retention(2), "5");
  EXPECT_NE(retention(1), "5");
}

TEST_F(Cluster, BeginsWithTheFeatureLevelsOfItsFormatAndKeepsThem) {
  kill();
  const auto level = [&] {
    const auto response = ask_node<wire::ApiVersionsResponse>(1, [] {
      wire::ApiVersionsRequest request;
      request.client_software_name = request.client_software_version = "test";
      return request;
    }());
    std::map<std::string, std::int16_t> levels;
    for (const auto& feature : response->finalized_features) levels[feature.name] = feature.max_version_level;
    return levels;
  };
  ASSERT_EQ(said(sim.process("broker").files.remove_directory("/cluster")), "ok");
  restart("test.feature.transaction.version=1\ntest.feature.group.version=0\ntest.feature.share.version=1");
  EXPECT_EQ(level()["transaction.version"], 1);
  EXPECT_FALSE(level().contains("group.version"));
  kill();
  restart("test.feature.transaction.version=2");
  EXPECT_EQ(level()["transaction.version"], 1) << "a directory is formatted once";
}

TEST(FeatureLevels, ThatAreNotThereAreRefused) {
  const auto config = BrokerConfig::parse("test.feature.transaction.version=9", {});
  ASSERT_FALSE(config.ok());
  EXPECT_THAT(config.error().message, HasSubstr("9 is not from 0 to 2"));
}

TEST_F(Cluster, IsControlledFromAnotherProcess) {
  const auto control = [&](const std::string& verb, const std::string& node) {
    const auto told = answer<Result<std::string>>([&](OneShot<Result<std::string>> done) {
      ask_node_control(broker->world(), "/cluster", verb, node, std::move(done));
    });
    return told ? *told : told.error().message;
  };
  EXPECT_THAT(control("stop", "2"), HasSubstr("no broker with test.virtual.nodes works in /cluster"));
  auto opened = NodeControl::open(*broker);
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  EXPECT_EQ(control("stop", "2"), "node 2 is stopped\n");
  EXPECT_FALSE(broker->nodes().runs(2));
  EXPECT_EQ(control("logs", "2"), "node 2 is stopped\n");
  EXPECT_EQ(control("start", "2"), "node 2 runs\n");
  EXPECT_TRUE(broker->nodes().runs(2));
  EXPECT_EQ(control("stop", "7"), "there is no node 7");
  EXPECT_EQ(control("restart", "2"), "stop, start and logs are what can be done with a node");
}

}  // namespace
}  // namespace leat::server
