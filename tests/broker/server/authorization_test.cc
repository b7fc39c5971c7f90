#include "broker/server/authorization.h"

#include "broker/wire/records/admin_records.h"
#include "tests/broker/server/server_fixture.h"

namespace leat::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using wire::ErrorCode;

constexpr auto kTopic = AclResource::kTopic;
constexpr auto kLiteral = AclPattern::kLiteral, kPrefixed = AclPattern::kPrefixed;
constexpr auto kAllow = AclPermission::kAllow, kDeny = AclPermission::kDeny;

AccessControlEntry entry_of(AclResource resource, const std::string& name, AclPattern pattern, AclOperation operation,
                            AclPermission permission, const std::string& principal = "User:*",
                            const std::string& host = "*") {
  return {static_cast<std::int8_t>(resource),
          name,
          static_cast<std::int8_t>(pattern),
          principal,
          host,
          static_cast<std::int8_t>(operation),
          static_cast<std::int8_t>(permission)};
}

class AuthorizerTest : public testing::Test {
 protected:
  void add(const AccessControlEntry& entry) {
    wire::AccessControlEntryRecord record;
    record.id = Uuid{0, ++next_id_};
    record.resource_type = entry.resource_type;
    record.resource_name = entry.resource_name;
    record.pattern_type = entry.pattern_type;
    record.principal = entry.principal;
    record.host = entry.host;
    record.operation = entry.operation;
    record.permission_type = entry.permission_type;
    settings_.apply(*read_metadata_record(*metadata_record(record).value));
  }
  bool allows(const std::string& user, AclOperation operation, const std::string& topic,
              const std::string& host = "10.0.0.1") {
    return Authorizer(config_, settings_).allows(user, host, operation, kTopic, topic);
  }

  AuthorizerConfig config_{.enabled = true, .super_users = {"User:admin"}, .open_without_entries = false};
  Settings settings_;
  std::uint64_t next_id_ = 0;
};

TEST_F(AuthorizerTest, NothingIsAllowedWithoutAnEntry) {
  EXPECT_FALSE(allows("ann", AclOperation::kRead, "orders"));
  config_.open_without_entries = true;
  EXPECT_TRUE(allows("ann", AclOperation::kRead, "orders"));
  add(entry_of(kTopic, "orders", kLiteral, AclOperation::kRead, kAllow, "User:bob"));
  EXPECT_FALSE(allows("ann", AclOperation::kRead, "orders")) << "the topic has an entry now";
}

TEST_F(AuthorizerTest, EntriesAreForTheirUserHostAndOperation) {
  add(entry_of(kTopic, "orders", kLiteral, AclOperation::kRead, kAllow, "User:ann", "10.0.0.1"));
  EXPECT_TRUE(allows("ann", AclOperation::kRead, "orders"));
  EXPECT_FALSE(allows("bob", AclOperation::kRead, "orders"));
  EXPECT_FALSE(allows("ann", AclOperation::kRead, "orders", "10.0.0.2"));
  EXPECT_FALSE(allows("ann", AclOperation::kWrite, "orders"));
  EXPECT_FALSE(allows("ann", AclOperation::kRead, "orders-2"));
}

TEST_F(AuthorizerTest, PrefixesAndStarsCoverManyTopics) {
  add(entry_of(kTopic, "shop-", kPrefixed, AclOperation::kRead, kAllow, "User:ann"));
  EXPECT_TRUE(allows("ann", AclOperation::kRead, "shop-orders"));
  EXPECT_FALSE(allows("ann", AclOperation::kRead, "orders"));
  add(entry_of(kTopic, "*", kLiteral, AclOperation::kWrite, kAllow));
  EXPECT_TRUE(allows("bob", AclOperation::kWrite, "anything"));
}

TEST_F(AuthorizerTest, ARefusalOutweighsWhatAllows) {
  add(entry_of(kTopic, "*", kLiteral, AclOperation::kAll, kAllow));
  add(entry_of(kTopic, "secret", kLiteral, AclOperation::kRead, kDeny, "User:ann"));
  EXPECT_TRUE(allows("ann", AclOperation::kRead, "orders"));
  EXPECT_FALSE(allows("ann", AclOperation::kRead, "secret"));
  EXPECT_TRUE(allows("ann", AclOperation::kDescribe, "secret")) << "a refusal implies nothing";
}

TEST_F(AuthorizerTest, WhoMayReadMaySeeToo) {
  add(entry_of(kTopic, "orders", kLiteral, AclOperation::kRead, kAllow, "User:ann"));
  EXPECT_TRUE(allows("ann", AclOperation::kDescribe, "orders"));
  EXPECT_FALSE(allows("ann", AclOperation::kDescribeConfigs, "orders"));
}

/// A broker with entries, for clients who have no name.
class GuardedBroker : public BrokerTest {
 protected:
  void restart(bool guarded) {
    kill();
    BrokerConfig config = BrokerTest::config();
    config.authorizer.enabled = true;
    if (!guarded) config.authorizer.super_users = {"User:ANONYMOUS"};
    auto opened = Broker::open(sim.process("broker"), config);
    ASSERT_TRUE(opened.ok());
    broker = std::move(*opened);
    ASSERT_EQ(said(broker->listen()), "ok");
    cluster =
        std::make_unique<client::Cluster>(here, connector, client::ClusterConfig{.bootstrap = {{"broker", 9092}}});
  }
  ErrorCode allow(AclResource resource, const std::string& name, AclOperation operation) {
    wire::CreateAclsRequest request;
    const AccessControlEntry entry = entry_of(resource, name, kLiteral, operation, kAllow, "User:ANONYMOUS");
    request.creations.push_back({entry.resource_type, entry.resource_name, entry.pattern_type, entry.principal,
                                 entry.host, entry.operation, entry.permission_type});
    return ask<wire::CreateAclsResponse>(std::move(request)).results.at(0).error_code;
  }
  wire::MetadataResponse metadata(const std::vector<std::string>& names) {
    wire::MetadataRequest request;
    if (!names.empty()) request.topics.emplace();
    for (const std::string& name : names) request.topics->push_back({{}, name});
    request.allow_auto_topic_creation = false;
    return ask<wire::MetadataResponse>(std::move(request));
  }
};

TEST_F(GuardedBroker, EntriesSurviveACrashAndHoldFromThenOn) {
  restart(false);
  make_topic("mine");
  make_topic("others");
  ASSERT_EQ(said(produce("others", "secret")), "ok");
  ASSERT_EQ(allow(kTopic, "mine", AclOperation::kAll), ErrorCode::kNone);
  ASSERT_EQ(allow(AclResource::kCluster, kClusterName, AclOperation::kIdempotentWrite), ErrorCode::kNone);
  restart(true);
  EXPECT_EQ(said(produce("mine", "value")), "ok");
  EXPECT_THAT(said(produce("others", "value")), HasSubstr("TOPIC_AUTHORIZATION_FAILED"));
  EXPECT_THAT(read("mine", 1), ElementsAre("value"));
}

TEST_F(GuardedBroker, WhatMayNotBeSeenIsNotListed) {
  restart(false);
  make_topic("mine");
  make_topic("others");
  ASSERT_EQ(allow(kTopic, "mine", AclOperation::kDescribe), ErrorCode::kNone);
  restart(true);
  const auto all = metadata({});
  ASSERT_THAT(all.topics, SizeIs(1));
  EXPECT_EQ(all.topics[0].name, "mine");
  const auto named = metadata({"others", "mine"});
  ASSERT_THAT(named.topics, SizeIs(2));
  EXPECT_EQ(named.topics[0].error_code, ErrorCode::kNone);
  EXPECT_EQ(named.topics[1].error_code, ErrorCode::kTopicAuthorizationFailed);
  EXPECT_THAT(named.topics[1].partitions, IsEmpty());
}

TEST_F(GuardedBroker, FetchesOfWhatMayNotBeReadAreRefused) {
  restart(false);
  make_topic("others");
  ASSERT_EQ(said(produce("others", "secret")), "ok");
  restart(true);
  wire::FetchRequest request;
  request.max_wait_ms = 100;
  auto& topic = request.topics.emplace_back();
  topic.topic = "others";
  topic.partitions.emplace_back().partition_max_bytes = 1000;
  auto response = answer<Result<wire::FetchResponse>>([&](OneShot<Result<wire::FetchResponse>> done) {
    cluster->call_any<wire::FetchRequest, wire::FetchResponse>(std::move(request), std::move(done), 12);
  });
  ASSERT_TRUE(response.ok());
  const auto& partition = response->responses.at(0).partitions.at(0);
  EXPECT_EQ(partition.error_code, ErrorCode::kTopicAuthorizationFailed);
  EXPECT_EQ(partition.records ? partition.records->size() : 0, 0);
}

TEST_F(GuardedBroker, GroupsAreForThoseWhoMayReadThem) {
  restart(false);
  ASSERT_EQ(allow(AclResource::kGroup, "mine", AclOperation::kRead), ErrorCode::kNone);
  restart(true);
  const auto coordinator = [&](const std::string& group) {
    wire::FindCoordinatorRequest request;
    request.coordinator_keys = {group};
    return ask<wire::FindCoordinatorResponse>(std::move(request)).coordinators.at(0).error_code;
  };
  EXPECT_EQ(coordinator("mine"), ErrorCode::kNone);
  EXPECT_EQ(coordinator("others"), ErrorCode::kGroupAuthorizationFailed);
  const auto join = [&](const std::string& group) {
    wire::JoinGroupRequest request;
    request.group_id = group;
    request.session_timeout_ms = 10'000;
    request.protocol_type = "consumer";
    request.protocols.push_back({"range", "x"});
    return ask<wire::JoinGroupResponse>(std::move(request)).error_code;
  };
  EXPECT_EQ(join("mine"), ErrorCode::kMemberIdRequired);
  EXPECT_EQ(join("others"), ErrorCode::kGroupAuthorizationFailed);
  wire::DescribeGroupsRequest describe;
  describe.groups = {"others"};
  EXPECT_EQ(ask<wire::DescribeGroupsResponse>(std::move(describe)).groups.at(0).error_code,
            ErrorCode::kGroupAuthorizationFailed);
}

TEST_F(GuardedBroker, OffsetsAreCommittedForTopicsThatMayBeReadOnly) {
  restart(false);
  make_topic("mine");
  make_topic("others");
  ASSERT_EQ(allow(AclResource::kGroup, "mine", AclOperation::kRead), ErrorCode::kNone);
  ASSERT_EQ(allow(kTopic, "mine", AclOperation::kRead), ErrorCode::kNone);
  restart(true);
  wire::FindCoordinatorRequest find;
  find.coordinator_keys = {"mine"};
  ask<wire::FindCoordinatorResponse>(std::move(find));
  wire::OffsetCommitRequest request;
  request.group_id = "mine";
  for (const char* name : {"others", "mine"}) {
    auto& topic = request.topics.emplace_back();
    topic.name = name;
    topic.partitions.emplace_back().committed_offset = 7;
  }
  auto response = answer<Result<wire::OffsetCommitResponse>>([&](OneShot<Result<wire::OffsetCommitResponse>> done) {
    cluster->call_any<wire::OffsetCommitRequest, wire::OffsetCommitResponse>(request, std::move(done), 8);
  });
  ASSERT_TRUE(response.ok());
  ASSERT_THAT(response->topics, SizeIs(2));
  EXPECT_EQ(response->topics[0].name, "mine");
  EXPECT_EQ(response->topics[0].partitions.at(0).error_code, ErrorCode::kNone);
  EXPECT_EQ(response->topics[1].partitions.at(0).error_code, ErrorCode::kTopicAuthorizationFailed);

  // Who asks is told what may be done to the group (KIP-430): to read is to describe.
  wire::DescribeGroupsRequest describe;
  describe.groups = {"mine"};
  describe.include_authorized_operations = true;
  EXPECT_EQ(ask<wire::DescribeGroupsResponse>(std::move(describe)).groups.at(0).authorized_operations,
            1 << static_cast<int>(AclOperation::kRead) | 1 << static_cast<int>(AclOperation::kDescribe));
}

TEST_F(GuardedBroker, WhoAsksIsToldWhatMayBeDoneToTheCluster) {
  const auto operations = [&] {
    wire::DescribeClusterRequest request;
    request.include_cluster_authorized_operations = true;
    return ask<wire::DescribeClusterResponse>(std::move(request)).cluster_authorized_operations;
  };
  restart(true);
  EXPECT_EQ(operations(), 0) << "who may not describe it is told of nothing";
  restart(false);
  ASSERT_EQ(allow(AclResource::kCluster, kClusterName, AclOperation::kAlter), ErrorCode::kNone);
  restart(true);
  EXPECT_EQ(operations(), 1 << static_cast<int>(AclOperation::kAlter) | 1 << static_cast<int>(AclOperation::kDescribe));
}

TEST_F(GuardedBroker, TransactionsAreForThoseWhoMayWriteTheirId) {
  restart(false);
  ASSERT_EQ(allow(AclResource::kTransactionalId, "mine", AclOperation::kWrite), ErrorCode::kNone);
  restart(true);
  const auto begin = [&](const std::optional<std::string>& id) {
    wire::InitProducerIdRequest request;
    request.transactional_id = id;
    request.transaction_timeout_ms = 1000;
    return ask<wire::InitProducerIdResponse>(std::move(request)).error_code;
  };
  EXPECT_EQ(begin("others"), ErrorCode::kTransactionalIdAuthorizationFailed);
  EXPECT_EQ(begin("mine"), ErrorCode::kNotCoordinator) << "let through: nobody has asked for the coordinator yet";
  EXPECT_EQ(begin(std::nullopt), ErrorCode::kClusterAuthorizationFailed) << "who may write nowhere";
  wire::EndTxnRequest end;
  end.transactional_id = "others";
  EXPECT_EQ(ask<wire::EndTxnResponse>(std::move(end)).error_code, ErrorCode::kTransactionalIdAuthorizationFailed);
}

TEST_F(GuardedBroker, TopicsAreMadeAndDeletedByThoseWhoMay) {
  restart(false);
  make_topic("others");
  ASSERT_EQ(allow(kTopic, "mine", AclOperation::kCreate), ErrorCode::kNone);
  restart(true);
  const auto create = [&](const std::string& name) {
    wire::CreateTopicsRequest request;
    auto& topic = request.topics.emplace_back();
    topic.name = name;
    topic.num_partitions = 1;
    topic.replication_factor = 1;
    return ask<wire::CreateTopicsResponse>(std::move(request)).topics.at(0).error_code;
  };
  EXPECT_EQ(create("mine"), ErrorCode::kNone);
  EXPECT_EQ(create("new"), ErrorCode::kTopicAuthorizationFailed);
  wire::DeleteTopicsRequest remove;
  remove.topics.emplace_back().name = "others";
  EXPECT_EQ(ask<wire::DeleteTopicsResponse>(std::move(remove)).responses.at(0).error_code,
            ErrorCode::kTopicAuthorizationFailed);
  EXPECT_NE(broker->topics().find("others"), nullptr);
  EXPECT_EQ(broker->topics().find("new"), nullptr);
}

TEST_F(GuardedBroker, AskingForATopicDoesNotMakeItForThoseWhoMayNot) {
  restart(false);
  ASSERT_EQ(allow(kTopic, "new", AclOperation::kDescribe), ErrorCode::kNone);
  restart(true);
  for (const int version : {1, 9}) {
    wire::MetadataRequest request;
    request.topics.emplace().push_back({{}, "new"});
    auto response = answer<Result<wire::MetadataResponse>>([&](OneShot<Result<wire::MetadataResponse>> done) {
      cluster->call_any<wire::MetadataRequest, wire::MetadataResponse>(std::move(request), std::move(done), version);
    });
    ASSERT_TRUE(response.ok());
    EXPECT_EQ(broker->topics().find("new"), nullptr) << version;
  }
}

TEST_F(GuardedBroker, OnlyWhoMayAlterTheClusterMakesEntries) {
  restart(true);
  EXPECT_EQ(allow(kTopic, "mine", AclOperation::kAll), ErrorCode::kClusterAuthorizationFailed);
  EXPECT_EQ(ask<wire::DescribeAclsResponse>(wire::DescribeAclsRequest{1, {}, 1, {}, {}, 1, 1}).error_code,
            ErrorCode::kClusterAuthorizationFailed);
}

TEST_F(GuardedBroker, EntriesAreFoundAndDeletedByFilters) {
  restart(false);
  ASSERT_EQ(allow(kTopic, "mine", AclOperation::kRead), ErrorCode::kNone);
  ASSERT_EQ(allow(kTopic, "mine", AclOperation::kRead), ErrorCode::kNone) << "it is there already";
  ASSERT_EQ(allow(kTopic, "others", AclOperation::kRead), ErrorCode::kNone);
  EXPECT_EQ(allow(AclResource::kCluster, "other", AclOperation::kAlter), ErrorCode::kInvalidRequest);
  const wire::DescribeAclsRequest all{1, {}, 1, {}, {}, 1, 1};
  EXPECT_THAT(ask<wire::DescribeAclsResponse>(all).resources, SizeIs(2));
  wire::DeleteAclsRequest request;
  request.filters.push_back({static_cast<std::int8_t>(kTopic), "mine", 3, {}, {}, 1, 1});
  const auto deleted = ask<wire::DeleteAclsResponse>(std::move(request));
  ASSERT_THAT(deleted.filter_results, SizeIs(1));
  EXPECT_THAT(deleted.filter_results[0].matching_acls, SizeIs(1));
  const auto left = ask<wire::DescribeAclsResponse>(all);
  ASSERT_THAT(left.resources, SizeIs(1));
  EXPECT_EQ(left.resources[0].resource_name, "others");
}

}  // namespace
}  // namespace leat::server
