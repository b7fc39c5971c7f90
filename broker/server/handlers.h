// The handlers: one overload per request, one file per family. A handler replies exactly once, perhaps later; it may
// keep the request. Replies to requests of older versions may fill fields that those do not have: they are not written.
#pragma once

#include "broker/server/broker.h"
#include "broker/wire/messages/add_offsets_to_txn.h"
#include "broker/wire/messages/add_partitions_to_txn.h"
#include "broker/wire/messages/alter_configs.h"
#include "broker/wire/messages/api_versions.h"
#include "broker/wire/messages/consumer_group_describe.h"
#include "broker/wire/messages/consumer_group_heartbeat.h"
#include "broker/wire/messages/create_partitions.h"
#include "broker/wire/messages/create_topics.h"
#include "broker/wire/messages/delete_groups.h"
#include "broker/wire/messages/delete_records.h"
#include "broker/wire/messages/delete_topics.h"
#include "broker/wire/messages/describe_cluster.h"
#include "broker/wire/messages/describe_configs.h"
#include "broker/wire/messages/describe_groups.h"
#include "broker/wire/messages/describe_producers.h"
#include "broker/wire/messages/describe_topic_partitions.h"
#include "broker/wire/messages/describe_transactions.h"
#include "broker/wire/messages/end_txn.h"
#include "broker/wire/messages/fetch.h"
#include "broker/wire/messages/find_coordinator.h"
#include "broker/wire/messages/heartbeat.h"
#include "broker/wire/messages/incremental_alter_configs.h"
#include "broker/wire/messages/init_producer_id.h"
#include "broker/wire/messages/join_group.h"
#include "broker/wire/messages/leave_group.h"
#include "broker/wire/messages/list_groups.h"
#include "broker/wire/messages/list_offsets.h"
#include "broker/wire/messages/list_transactions.h"
#include "broker/wire/messages/metadata.h"
#include "broker/wire/messages/offset_commit.h"
#include "broker/wire/messages/offset_delete.h"
#include "broker/wire/messages/offset_fetch.h"
#include "broker/wire/messages/offset_for_leader_epoch.h"
#include "broker/wire/messages/produce.h"
#include "broker/wire/messages/streams_group_describe.h"
#include "broker/wire/messages/streams_group_heartbeat.h"
#include "broker/wire/messages/sync_group.h"
#include "broker/wire/messages/txn_offset_commit.h"
#include "broker/wire/messages/write_txn_markers.h"

namespace leat::server {

/// Whether the client may make or delete so many partitions now by its controller_mutation_rate; where it may, but has
/// used its allowance up, it waits behind the response.
bool may_change_partitions(Broker& broker, const RequestContext& context, std::size_t partitions, bool strict);

// Records: produce_handler.cc, fetch_handler.cc, offset_lookup_handlers.cc
void handle(Broker& broker, const RequestContext& context, wire::ProduceRequest request,
            OneShot<wire::ProduceResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::FetchRequest request,
            OneShot<wire::FetchResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::ListOffsetsRequest request,
            OneShot<wire::ListOffsetsResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::OffsetForLeaderEpochRequest request,
            OneShot<wire::OffsetForLeaderEpochResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::DeleteRecordsRequest request,
            OneShot<wire::DeleteRecordsResponse> reply);

// The cluster: metadata_handlers.cc
void handle(Broker& broker, const RequestContext& context, wire::ApiVersionsRequest request,
            OneShot<wire::ApiVersionsResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::MetadataRequest request,
            OneShot<wire::MetadataResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::DescribeClusterRequest request,
            OneShot<wire::DescribeClusterResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::DescribeTopicPartitionsRequest request,
            OneShot<wire::DescribeTopicPartitionsResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::FindCoordinatorRequest request,
            OneShot<wire::FindCoordinatorResponse> reply);

// Topics and configs: topic_handlers.cc, config_handlers.cc
void handle(Broker& broker, const RequestContext& context, wire::CreateTopicsRequest request,
            OneShot<wire::CreateTopicsResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::DeleteTopicsRequest request,
            OneShot<wire::DeleteTopicsResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::CreatePartitionsRequest request,
            OneShot<wire::CreatePartitionsResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::DescribeConfigsRequest request,
            OneShot<wire::DescribeConfigsResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::AlterConfigsRequest request,
            OneShot<wire::AlterConfigsResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::IncrementalAlterConfigsRequest request,
            OneShot<wire::IncrementalAlterConfigsResponse> reply);

// Groups: group_handlers.cc, consumer_group_handlers.cc, committed_offset_handlers.cc
void handle(Broker& broker, const RequestContext& context, wire::JoinGroupRequest request,
            OneShot<wire::JoinGroupResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::SyncGroupRequest request,
            OneShot<wire::SyncGroupResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::HeartbeatRequest request,
            OneShot<wire::HeartbeatResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::LeaveGroupRequest request,
            OneShot<wire::LeaveGroupResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::DescribeGroupsRequest request,
            OneShot<wire::DescribeGroupsResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::ListGroupsRequest request,
            OneShot<wire::ListGroupsResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::DeleteGroupsRequest request,
            OneShot<wire::DeleteGroupsResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::StreamsGroupHeartbeatRequest request,
            OneShot<wire::StreamsGroupHeartbeatResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::StreamsGroupDescribeRequest request,
            OneShot<wire::StreamsGroupDescribeResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::ConsumerGroupHeartbeatRequest request,
            OneShot<wire::ConsumerGroupHeartbeatResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::ConsumerGroupDescribeRequest request,
            OneShot<wire::ConsumerGroupDescribeResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::OffsetCommitRequest request,
            OneShot<wire::OffsetCommitResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::OffsetFetchRequest request,
            OneShot<wire::OffsetFetchResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::OffsetDeleteRequest request,
            OneShot<wire::OffsetDeleteResponse> reply);

// Transactions: transaction_handlers.cc, transaction_listing_handlers.cc
void handle(Broker& broker, const RequestContext& context, wire::InitProducerIdRequest request,
            OneShot<wire::InitProducerIdResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::AddPartitionsToTxnRequest request,
            OneShot<wire::AddPartitionsToTxnResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::AddOffsetsToTxnRequest request,
            OneShot<wire::AddOffsetsToTxnResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::EndTxnRequest request,
            OneShot<wire::EndTxnResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::WriteTxnMarkersRequest request,
            OneShot<wire::WriteTxnMarkersResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::TxnOffsetCommitRequest request,
            OneShot<wire::TxnOffsetCommitResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::DescribeProducersRequest request,
            OneShot<wire::DescribeProducersResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::DescribeTransactionsRequest request,
            OneShot<wire::DescribeTransactionsResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::ListTransactionsRequest request,
            OneShot<wire::ListTransactionsResponse> reply);

/// Where the two-way response of ApiVersions takes its list from: the requests that are served.
std::span<const wire::ApiKey> served_apis();

}  // namespace leat::server
