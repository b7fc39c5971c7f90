#include "tests/conformance/message_codecs.h"

#include "broker/wire/messages/add_offsets_to_txn.h"
#include "broker/wire/messages/add_partitions_to_txn.h"
#include "broker/wire/messages/add_raft_voter.h"
#include "broker/wire/messages/alter_client_quotas.h"
#include "broker/wire/messages/alter_configs.h"
#include "broker/wire/messages/alter_partition_reassignments.h"
#include "broker/wire/messages/alter_replica_log_dirs.h"
#include "broker/wire/messages/alter_user_scram_credentials.h"
#include "broker/wire/messages/api_versions.h"
#include "broker/wire/messages/consumer_group_describe.h"
#include "broker/wire/messages/consumer_group_heartbeat.h"
#include "broker/wire/messages/create_acls.h"
#include "broker/wire/messages/create_delegation_token.h"
#include "broker/wire/messages/create_partitions.h"
#include "broker/wire/messages/create_topics.h"
#include "broker/wire/messages/delete_acls.h"
#include "broker/wire/messages/delete_groups.h"
#include "broker/wire/messages/delete_records.h"
#include "broker/wire/messages/delete_topics.h"
#include "broker/wire/messages/describe_acls.h"
#include "broker/wire/messages/describe_client_quotas.h"
#include "broker/wire/messages/describe_cluster.h"
#include "broker/wire/messages/describe_configs.h"
#include "broker/wire/messages/describe_delegation_token.h"
#include "broker/wire/messages/describe_groups.h"
#include "broker/wire/messages/describe_log_dirs.h"
#include "broker/wire/messages/describe_producers.h"
#include "broker/wire/messages/describe_quorum.h"
#include "broker/wire/messages/describe_topic_partitions.h"
#include "broker/wire/messages/describe_transactions.h"
#include "broker/wire/messages/describe_user_scram_credentials.h"
#include "broker/wire/messages/elect_leaders.h"
#include "broker/wire/messages/end_txn.h"
#include "broker/wire/messages/expire_delegation_token.h"
#include "broker/wire/messages/fetch.h"
#include "broker/wire/messages/find_coordinator.h"
#include "broker/wire/messages/get_telemetry_subscriptions.h"
#include "broker/wire/messages/heartbeat.h"
#include "broker/wire/messages/incremental_alter_configs.h"
#include "broker/wire/messages/init_producer_id.h"
#include "broker/wire/messages/join_group.h"
#include "broker/wire/messages/leave_group.h"
#include "broker/wire/messages/list_config_resources.h"
#include "broker/wire/messages/list_groups.h"
#include "broker/wire/messages/list_offsets.h"
#include "broker/wire/messages/list_partition_reassignments.h"
#include "broker/wire/messages/list_transactions.h"
#include "broker/wire/messages/metadata.h"
#include "broker/wire/messages/offset_commit.h"
#include "broker/wire/messages/offset_delete.h"
#include "broker/wire/messages/offset_fetch.h"
#include "broker/wire/messages/offset_for_leader_epoch.h"
#include "broker/wire/messages/produce.h"
#include "broker/wire/messages/push_telemetry.h"
#include "broker/wire/messages/remove_raft_voter.h"
#include "broker/wire/messages/renew_delegation_token.h"
#include "broker/wire/messages/sasl_authenticate.h"
#include "broker/wire/messages/sasl_handshake.h"
#include "broker/wire/messages/streams_group_describe.h"
#include "broker/wire/messages/streams_group_heartbeat.h"
#include "broker/wire/messages/sync_group.h"
#include "broker/wire/messages/txn_offset_commit.h"
#include "broker/wire/messages/unregister_broker.h"
#include "broker/wire/messages/update_features.h"
#include "broker/wire/messages/write_txn_markers.h"
#include "broker/wire/records/consumer_group_records.h"
#include "broker/wire/records/consumer_protocol.h"
#include "broker/wire/records/end_txn_marker.h"
#include "broker/wire/records/group_records.h"
#include "broker/wire/records/streams_group_records.h"
#include "broker/wire/records/transaction_records.h"

namespace leat::conformance {

namespace {

template <class Message>
Result<Replayed> replay(const Buf& body, int version) {
  LEAT_ASSIGN_OR_RETURN(const Message message, wire::decode<Message>(body, version));
  Replayed replayed{.json = wire::to_json(message, version), .encoded = {}};
  wire::encode_to(replayed.encoded, message, version);
  return replayed;
}

#define LEAT_CODEC(Message) \
  { #Message, &replay < wire::Message> }

}  // namespace

const std::map<std::string, Codec, std::less<>>& message_codecs() {
  static const std::map<std::string, Codec, std::less<>> kCodecs{
      LEAT_CODEC(AddOffsetsToTxnRequest),
      LEAT_CODEC(AddOffsetsToTxnResponse),
      LEAT_CODEC(AddPartitionsToTxnRequest),
      LEAT_CODEC(AddPartitionsToTxnResponse),
      LEAT_CODEC(AddRaftVoterRequest),
      LEAT_CODEC(AddRaftVoterResponse),
      LEAT_CODEC(AlterClientQuotasRequest),
      LEAT_CODEC(AlterClientQuotasResponse),
      LEAT_CODEC(AlterConfigsRequest),
      LEAT_CODEC(AlterConfigsResponse),
      LEAT_CODEC(AlterPartitionReassignmentsRequest),
      LEAT_CODEC(AlterPartitionReassignmentsResponse),
      LEAT_CODEC(AlterReplicaLogDirsRequest),
      LEAT_CODEC(AlterReplicaLogDirsResponse),
      LEAT_CODEC(AlterUserScramCredentialsRequest),
      LEAT_CODEC(AlterUserScramCredentialsResponse),
      LEAT_CODEC(ApiVersionsRequest),
      LEAT_CODEC(ApiVersionsResponse),
      LEAT_CODEC(CreateAclsRequest),
      LEAT_CODEC(CreateAclsResponse),
      LEAT_CODEC(CreateDelegationTokenRequest),
      LEAT_CODEC(CreateDelegationTokenResponse),
      LEAT_CODEC(ConsumerGroupDescribeRequest),
      LEAT_CODEC(ConsumerGroupDescribeResponse),
      LEAT_CODEC(ConsumerGroupHeartbeatRequest),
      LEAT_CODEC(ConsumerGroupHeartbeatResponse),
      LEAT_CODEC(CreatePartitionsRequest),
      LEAT_CODEC(CreatePartitionsResponse),
      LEAT_CODEC(CreateTopicsRequest),
      LEAT_CODEC(CreateTopicsResponse),
      LEAT_CODEC(DeleteAclsRequest),
      LEAT_CODEC(DeleteAclsResponse),
      LEAT_CODEC(DeleteGroupsRequest),
      LEAT_CODEC(DeleteGroupsResponse),
      LEAT_CODEC(DeleteRecordsRequest),
      LEAT_CODEC(DeleteRecordsResponse),
      LEAT_CODEC(DeleteTopicsRequest),
      LEAT_CODEC(DeleteTopicsResponse),
      LEAT_CODEC(DescribeAclsRequest),
      LEAT_CODEC(DescribeAclsResponse),
      LEAT_CODEC(DescribeClientQuotasRequest),
      LEAT_CODEC(DescribeClientQuotasResponse),
      LEAT_CODEC(DescribeClusterRequest),
      LEAT_CODEC(DescribeClusterResponse),
      LEAT_CODEC(DescribeConfigsRequest),
      LEAT_CODEC(DescribeConfigsResponse),
      LEAT_CODEC(DescribeDelegationTokenRequest),
      LEAT_CODEC(DescribeDelegationTokenResponse),
      LEAT_CODEC(DescribeGroupsRequest),
      LEAT_CODEC(DescribeGroupsResponse),
      LEAT_CODEC(DescribeLogDirsRequest),
      LEAT_CODEC(DescribeLogDirsResponse),
      LEAT_CODEC(DescribeProducersRequest),
      LEAT_CODEC(DescribeProducersResponse),
      LEAT_CODEC(DescribeQuorumRequest),
      LEAT_CODEC(DescribeQuorumResponse),
      LEAT_CODEC(DescribeTopicPartitionsRequest),
      LEAT_CODEC(DescribeTopicPartitionsResponse),
      LEAT_CODEC(DescribeTransactionsRequest),
      LEAT_CODEC(DescribeTransactionsResponse),
      LEAT_CODEC(DescribeUserScramCredentialsRequest),
      LEAT_CODEC(DescribeUserScramCredentialsResponse),
      LEAT_CODEC(ElectLeadersRequest),
      LEAT_CODEC(ElectLeadersResponse),
      LEAT_CODEC(EndTxnRequest),
      LEAT_CODEC(EndTxnResponse),
      LEAT_CODEC(ExpireDelegationTokenRequest),
      LEAT_CODEC(ExpireDelegationTokenResponse),
      LEAT_CODEC(FetchRequest),
      LEAT_CODEC(FetchResponse),
      LEAT_CODEC(FindCoordinatorRequest),
      LEAT_CODEC(FindCoordinatorResponse),
      LEAT_CODEC(GetTelemetrySubscriptionsRequest),
      LEAT_CODEC(GetTelemetrySubscriptionsResponse),
      LEAT_CODEC(HeartbeatRequest),
      LEAT_CODEC(HeartbeatResponse),
      LEAT_CODEC(IncrementalAlterConfigsRequest),
      LEAT_CODEC(IncrementalAlterConfigsResponse),
      LEAT_CODEC(InitProducerIdRequest),
      LEAT_CODEC(InitProducerIdResponse),
      LEAT_CODEC(JoinGroupRequest),
      LEAT_CODEC(JoinGroupResponse),
      LEAT_CODEC(LeaveGroupRequest),
      LEAT_CODEC(LeaveGroupResponse),
      LEAT_CODEC(ListConfigResourcesRequest),
      LEAT_CODEC(ListConfigResourcesResponse),
      LEAT_CODEC(ListGroupsRequest),
      LEAT_CODEC(ListGroupsResponse),
      LEAT_CODEC(ListOffsetsRequest),
      LEAT_CODEC(ListOffsetsResponse),
      LEAT_CODEC(ListPartitionReassignmentsRequest),
      LEAT_CODEC(ListPartitionReassignmentsResponse),
      LEAT_CODEC(ListTransactionsRequest),
      LEAT_CODEC(ListTransactionsResponse),
      LEAT_CODEC(MetadataRequest),
      LEAT_CODEC(MetadataResponse),
      LEAT_CODEC(OffsetCommitRequest),
      LEAT_CODEC(OffsetCommitResponse),
      LEAT_CODEC(OffsetDeleteRequest),
      LEAT_CODEC(OffsetDeleteResponse),
      LEAT_CODEC(OffsetFetchRequest),
      LEAT_CODEC(OffsetFetchResponse),
      LEAT_CODEC(OffsetForLeaderEpochRequest),
      LEAT_CODEC(OffsetForLeaderEpochResponse),
      LEAT_CODEC(ProduceRequest),
      LEAT_CODEC(ProduceResponse),
      LEAT_CODEC(PushTelemetryRequest),
      LEAT_CODEC(PushTelemetryResponse),
      LEAT_CODEC(RemoveRaftVoterRequest),
      LEAT_CODEC(RemoveRaftVoterResponse),
      LEAT_CODEC(RenewDelegationTokenRequest),
      LEAT_CODEC(RenewDelegationTokenResponse),
      LEAT_CODEC(SaslAuthenticateRequest),
      LEAT_CODEC(SaslAuthenticateResponse),
      LEAT_CODEC(SaslHandshakeRequest),
      LEAT_CODEC(SaslHandshakeResponse),
      LEAT_CODEC(StreamsGroupDescribeRequest),
      LEAT_CODEC(StreamsGroupDescribeResponse),
      LEAT_CODEC(StreamsGroupHeartbeatRequest),
      LEAT_CODEC(StreamsGroupHeartbeatResponse),
      LEAT_CODEC(SyncGroupRequest),
      LEAT_CODEC(SyncGroupResponse),
      LEAT_CODEC(TxnOffsetCommitRequest),
      LEAT_CODEC(TxnOffsetCommitResponse),
      LEAT_CODEC(UnregisterBrokerRequest),
      LEAT_CODEC(UnregisterBrokerResponse),
      LEAT_CODEC(UpdateFeaturesRequest),
      LEAT_CODEC(UpdateFeaturesResponse),
      LEAT_CODEC(WriteTxnMarkersRequest),
      LEAT_CODEC(WriteTxnMarkersResponse),
      LEAT_CODEC(ConsumerProtocolSubscription),
      LEAT_CODEC(ConsumerProtocolAssignment),
      LEAT_CODEC(EndTxnMarker),
      LEAT_CODEC(OffsetCommitKey),
      LEAT_CODEC(OffsetCommitValue),
      LEAT_CODEC(GroupMetadataKey),
      LEAT_CODEC(GroupMetadataValue),
      LEAT_CODEC(ConsumerGroupMetadataKey),
      LEAT_CODEC(ConsumerGroupMetadataValue),
      LEAT_CODEC(ConsumerGroupPartitionMetadataKey),
      LEAT_CODEC(ConsumerGroupPartitionMetadataValue),
      LEAT_CODEC(ConsumerGroupMemberMetadataKey),
      LEAT_CODEC(ConsumerGroupMemberMetadataValue),
      LEAT_CODEC(ConsumerGroupTargetAssignmentMetadataKey),
      LEAT_CODEC(ConsumerGroupTargetAssignmentMetadataValue),
      LEAT_CODEC(ConsumerGroupTargetAssignmentMemberKey),
      LEAT_CODEC(ConsumerGroupTargetAssignmentMemberValue),
      LEAT_CODEC(ConsumerGroupCurrentMemberAssignmentKey),
      LEAT_CODEC(ConsumerGroupCurrentMemberAssignmentValue),
      LEAT_CODEC(ConsumerGroupRegularExpressionKey),
      LEAT_CODEC(ConsumerGroupRegularExpressionValue),
      LEAT_CODEC(StreamsGroupMetadataKey),
      LEAT_CODEC(StreamsGroupMetadataValue),
      LEAT_CODEC(StreamsGroupMemberMetadataKey),
      LEAT_CODEC(StreamsGroupMemberMetadataValue),
      LEAT_CODEC(StreamsGroupTargetAssignmentMetadataKey),
      LEAT_CODEC(StreamsGroupTargetAssignmentMetadataValue),
      LEAT_CODEC(StreamsGroupTargetAssignmentMemberKey),
      LEAT_CODEC(StreamsGroupTargetAssignmentMemberValue),
      LEAT_CODEC(StreamsGroupCurrentMemberAssignmentKey),
      LEAT_CODEC(StreamsGroupCurrentMemberAssignmentValue),
      LEAT_CODEC(StreamsGroupTopologyKey),
      LEAT_CODEC(StreamsGroupTopologyValue),
      LEAT_CODEC(TransactionLogKey),
      LEAT_CODEC(TransactionLogValue),
  };
  return kCodecs;
}

}  // namespace leat::conformance
