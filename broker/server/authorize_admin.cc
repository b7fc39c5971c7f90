// Who may see and change what belongs to the cluster.
#include "broker/server/authorization.h"
#include "broker/server/authorized_operations.h"

namespace leat::server {

using wire::ErrorCode;

namespace {

constexpr ErrorCode kDenied = ErrorCode::kClusterAuthorizationFailed;
constexpr AclOperation kAlter = AclOperation::kAlter, kDescribe = AclOperation::kDescribe,
                       kAlterConfigs = AclOperation::kAlterConfigs, kDescribeConfigs = AclOperation::kDescribeConfigs;

ErrorCode denial_of(std::int8_t resource_type) {
  switch (static_cast<ResourceType>(resource_type)) {
    case ResourceType::kTopic: return ErrorCode::kTopicAuthorizationFailed;
    case ResourceType::kGroup: return ErrorCode::kGroupAuthorizationFailed;
    default: return kDenied;
  }
}

/// The two requests that alter configs have the same shape.
template <class Response, class Request>
Gate<Response> authorize_alteration(const Access& access, Request& request) {
  auto denied = split_off(request.resources, [&](const auto& resource) {
    return access.configs(kAlterConfigs, resource.resource_type, resource.resource_name);
  });
  return {.complete = [denied = std::move(denied)](Response& response) {
    for (const auto& resource : denied)
      response.responses.push_back(
          {denial_of(resource.resource_type), std::nullopt, resource.resource_type, resource.resource_name});
  }};
}

}  // namespace

Gate<wire::DescribeClusterResponse> authorize(const Access& access, wire::DescribeClusterRequest& request) {
  // Who asks is told what it may do; nothing, where it may not describe the cluster.
  if (!request.include_cluster_authorized_operations) return {};
  return {.complete = [access](wire::DescribeClusterResponse& response) {
    narrow(response.cluster_authorized_operations, kClusterOperations,
           [&](AclOperation operation) { return access.cluster(kDescribe) && access.cluster(operation); });
  }};
}

Gate<wire::DescribeConfigsResponse> authorize(const Access& access, wire::DescribeConfigsRequest& request) {
  auto denied = split_off(request.resources, [&](const auto& resource) {
    return access.configs(kDescribeConfigs, resource.resource_type, resource.resource_name);
  });
  return {.complete = [denied = std::move(denied)](wire::DescribeConfigsResponse& response) {
    for (const auto& resource : denied) {
      auto& refused = response.results.emplace_back();
      refused.error_code = denial_of(resource.resource_type);
      refused.resource_type = resource.resource_type;
      refused.resource_name = resource.resource_name;
    }
  }};
}

Gate<wire::AlterConfigsResponse> authorize(const Access& access, wire::AlterConfigsRequest& request) {
  return authorize_alteration<wire::AlterConfigsResponse>(access, request);
}
Gate<wire::IncrementalAlterConfigsResponse> authorize(const Access& access,
                                                      wire::IncrementalAlterConfigsRequest& request) {
  return authorize_alteration<wire::IncrementalAlterConfigsResponse>(access, request);
}
Gate<wire::ListConfigResourcesResponse> authorize(const Access& access, wire::ListConfigResourcesRequest& /*request*/) {
  return require<wire::ListConfigResourcesResponse>(access.cluster(kDescribeConfigs));
}

Gate<wire::DescribeLogDirsResponse> authorize(const Access& access, wire::DescribeLogDirsRequest& /*request*/) {
  return require<wire::DescribeLogDirsResponse>(access.cluster(kDescribe));
}
Gate<wire::AlterReplicaLogDirsResponse> authorize(const Access& access, wire::AlterReplicaLogDirsRequest& request) {
  if (access.cluster(kAlter)) return {};
  Gate<wire::AlterReplicaLogDirsResponse> gate;
  gate.refused.emplace();
  for (const auto& directory : request.dirs)
    for (const auto& topic : directory.topics) {
      auto& refused = gate.refused->results.emplace_back();
      refused.topic_name = topic.name;
      for (const std::int32_t index : topic.partitions) refused.partitions.push_back({index, kDenied});
    }
  return gate;
}
Gate<wire::ElectLeadersResponse> authorize(const Access& access, wire::ElectLeadersRequest& /*request*/) {
  return require<wire::ElectLeadersResponse>(access.cluster(kAlter));
}
Gate<wire::AlterPartitionReassignmentsResponse> authorize(const Access& access,
                                                          wire::AlterPartitionReassignmentsRequest& /*request*/) {
  return require<wire::AlterPartitionReassignmentsResponse>(access.cluster(kAlter));
}
Gate<wire::ListPartitionReassignmentsResponse> authorize(const Access& access,
                                                         wire::ListPartitionReassignmentsRequest& /*request*/) {
  return require<wire::ListPartitionReassignmentsResponse>(access.cluster(kDescribe));
}
Gate<wire::DescribeQuorumResponse> authorize(const Access& access, wire::DescribeQuorumRequest& /*request*/) {
  return require<wire::DescribeQuorumResponse>(access.cluster(kDescribe));
}
Gate<wire::UnregisterBrokerResponse> authorize(const Access& access, wire::UnregisterBrokerRequest& /*request*/) {
  return require<wire::UnregisterBrokerResponse>(access.cluster(kAlter));
}
Gate<wire::AddRaftVoterResponse> authorize(const Access& access, wire::AddRaftVoterRequest& /*request*/) {
  return require<wire::AddRaftVoterResponse>(access.cluster(kAlter));
}
Gate<wire::RemoveRaftVoterResponse> authorize(const Access& access, wire::RemoveRaftVoterRequest& /*request*/) {
  return require<wire::RemoveRaftVoterResponse>(access.cluster(kAlter));
}
Gate<wire::UpdateFeaturesResponse> authorize(const Access& access, wire::UpdateFeaturesRequest& /*request*/) {
  return require<wire::UpdateFeaturesResponse>(access.cluster(kAlter));
}

Gate<wire::DescribeClientQuotasResponse> authorize(const Access& access,
                                                   wire::DescribeClientQuotasRequest& /*request*/) {
  return require<wire::DescribeClientQuotasResponse>(access.cluster(kDescribeConfigs));
}
Gate<wire::AlterClientQuotasResponse> authorize(const Access& access, wire::AlterClientQuotasRequest& request) {
  if (access.cluster(kAlterConfigs)) return {};
  Gate<wire::AlterClientQuotasResponse> gate;
  gate.refused.emplace();
  for (const auto& entry : request.entries) {
    auto& refused = gate.refused->entries.emplace_back();
    refused.error_code = kDenied;
    for (const auto& part : entry.entity) refused.entity.push_back({part.entity_type, part.entity_name});
  }
  return gate;
}

Gate<wire::DescribeUserScramCredentialsResponse> authorize(const Access& access,
                                                           wire::DescribeUserScramCredentialsRequest& /*request*/) {
  return require<wire::DescribeUserScramCredentialsResponse>(access.cluster(kDescribe));
}
Gate<wire::AlterUserScramCredentialsResponse> authorize(const Access& access,
                                                        wire::AlterUserScramCredentialsRequest& request) {
  if (access.cluster(kAlter)) return {};
  Gate<wire::AlterUserScramCredentialsResponse> gate;
  gate.refused.emplace();
  for (const auto& deletion : request.deletions)
    gate.refused->results.push_back({deletion.name, kDenied, std::nullopt});
  for (const auto& upsertion : request.upsertions)
    gate.refused->results.push_back({upsertion.name, kDenied, std::nullopt});
  return gate;
}

Gate<wire::DescribeAclsResponse> authorize(const Access& access, wire::DescribeAclsRequest& /*request*/) {
  return require<wire::DescribeAclsResponse>(access.cluster(kDescribe));
}
Gate<wire::CreateAclsResponse> authorize(const Access& access, wire::CreateAclsRequest& request) {
  if (access.cluster(kAlter)) return {};
  Gate<wire::CreateAclsResponse> gate;
  gate.refused.emplace().results.assign(request.creations.size(), {kDenied, std::nullopt});
  return gate;
}
Gate<wire::DeleteAclsResponse> authorize(const Access& access, wire::DeleteAclsRequest& request) {
  if (access.cluster(kAlter)) return {};
  Gate<wire::DeleteAclsResponse> gate;
  gate.refused.emplace().filter_results.assign(request.filters.size(), {kDenied, std::nullopt, {}});
  return gate;
}

}  // namespace leat::server
