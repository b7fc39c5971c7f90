// kafka-broker-api-versions: the versions of every API that each broker speaks, and which of them a client would use.
#include <fmt/format.h>

#include <algorithm>

#include "broker/tools/tools.h"
#include "broker/wire/messages/api_versions.h"
#include "broker/wire/messages/describe_cluster.h"

namespace leat::tools {

namespace {

constexpr OptionSpec kOptions[] = {kBootstrapServer, kCommandConfig};

/// What Apache Kafka 4.3.1's clients speak.
struct ClientApi {
  std::int16_t key;
  std::string_view name;
  std::int16_t version_min;
  std::int16_t version_max;
};

constexpr ClientApi kClientApis[] = {
    {0, "Produce", 0, 13},
    {1, "Fetch", 4, 18},
    {2, "ListOffsets", 1, 11},
    {3, "Metadata", 0, 13},
    {8, "OffsetCommit", 2, 10},
    {9, "OffsetFetch", 1, 10},
    {10, "FindCoordinator", 0, 6},
    {11, "JoinGroup", 0, 9},
    {12, "Heartbeat", 0, 4},
    {13, "LeaveGroup", 0, 5},
    {14, "SyncGroup", 0, 5},
    {15, "DescribeGroups", 0, 6},
    {16, "ListGroups", 0, 5},
    {17, "SaslHandshake", 0, 1},
    {18, "ApiVersions", 0, 4},
    {19, "CreateTopics", 2, 7},
    {20, "DeleteTopics", 1, 6},
    {21, "DeleteRecords", 0, 2},
    {22, "InitProducerId", 0, 5},
    {23, "OffsetForLeaderEpoch", 2, 4},
    {24, "AddPartitionsToTxn", 0, 5},
    {25, "AddOffsetsToTxn", 0, 4},
    {26, "EndTxn", 0, 5},
    {27, "WriteTxnMarkers", 1, 2},
    {28, "TxnOffsetCommit", 0, 5},
    {29, "DescribeAcls", 1, 3},
    {30, "CreateAcls", 1, 3},
    {31, "DeleteAcls", 1, 3},
    {32, "DescribeConfigs", 1, 4},
    {33, "AlterConfigs", 0, 2},
    {34, "AlterReplicaLogDirs", 1, 2},
    {35, "DescribeLogDirs", 1, 5},
    {36, "SaslAuthenticate", 0, 2},
    {37, "CreatePartitions", 0, 3},
    {38, "CreateDelegationToken", 1, 3},
    {39, "RenewDelegationToken", 1, 2},
    {40, "ExpireDelegationToken", 1, 2},
    {41, "DescribeDelegationToken", 1, 3},
    {42, "DeleteGroups", 0, 2},
    {43, "ElectLeaders", 0, 2},
    {44, "IncrementalAlterConfigs", 0, 1},
    {45, "AlterPartitionReassignments", 0, 1},
    {46, "ListPartitionReassignments", 0, 0},
    {47, "OffsetDelete", 0, 0},
    {48, "DescribeClientQuotas", 0, 1},
    {49, "AlterClientQuotas", 0, 1},
    {50, "DescribeUserScramCredentials", 0, 0},
    {51, "AlterUserScramCredentials", 0, 0},
    {55, "DescribeQuorum", 0, 2},
    {57, "UpdateFeatures", 0, 2},
    {60, "DescribeCluster", 0, 2},
    {61, "DescribeProducers", 0, 0},
    {64, "UnregisterBroker", 0, 0},
    {65, "DescribeTransactions", 0, 0},
    {66, "ListTransactions", 0, 2},
    {68, "ConsumerGroupHeartbeat", 0, 1},
    {69, "ConsumerGroupDescribe", 0, 1},
    {71, "GetTelemetrySubscriptions", 0, 0},
    {72, "PushTelemetry", 0, 0},
    {74, "ListConfigResources", 0, 1},
    {75, "DescribeTopicPartitions", 0, 0},
    {76, "ShareGroupHeartbeat", 1, 1},
    {77, "ShareGroupDescribe", 1, 1},
    {78, "ShareFetch", 1, 2},
    {79, "ShareAcknowledge", 1, 2},
    {80, "AddRaftVoter", 0, 1},
    {81, "RemoveRaftVoter", 0, 0},
    {83, "InitializeShareGroupState", 0, 0},
    {84, "ReadShareGroupState", 0, 0},
    {85, "WriteShareGroupState", 0, 1},
    {86, "DeleteShareGroupState", 0, 0},
    {87, "ReadShareGroupStateSummary", 0, 1},
    {88, "StreamsGroupHeartbeat", 0, 0},
    {89, "StreamsGroupDescribe", 0, 0},
    {90, "DescribeShareGroupOffsets", 0, 1},
    {91, "AlterShareGroupOffsets", 0, 0},
    {92, "DeleteShareGroupOffsets", 0, 0},
};

std::string range(std::int16_t min, std::int16_t max) {
  return min == max ? std::to_string(min) : fmt::format("{} to {}", min, max);
}

/// ListOffsets(2): 1 to 11 [usable: 11]
std::string describe(const wire::ApiVersionsResponse::ApiVersion& api) {
  const auto known = std::find_if(std::begin(kClientApis), std::end(kClientApis),
                                  [&](const ClientApi& each) { return each.key == api.api_key; });
  if (known == std::end(kClientApis))
    return fmt::format("UNKNOWN({}): {}", api.api_key, range(api.min_version, api.max_version));
  const std::int16_t usable = std::min(known->version_max, api.max_version);
  std::string text = fmt::format("{}({}): {}", known->name, api.api_key, range(api.min_version, api.max_version));
  if (usable >= std::max(known->version_min, api.min_version)) {
    text += fmt::format(" [usable: {}]", usable);
  } else {
    text += api.max_version < known->version_min ? " [unusable: node too old]" : " [unusable: node too new]";
  }
  return text;
}

/// Known APIs by key, then those that the client does not know.
std::string describe(const wire::ApiVersionsResponse& versions) {
  std::map<std::int16_t, std::string> lines;
  for (const ClientApi& each : kClientApis) lines[each.key] = fmt::format("{}({}): UNSUPPORTED", each.name, each.key);
  for (const auto& each : versions.api_keys) lines[each.api_key] = describe(each);
  std::string text;
  for (const auto& [key, line] : lines) text += fmt::format("{}\t{}", text.empty() ? "" : ",\n", line);
  return text;
}

Result<int> work(const Surroundings& surroundings, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const Settings settings, settings_of(surroundings, options));
  LEAT_ASSIGN_OR_RETURN(const auto session, Session::connect(surroundings, settings));
  const auto cluster = session->ask<wire::DescribeClusterRequest, wire::DescribeClusterResponse>({});
  if (!cluster) return cluster.error();
  int code = 0;
  for (const auto& broker : cluster->brokers) {
    const std::string node = fmt::format("{}:{} (id: {} rack: {} isFenced: {})", broker.host, broker.port,
                                         broker.broker_id, broker.rack.value_or("null"), broker.is_fenced);
    wire::ApiVersionsRequest request;
    request.client_software_name = "leat";
    request.client_software_version = "0.1.0";
    const auto versions =
        session->ask_node<wire::ApiVersionsRequest, wire::ApiVersionsResponse>(broker.broker_id, request);
    if (!versions) {
      surroundings.terminal.out(fmt::format("{} -> ERROR: {}\n", node, versions.error().message));
      code = 1;
      continue;
    }
    surroundings.terminal.out(fmt::format("{} -> (\n{}\n)\n", node, describe(*versions)));
  }
  return code;
}

}  // namespace

const Tool kBrokerApiVersionsTool{"kafka-broker-api-versions",
                                  "prints the versions of every API that the brokers speak", kOptions, work};

}  // namespace leat::tools
