// The gate between dispatcher and handlers, where an authorizer is configured: what somebody may not do never reaches a
// handler. Each request has an overload of `authorize`, which refuses it as a whole, or takes out of it what is refused
// and adds that to the handler's response. A request without an overload is for super users.
#pragma once

#include "base/function.h"
#include "broker/server/admin_handlers.h"
#include "broker/server/authorizer.h"
#include "broker/server/handlers.h"

namespace leat::server {

/// What one client may do. Cheap to copy.
class Access {
 public:
  Access(Broker& broker, const RequestContext& context)
      : broker_(&broker), user_(context.user), host_(context.client.host.substr(1)) {}

  bool topic(AclOperation operation, const std::string& name) const {
    return may(operation, AclResource::kTopic, name);
  }
  /// Of a topic that is named by its id where it has one. What is not there may be asked for: it is the handler's
  /// error.
  bool topic(AclOperation operation, const Uuid& id, const std::string& name) const;
  bool group(AclOperation operation, const std::string& id) const { return may(operation, AclResource::kGroup, id); }
  bool transaction(AclOperation operation, const std::string& id) const {
    return may(operation, AclResource::kTransactionalId, id);
  }
  bool cluster(AclOperation operation) const { return may(operation, AclResource::kCluster, kClusterName); }
  bool any_topic(AclOperation operation) const;
  /// Of a topic that is there, kDescribe; of one that would be made, kCreate.
  bool internal_topic(const std::string& name) const;
  /// Configs of loggers and client metrics belong to the cluster, as those of brokers do.
  bool configs(AclOperation operation, std::int8_t resource_type, const std::string& name) const;

 private:
  bool may(AclOperation operation, AclResource resource, const std::string& name) const;

  Broker* broker_;
  std::string user_;
  std::string host_;
};

template <class Response>
struct Gate {
  /// The answer to a request that is refused as a whole.
  std::optional<Response> refused;
  /// Adds what was taken out of the request, or takes away what may not be seen.
  MoveFunction<void(Response&)> complete;
};

/// A request that is refused as a whole, where one error says so.
template <class Response>
Gate<Response> refuse(wire::ErrorCode error) {
  Gate<Response> gate;
  gate.refused.emplace().error_code = error;
  return gate;
}

template <class Response>
Gate<Response> require(bool allowed, wire::ErrorCode error = wire::ErrorCode::kClusterAuthorizationFailed) {
  return allowed ? Gate<Response>() : refuse<Response>(error);
}

/// Takes out what is not allowed.
template <class Item, class Allowed>
std::vector<Item> split_off(std::vector<Item>& items, Allowed allowed) {
  const auto refused = std::stable_partition(items.begin(), items.end(), allowed);
  std::vector<Item> taken(std::make_move_iterator(refused), std::make_move_iterator(items.end()));
  items.erase(refused, items.end());
  return taken;
}

// Everybody: how a connection begins, and what tells nothing.
inline Gate<wire::ApiVersionsResponse> authorize(const Access& /*access*/, wire::ApiVersionsRequest& /*request*/) {
  return {};
}
inline Gate<wire::SaslHandshakeResponse> authorize(const Access& /*access*/, wire::SaslHandshakeRequest& /*request*/) {
  return {};
}
inline Gate<wire::SaslAuthenticateResponse> authorize(const Access& /*access*/,
                                                      wire::SaslAuthenticateRequest& /*request*/) {
  return {};
}
inline Gate<wire::GetTelemetrySubscriptionsResponse> authorize(const Access& /*access*/,
                                                               wire::GetTelemetrySubscriptionsRequest& /*request*/) {
  return {};
}
inline Gate<wire::PushTelemetryResponse> authorize(const Access& /*access*/, wire::PushTelemetryRequest& /*request*/) {
  return {};
}
inline Gate<wire::CreateDelegationTokenResponse> authorize(const Access& /*access*/,
                                                           wire::CreateDelegationTokenRequest& /*request*/) {
  return {};
}
inline Gate<wire::RenewDelegationTokenResponse> authorize(const Access& /*access*/,
                                                          wire::RenewDelegationTokenRequest& /*request*/) {
  return {};
}
inline Gate<wire::ExpireDelegationTokenResponse> authorize(const Access& /*access*/,
                                                           wire::ExpireDelegationTokenRequest& /*request*/) {
  return {};
}
inline Gate<wire::DescribeDelegationTokenResponse> authorize(const Access& /*access*/,
                                                             wire::DescribeDelegationTokenRequest& /*request*/) {
  return {};
}

// Records and topics: authorize_records.cc
Gate<wire::ProduceResponse> authorize(const Access& access, wire::ProduceRequest& request);
Gate<wire::FetchResponse> authorize(const Access& access, wire::FetchRequest& request);
Gate<wire::ListOffsetsResponse> authorize(const Access& access, wire::ListOffsetsRequest& request);
Gate<wire::OffsetForLeaderEpochResponse> authorize(const Access& access, wire::OffsetForLeaderEpochRequest& request);
Gate<wire::DeleteRecordsResponse> authorize(const Access& access, wire::DeleteRecordsRequest& request);
Gate<wire::MetadataResponse> authorize(const Access& access, wire::MetadataRequest& request);
Gate<wire::DescribeTopicPartitionsResponse> authorize(const Access& access,
                                                      wire::DescribeTopicPartitionsRequest& request);
Gate<wire::DescribeProducersResponse> authorize(const Access& access, wire::DescribeProducersRequest& request);
Gate<wire::CreateTopicsResponse> authorize(const Access& access, wire::CreateTopicsRequest& request);
Gate<wire::DeleteTopicsResponse> authorize(const Access& access, wire::DeleteTopicsRequest& request);
Gate<wire::CreatePartitionsResponse> authorize(const Access& access, wire::CreatePartitionsRequest& request);

// Groups, transactions: authorize_groups.cc, authorize_transactions.cc
Gate<wire::FindCoordinatorResponse> authorize(const Access& access, wire::FindCoordinatorRequest& request);
Gate<wire::JoinGroupResponse> authorize(const Access& access, wire::JoinGroupRequest& request);
Gate<wire::SyncGroupResponse> authorize(const Access& access, wire::SyncGroupRequest& request);
Gate<wire::HeartbeatResponse> authorize(const Access& access, wire::HeartbeatRequest& request);
Gate<wire::LeaveGroupResponse> authorize(const Access& access, wire::LeaveGroupRequest& request);
Gate<wire::StreamsGroupHeartbeatResponse> authorize(const Access& access, wire::StreamsGroupHeartbeatRequest& request);
Gate<wire::StreamsGroupDescribeResponse> authorize(const Access& access, wire::StreamsGroupDescribeRequest& request);
Gate<wire::ConsumerGroupHeartbeatResponse> authorize(const Access& access,
                                                     wire::ConsumerGroupHeartbeatRequest& request);
Gate<wire::ConsumerGroupDescribeResponse> authorize(const Access& access, wire::ConsumerGroupDescribeRequest& request);
Gate<wire::DescribeGroupsResponse> authorize(const Access& access, wire::DescribeGroupsRequest& request);
Gate<wire::ListGroupsResponse> authorize(const Access& access, wire::ListGroupsRequest& request);
Gate<wire::DeleteGroupsResponse> authorize(const Access& access, wire::DeleteGroupsRequest& request);
Gate<wire::OffsetCommitResponse> authorize(const Access& access, wire::OffsetCommitRequest& request);
Gate<wire::OffsetFetchResponse> authorize(const Access& access, wire::OffsetFetchRequest& request);
Gate<wire::OffsetDeleteResponse> authorize(const Access& access, wire::OffsetDeleteRequest& request);
Gate<wire::InitProducerIdResponse> authorize(const Access& access, wire::InitProducerIdRequest& request);
Gate<wire::AddPartitionsToTxnResponse> authorize(const Access& access, wire::AddPartitionsToTxnRequest& request);
Gate<wire::AddOffsetsToTxnResponse> authorize(const Access& access, wire::AddOffsetsToTxnRequest& request);
Gate<wire::EndTxnResponse> authorize(const Access& access, wire::EndTxnRequest& request);
Gate<wire::TxnOffsetCommitResponse> authorize(const Access& access, wire::TxnOffsetCommitRequest& request);
Gate<wire::WriteTxnMarkersResponse> authorize(const Access& access, wire::WriteTxnMarkersRequest& request);
Gate<wire::DescribeTransactionsResponse> authorize(const Access& access, wire::DescribeTransactionsRequest& request);
Gate<wire::ListTransactionsResponse> authorize(const Access& access, wire::ListTransactionsRequest& request);

// Administration: authorize_admin.cc
Gate<wire::DescribeClusterResponse> authorize(const Access& access, wire::DescribeClusterRequest& request);
Gate<wire::DescribeConfigsResponse> authorize(const Access& access, wire::DescribeConfigsRequest& request);
Gate<wire::AlterConfigsResponse> authorize(const Access& access, wire::AlterConfigsRequest& request);
Gate<wire::IncrementalAlterConfigsResponse> authorize(const Access& access,
                                                      wire::IncrementalAlterConfigsRequest& request);
Gate<wire::ListConfigResourcesResponse> authorize(const Access& access, wire::ListConfigResourcesRequest& request);
Gate<wire::DescribeLogDirsResponse> authorize(const Access& access, wire::DescribeLogDirsRequest& request);
Gate<wire::AlterReplicaLogDirsResponse> authorize(const Access& access, wire::AlterReplicaLogDirsRequest& request);
Gate<wire::ElectLeadersResponse> authorize(const Access& access, wire::ElectLeadersRequest& request);
Gate<wire::AlterPartitionReassignmentsResponse> authorize(const Access& access,
                                                          wire::AlterPartitionReassignmentsRequest& request);
Gate<wire::ListPartitionReassignmentsResponse> authorize(const Access& access,
                                                         wire::ListPartitionReassignmentsRequest& request);
Gate<wire::DescribeQuorumResponse> authorize(const Access& access, wire::DescribeQuorumRequest& request);
Gate<wire::UnregisterBrokerResponse> authorize(const Access& access, wire::UnregisterBrokerRequest& request);
Gate<wire::AddRaftVoterResponse> authorize(const Access& access, wire::AddRaftVoterRequest& request);
Gate<wire::RemoveRaftVoterResponse> authorize(const Access& access, wire::RemoveRaftVoterRequest& request);
Gate<wire::UpdateFeaturesResponse> authorize(const Access& access, wire::UpdateFeaturesRequest& request);
Gate<wire::DescribeClientQuotasResponse> authorize(const Access& access, wire::DescribeClientQuotasRequest& request);
Gate<wire::AlterClientQuotasResponse> authorize(const Access& access, wire::AlterClientQuotasRequest& request);
Gate<wire::DescribeUserScramCredentialsResponse> authorize(const Access& access,
                                                           wire::DescribeUserScramCredentialsRequest& request);
Gate<wire::AlterUserScramCredentialsResponse> authorize(const Access& access,
                                                        wire::AlterUserScramCredentialsRequest& request);
Gate<wire::DescribeAclsResponse> authorize(const Access& access, wire::DescribeAclsRequest& request);
Gate<wire::CreateAclsResponse> authorize(const Access& access, wire::CreateAclsRequest& request);
Gate<wire::DeleteAclsResponse> authorize(const Access& access, wire::DeleteAclsRequest& request);

}  // namespace leat::server
