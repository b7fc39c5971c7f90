#include "broker/wire/messages/alter_client_quotas.h"
#include "broker/wire/messages/alter_user_scram_credentials.h"
#include "broker/wire/messages/api_versions.h"
#include "broker/wire/messages/describe_acls.h"
#include "broker/wire/messages/describe_client_quotas.h"
#include "broker/wire/messages/describe_log_dirs.h"
#include "broker/wire/messages/describe_quorum.h"
#include "broker/wire/messages/describe_user_scram_credentials.h"
#include "broker/wire/messages/update_features.h"
#include "tests/broker/server/server_fixture.h"

namespace leat::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using wire::ErrorCode;

class AdminAnswers : public BrokerTest {
 protected:
  void restart() {
    kill();
    ASSERT_EQ(said(start()), "ok");
    cluster =
        std::make_unique<client::Cluster>(here, connector, client::ClusterConfig{.bootstrap = {{"broker", 9092}}});
  }

  ErrorCode limit(const std::string& user, const std::string& key, std::optional<double> value) {
    wire::AlterClientQuotasRequest request;
    auto& entry = request.entries.emplace_back();
    entry.entity.push_back({"user", user});
    entry.ops.push_back({key, value.value_or(0), !value});
    return ask<wire::AlterClientQuotasResponse>(std::move(request)).entries.at(0).error_code;
  }
  /// Limits of all users who have some, as "user key=value".
  std::vector<std::string> limits() {
    wire::DescribeClientQuotasRequest request;
    request.components.push_back({"user", 2, std::nullopt});
    std::vector<std::string> lines;
    const auto response = ask<wire::DescribeClientQuotasResponse>(std::move(request));
    for (const auto& entry : *response.entries)
      for (const auto& value : entry.values)
        lines.push_back(*entry.entity.at(0).entity_name + " " + value.key + "=" + std::to_string(int(value.value)));
    return lines;
  }

  ErrorCode set_password(const std::string& user, std::int8_t mechanism, std::int32_t iterations) {
    wire::AlterUserScramCredentialsRequest request;
    request.upsertions.push_back({user, mechanism, iterations, "salt", "salted password"});
    return ask<wire::AlterUserScramCredentialsResponse>(std::move(request)).results.at(0).error_code;
  }
  wire::DescribeUserScramCredentialsResponse credentials() {
    return ask<wire::DescribeUserScramCredentialsResponse>(wire::DescribeUserScramCredentialsRequest{});
  }
};

TEST_F(AdminAnswers, LimitsOnClientsSurviveACrash) {
  EXPECT_EQ(limit("ann", "producer_byte_rate", 1000), ErrorCode::kNone);
  EXPECT_EQ(limit("bob", "request_percentage", 50), ErrorCode::kNone);
  EXPECT_EQ(limit("bob", "request_percentage", std::nullopt), ErrorCode::kNone);
  restart();
  EXPECT_THAT(limits(), ElementsAre("ann producer_byte_rate=1000"));
}

TEST_F(AdminAnswers, LimitsThatAreNoneAreRefused) {
  EXPECT_EQ(limit("ann", "bogus", 1), ErrorCode::kInvalidRequest);
  EXPECT_EQ(limit("ann", "producer_byte_rate", -1), ErrorCode::kInvalidRequest);
  EXPECT_EQ(limit("ann", "producer_byte_rate", 1.5), ErrorCode::kInvalidRequest);
  EXPECT_EQ(limit("ann", "connection_creation_rate", 1), ErrorCode::kInvalidRequest) << "that is for addresses";
  EXPECT_THAT(limits(), IsEmpty());
}

TEST_F(AdminAnswers, CredentialsSurviveACrashAndAreToldWithoutTheirKeys) {
  EXPECT_EQ(set_password("ann", 1, 4096), ErrorCode::kNone);
  EXPECT_EQ(set_password("ann", 2, 8192), ErrorCode::kNone);
  restart();
  const auto response = credentials();
  ASSERT_THAT(response.results, SizeIs(1));
  EXPECT_EQ(response.results[0].user, "ann");
  ASSERT_THAT(response.results[0].credential_infos, SizeIs(2));
  EXPECT_EQ(response.results[0].credential_infos[1].iterations, 8192);
}

TEST_F(AdminAnswers, WeakAndUnknownCredentialsAreRefused) {
  EXPECT_EQ(set_password("ann", 1, 100), ErrorCode::kUnacceptableCredential);
  EXPECT_EQ(set_password("", 1, 4096), ErrorCode::kUnacceptableCredential);
  EXPECT_EQ(set_password("ann", 9, 4096), ErrorCode::kUnsupportedSaslMechanism);
  EXPECT_THAT(credentials().results, IsEmpty());
}

TEST_F(AdminAnswers, AUserWhoIsNamedTwiceInOneRequestKeepsNeitherChange) {
  wire::AlterUserScramCredentialsRequest request;
  request.upsertions.push_back({"ann", 1, 4096, "salt", "one"});
  request.upsertions.push_back({"ann", 2, 4096, "salt", "two"});
  const auto response = ask<wire::AlterUserScramCredentialsResponse>(std::move(request));
  ASSERT_THAT(response.results, SizeIs(1));
  EXPECT_EQ(response.results[0].error_code, ErrorCode::kDuplicateResource);
  EXPECT_THAT(credentials().results, IsEmpty());
}

TEST_F(AdminAnswers, ALoweredFeatureIsToldByApiVersionsAlsoAfterACrash) {
  wire::UpdateFeaturesRequest request;
  request.feature_updates.emplace_back().feature = "transaction.version";
  request.feature_updates[0].max_version_level = 1;
  EXPECT_EQ(ask<wire::UpdateFeaturesResponse>(request).error_code, ErrorCode::kInvalidUpdateVersion) << "no upgrade";
  request.feature_updates[0].upgrade_type = 2;
  EXPECT_EQ(ask<wire::UpdateFeaturesResponse>(request).error_code, ErrorCode::kNone);
  restart();
  wire::ApiVersionsRequest versions;
  versions.client_software_name = "test";
  versions.client_software_version = "1";
  const auto response = ask<wire::ApiVersionsResponse>(versions);
  const auto found = std::find_if(response.finalized_features.begin(), response.finalized_features.end(),
                                  [](const auto& feature) { return feature.name == "transaction.version"; });
  ASSERT_NE(found, response.finalized_features.end());
  EXPECT_EQ(found->max_version_level, 1);
}

TEST_F(AdminAnswers, TheLogDirectoryIsToldWithTheSizesOfItsPartitions) {
  make_topic("full");
  make_topic("empty");
  ASSERT_EQ(said(produce("full", "value")), "ok");
  sim.disk("broker").set_capacity_bytes(1'000'000'000);
  const auto response = ask<wire::DescribeLogDirsResponse>(wire::DescribeLogDirsRequest{});
  ASSERT_THAT(response.results, SizeIs(1));
  EXPECT_EQ(response.results[0].total_bytes, 1'000'000'000);
  EXPECT_LT(response.results[0].usable_bytes, 1'000'000'000);
  EXPECT_GT(response.results[0].usable_bytes, 0);
  ASSERT_THAT(response.results[0].topics, SizeIs(2));
  EXPECT_EQ(response.results[0].topics[0].partitions.at(0).partition_size, 0);
  EXPECT_GT(response.results[0].topics[1].partitions.at(0).partition_size, 61);
}

TEST_F(AdminAnswers, TheQuorumIsThisNode) {
  wire::DescribeQuorumRequest request;
  request.topics.push_back({"__cluster_metadata", {{0}}});
  const auto response = ask<wire::DescribeQuorumResponse>(std::move(request));
  const auto& partition = response.topics.at(0).partitions.at(0);
  EXPECT_EQ(partition.leader_id, 1);
  ASSERT_THAT(partition.current_voters, SizeIs(1));
  EXPECT_EQ(partition.current_voters[0].log_end_offset, partition.high_watermark);
}

TEST_F(AdminAnswers, ARequestWithUnknownAclElementsClosesTheConnection) {
  const auto response = answer<Result<wire::DescribeAclsResponse>>([&](auto done) {
    cluster->call_any<wire::DescribeAclsRequest, wire::DescribeAclsResponse>({}, std::move(done));
  });
  EXPECT_FALSE(response.ok());
}

}  // namespace
}  // namespace leat::server
