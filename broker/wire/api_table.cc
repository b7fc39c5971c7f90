#include "broker/wire/api_table.h"

#include <algorithm>

namespace leat::wire {

namespace {

// key, name, versions that are served, versions that are advertised, first flexible version of request and response
constexpr Api kApis[] = {
    {ApiKey::kProduce, "Produce", 3, 13, 0, 13, 9, 9},
    {ApiKey::kFetch, "Fetch", 4, 18, 4, 18, 12, 12},
    {ApiKey::kListOffsets, "ListOffsets", 1, 11, 1, 11, 6, 6},
    {ApiKey::kMetadata, "Metadata", 0, 13, 0, 13, 9, 9},
    {ApiKey::kOffsetCommit, "OffsetCommit", 2, 10, 2, 10, 8, 8},
    {ApiKey::kOffsetFetch, "OffsetFetch", 1, 10, 1, 10, 6, 6},
    {ApiKey::kFindCoordinator, "FindCoordinator", 0, 6, 0, 6, 3, 3},
    {ApiKey::kJoinGroup, "JoinGroup", 0, 9, 0, 9, 6, 6},
    {ApiKey::kHeartbeat, "Heartbeat", 0, 4, 0, 4, 4, 4},
    {ApiKey::kLeaveGroup, "LeaveGroup", 0, 5, 0, 5, 4, 4},
    {ApiKey::kSyncGroup, "SyncGroup", 0, 5, 0, 5, 4, 4},
    {ApiKey::kDescribeGroups, "DescribeGroups", 0, 6, 0, 6, 5, 5},
    {ApiKey::kListGroups, "ListGroups", 0, 5, 0, 5, 3, 3},
    {ApiKey::kSaslHandshake, "SaslHandshake", 0, 1, 0, 1, Rule::kNever, Rule::kNever},
    {ApiKey::kApiVersions, "ApiVersions", 0, 4, 0, 4, 3, 3},
    {ApiKey::kCreateTopics, "CreateTopics", 2, 7, 2, 7, 5, 5},
    {ApiKey::kDeleteTopics, "DeleteTopics", 1, 6, 1, 6, 4, 4},
    {ApiKey::kDeleteRecords, "DeleteRecords", 0, 2, 0, 2, 2, 2},
    {ApiKey::kInitProducerId, "InitProducerId", 0, 5, 0, 5, 2, 2},
    {ApiKey::kOffsetForLeaderEpoch, "OffsetForLeaderEpoch", 2, 4, 2, 4, 4, 4},
    {ApiKey::kAddPartitionsToTxn, "AddPartitionsToTxn", 0, 5, 0, 5, 3, 3},
    {ApiKey::kAddOffsetsToTxn, "AddOffsetsToTxn", 0, 4, 0, 4, 3, 3},
    {ApiKey::kEndTxn, "EndTxn", 0, 5, 0, 5, 3, 3},
    {ApiKey::kWriteTxnMarkers, "WriteTxnMarkers", 1, 2, 1, 2, 1, 1},
    {ApiKey::kTxnOffsetCommit, "TxnOffsetCommit", 0, 5, 0, 5, 3, 3},
    {ApiKey::kDescribeAcls, "DescribeAcls", 1, 3, 1, 3, 2, 2},
    {ApiKey::kCreateAcls, "CreateAcls", 1, 3, 1, 3, 2, 2},
    {ApiKey::kDeleteAcls, "DeleteAcls", 1, 3, 1, 3, 2, 2},
    {ApiKey::kDescribeConfigs, "DescribeConfigs", 1, 4, 1, 4, 4, 4},
    {ApiKey::kAlterConfigs, "AlterConfigs", 0, 2, 0, 2, 2, 2},
    {ApiKey::kAlterReplicaLogDirs, "AlterReplicaLogDirs", 1, 2, 1, 2, 2, 2},
    {ApiKey::kDescribeLogDirs, "DescribeLogDirs", 1, 5, 1, 5, 2, 2},
    {ApiKey::kSaslAuthenticate, "SaslAuthenticate", 0, 2, 0, 2, 2, 2},
    {ApiKey::kCreatePartitions, "CreatePartitions", 0, 3, 0, 3, 2, 2},
    {ApiKey::kCreateDelegationToken, "CreateDelegationToken", 1, 3, 1, 3, 2, 2},
    {ApiKey::kRenewDelegationToken, "RenewDelegationToken", 1, 2, 1, 2, 2, 2},
    {ApiKey::kExpireDelegationToken, "ExpireDelegationToken", 1, 2, 1, 2, 2, 2},
    {ApiKey::kDescribeDelegationToken, "DescribeDelegationToken", 1, 3, 1, 3, 2, 2},
    {ApiKey::kDeleteGroups, "DeleteGroups", 0, 2, 0, 2, 2, 2},
    {ApiKey::kElectLeaders, "ElectLeaders", 0, 2, 0, 2, 2, 2},
    {ApiKey::kIncrementalAlterConfigs, "IncrementalAlterConfigs", 0, 1, 0, 1, 1, 1},
    {ApiKey::kAlterPartitionReassignments, "AlterPartitionReassignments", 0, 1, 0, 1, 0, 0},
    {ApiKey::kListPartitionReassignments, "ListPartitionReassignments", 0, 0, 0, 0, 0, 0},
    {ApiKey::kOffsetDelete, "OffsetDelete", 0, 0, 0, 0, Rule::kNever, Rule::kNever},
    {ApiKey::kDescribeClientQuotas, "DescribeClientQuotas", 0, 1, 0, 1, 1, 1},
    {ApiKey::kAlterClientQuotas, "AlterClientQuotas", 0, 1, 0, 1, 1, 1},
    {ApiKey::kDescribeUserScramCredentials, "DescribeUserScramCredentials", 0, 0, 0, 0, 0, 0},
    {ApiKey::kAlterUserScramCredentials, "AlterUserScramCredentials", 0, 0, 0, 0, 0, 0},
    {ApiKey::kDescribeQuorum, "DescribeQuorum", 0, 2, 0, 2, 0, 0},
    {ApiKey::kUpdateFeatures, "UpdateFeatures", 0, 2, 0, 2, 0, 0},
    {ApiKey::kDescribeCluster, "DescribeCluster", 0, 2, 0, 2, 0, 0},
    {ApiKey::kDescribeProducers, "DescribeProducers", 0, 0, 0, 0, 0, 0},
    {ApiKey::kUnregisterBroker, "UnregisterBroker", 0, 0, 0, 0, 0, 0},
    {ApiKey::kDescribeTransactions, "DescribeTransactions", 0, 0, 0, 0, 0, 0},
    {ApiKey::kListTransactions, "ListTransactions", 0, 2, 0, 2, 0, 0},
    {ApiKey::kConsumerGroupHeartbeat, "ConsumerGroupHeartbeat", 0, 1, 0, 1, 0, 0},
    {ApiKey::kConsumerGroupDescribe, "ConsumerGroupDescribe", 0, 1, 0, 1, 0, 0},
    {ApiKey::kGetTelemetrySubscriptions, "GetTelemetrySubscriptions", 0, 0, 0, 0, 0, 0},
    {ApiKey::kPushTelemetry, "PushTelemetry", 0, 0, 0, 0, 0, 0},
    {ApiKey::kListConfigResources, "ListConfigResources", 0, 1, 0, 1, 0, 0},
    {ApiKey::kDescribeTopicPartitions, "DescribeTopicPartitions", 0, 0, 0, 0, 0, 0},
    {ApiKey::kAddRaftVoter, "AddRaftVoter", 0, 1, 0, 1, 0, 0},
    {ApiKey::kRemoveRaftVoter, "RemoveRaftVoter", 0, 0, 0, 0, 0, 0},
    {ApiKey::kStreamsGroupHeartbeat, "StreamsGroupHeartbeat", 0, 0, 0, 0, 0, 0},
    {ApiKey::kStreamsGroupDescribe, "StreamsGroupDescribe", 0, 0, 0, 0, 0, 0},
};

}  // namespace

std::span<const Api> apis() { return kApis; }

const Api* find_api(std::int16_t key) {
  const auto* found = std::find_if(std::begin(kApis), std::end(kApis),
                                   [&](const Api& api) { return static_cast<std::int16_t>(api.key) == key; });
  return found == std::end(kApis) ? nullptr : found;
}

}  // namespace leat::wire
