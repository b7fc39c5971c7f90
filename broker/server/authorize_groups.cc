// Who may join, see and end groups.
#include "broker/server/authorization.h"
#include "broker/server/authorized_operations.h"

namespace leat::server {

using wire::ErrorCode;

namespace {

constexpr AclOperation kRead = AclOperation::kRead, kDelete = AclOperation::kDelete,
                       kDescribe = AclOperation::kDescribe;
constexpr ErrorCode kNoGroup = ErrorCode::kGroupAuthorizationFailed, kNoTopic = ErrorCode::kTopicAuthorizationFailed;

template <class Response, class Request>
Gate<Response> require_reader(const Access& access, const Request& request) {
  return require<Response>(access.group(kRead, request.group_id), kNoGroup);
}

template <class DescribedGroups>
void narrow_operations(const Access& access, DescribedGroups& groups) {
  for (auto& group : groups)
    narrow(group.authorized_operations, kGroupOperations,
           [&](AclOperation operation) { return access.group(operation, group.group_id); });
}

/// Answers every partition of a topic with one error.
template <class ResponseTopic, class RequestTopic>
ResponseTopic refused_topic(const RequestTopic& topic, ErrorCode error) {
  ResponseTopic refused;
  refused.name = topic.name;
  if constexpr (requires { refused.topic_id = topic.topic_id; }) refused.topic_id = topic.topic_id;
  for (const auto& partition : topic.partitions) {
    auto& each = refused.partitions.emplace_back();
    each.partition_index = partition.partition_index;
    each.error_code = error;
  }
  return refused;
}

/// Partitions of a topic whose offsets may not be seen.
template <class ResponseTopic, class RequestTopic>
ResponseTopic unseen_topic(const RequestTopic& topic) {
  ResponseTopic refused;
  refused.name = topic.name;
  if constexpr (requires { refused.topic_id = topic.topic_id; }) refused.topic_id = topic.topic_id;
  for (const std::int32_t index : topic.partition_indexes) {
    auto& each = refused.partitions.emplace_back();
    each.partition_index = index;
    each.committed_offset = -1;
    each.metadata = "";
    each.error_code = kNoTopic;
  }
  return refused;
}

}  // namespace

Gate<wire::FindCoordinatorResponse> authorize(const Access& access, wire::FindCoordinatorRequest& request) {
  constexpr std::int8_t kTransaction = 1;
  const bool of_transaction = request.key_type == kTransaction;
  const ErrorCode error = of_transaction ? ErrorCode::kTransactionalIdAuthorizationFailed : kNoGroup;
  const auto may = [&](const std::string& key) {
    return of_transaction ? access.transaction(kDescribe, key) : access.group(kDescribe, key);
  };
  if (request.coordinator_keys.empty() && !may(request.key)) {
    auto gate = refuse<wire::FindCoordinatorResponse>(error);
    gate.refused->node_id = gate.refused->port = -1;
    return gate;
  }
  auto denied = split_off(request.coordinator_keys, may);
  return {.complete = [denied = std::move(denied), error](wire::FindCoordinatorResponse& response) {
    for (const std::string& key : denied) response.coordinators.push_back({key, -1, "", -1, error, std::nullopt});
  }};
}

Gate<wire::JoinGroupResponse> authorize(const Access& access, wire::JoinGroupRequest& request) {
  return require_reader<wire::JoinGroupResponse>(access, request);
}
Gate<wire::SyncGroupResponse> authorize(const Access& access, wire::SyncGroupRequest& request) {
  return require_reader<wire::SyncGroupResponse>(access, request);
}
Gate<wire::HeartbeatResponse> authorize(const Access& access, wire::HeartbeatRequest& request) {
  return require_reader<wire::HeartbeatResponse>(access, request);
}
Gate<wire::LeaveGroupResponse> authorize(const Access& access, wire::LeaveGroupRequest& request) {
  return require_reader<wire::LeaveGroupResponse>(access, request);
}

Gate<wire::ConsumerGroupHeartbeatResponse> authorize(const Access& access,
                                                     wire::ConsumerGroupHeartbeatRequest& request) {
  if (!access.group(kRead, request.group_id)) return refuse<wire::ConsumerGroupHeartbeatResponse>(kNoGroup);
  if (request.subscribed_topic_names)
    for (const std::string& topic : *request.subscribed_topic_names)
      if (!access.topic(kDescribe, topic)) return refuse<wire::ConsumerGroupHeartbeatResponse>(kNoTopic);
  return {};
}

Gate<wire::ConsumerGroupDescribeResponse> authorize(const Access& access, wire::ConsumerGroupDescribeRequest& request) {
  auto denied = split_off(request.group_ids, [&](const auto& id) { return access.group(kDescribe, id); });
  return {.complete = [access, denied = std::move(denied)](wire::ConsumerGroupDescribeResponse& response) {
    narrow_operations(access, response.groups);
    for (auto& group : response.groups) {
      // Who may not see one of a group's topics does not see the group.
      const bool visible = std::all_of(group.members.begin(), group.members.end(), [&](const auto& member) {
        const auto seen = [&](const auto& topic) { return access.topic(kDescribe, topic.topic_name); };
        return std::all_of(member.subscribed_topic_names.begin(), member.subscribed_topic_names.end(),
                           [&](const auto& topic) { return access.topic(kDescribe, topic); }) &&
               std::all_of(member.assignment.topic_partitions.begin(), member.assignment.topic_partitions.end(),
                           seen) &&
               std::all_of(member.target_assignment.topic_partitions.begin(),
                           member.target_assignment.topic_partitions.end(), seen);
      });
      if (visible) continue;
      group.error_code = kNoTopic;
      group.error_message = "The group has described topic(s) that the client is not authorized to describe.";
      group.members.clear();
    }
    for (const std::string& id : denied) {
      auto& refused = response.groups.emplace_back();
      refused.group_id = id;
      refused.error_code = kNoGroup;
    }
  }};
}

Gate<wire::StreamsGroupHeartbeatResponse> authorize(const Access& access, wire::StreamsGroupHeartbeatRequest& request) {
  if (!access.group(kRead, request.group_id)) return refuse<wire::StreamsGroupHeartbeatResponse>(kNoGroup);
  if (!request.topology) return {};
  for (const auto& subtopology : request.topology->subtopologies) {
    bool allowed = std::all_of(subtopology.source_topics.begin(), subtopology.source_topics.end(),
                               [&](const std::string& topic) { return access.topic(kDescribe, topic); });
    for (const auto* topics : {&subtopology.repartition_source_topics, &subtopology.state_changelog_topics})
      for (const auto& topic : *topics) allowed = allowed && access.internal_topic(topic.name);
    if (!allowed) return refuse<wire::StreamsGroupHeartbeatResponse>(kNoTopic);
  }
  return {};
}

Gate<wire::StreamsGroupDescribeResponse> authorize(const Access& access, wire::StreamsGroupDescribeRequest& request) {
  auto denied = split_off(request.group_ids, [&](const auto& id) { return access.group(kDescribe, id); });
  return {.complete = [access, denied = std::move(denied)](wire::StreamsGroupDescribeResponse& response) {
    narrow_operations(access, response.groups);
    for (const std::string& id : denied) {
      auto& refused = response.groups.emplace_back();
      refused.group_id = id;
      refused.error_code = kNoGroup;
    }
  }};
}

Gate<wire::DescribeGroupsResponse> authorize(const Access& access, wire::DescribeGroupsRequest& request) {
  auto denied = split_off(request.groups, [&](const auto& id) { return access.group(kDescribe, id); });
  return {.complete = [access, denied = std::move(denied)](wire::DescribeGroupsResponse& response) {
    narrow_operations(access, response.groups);
    for (const std::string& id : denied) {
      auto& refused = response.groups.emplace_back();
      refused.group_id = id;
      refused.error_code = kNoGroup;
    }
  }};
}

Gate<wire::ListGroupsResponse> authorize(const Access& access, wire::ListGroupsRequest& /*request*/) {
  if (access.cluster(kDescribe)) return {};
  return {.complete = [access](wire::ListGroupsResponse& response) {
    split_off(response.groups, [&](const auto& group) { return access.group(kDescribe, group.group_id); });
  }};
}

Gate<wire::DeleteGroupsResponse> authorize(const Access& access, wire::DeleteGroupsRequest& request) {
  auto denied = split_off(request.groups_names, [&](const auto& id) { return access.group(kDelete, id); });
  return {.complete = [denied = std::move(denied)](wire::DeleteGroupsResponse& response) {
    for (const std::string& id : denied) response.results.push_back({id, kNoGroup});
  }};
}

Gate<wire::OffsetCommitResponse> authorize(const Access& access, wire::OffsetCommitRequest& request) {
  using RefusedTopic = wire::OffsetCommitResponse::OffsetCommitResponseTopic;
  Gate<wire::OffsetCommitResponse> gate;
  if (!access.group(kRead, request.group_id)) {
    gate.refused.emplace();
    for (const auto& topic : request.topics)
      gate.refused->topics.push_back(refused_topic<RefusedTopic>(topic, kNoGroup));
    return gate;
  }
  auto denied =
      split_off(request.topics, [&](const auto& topic) { return access.topic(kRead, topic.topic_id, topic.name); });
  gate.complete = [denied = std::move(denied)](wire::OffsetCommitResponse& response) {
    for (const auto& topic : denied) response.topics.push_back(refused_topic<RefusedTopic>(topic, kNoTopic));
  };
  return gate;
}

Gate<wire::OffsetFetchResponse> authorize(const Access& access, wire::OffsetFetchRequest& request) {
  using RefusedTopic = wire::OffsetFetchResponse::OffsetFetchResponseTopic;
  using RefusedGroup = wire::OffsetFetchResponse::OffsetFetchResponseGroup;
  // Until version 7 there is one group, and it is not in the list.
  const bool one_group = request.groups.empty();
  if (one_group && !access.group(kDescribe, request.group_id)) return refuse<wire::OffsetFetchResponse>(kNoGroup);
  auto groups = split_off(request.groups, [&](const auto& group) { return access.group(kDescribe, group.group_id); });
  const bool nothing_left = !one_group && request.groups.empty();
  std::vector<wire::OffsetFetchRequest::OffsetFetchRequestTopic> topics;
  if (request.topics)
    topics = split_off(*request.topics, [&](const auto& topic) { return access.topic(kDescribe, topic.name); });
  std::map<std::string, std::vector<wire::OffsetFetchRequest::OffsetFetchRequestGroup::OffsetFetchRequestTopics>> of;
  for (auto& group : request.groups)
    if (group.topics)
      of[group.group_id] = split_off(
          *group.topics, [&](const auto& topic) { return access.topic(kDescribe, topic.topic_id, topic.name); });
  return {.complete = [access, groups = std::move(groups), topics = std::move(topics), of = std::move(of),
                       nothing_left](wire::OffsetFetchResponse& response) {
    if (nothing_left) response = {};
    // What was asked for without names may hold more than may be seen.
    split_off(response.topics, [&](const auto& topic) { return access.topic(kDescribe, topic.name); });
    for (const auto& topic : topics) response.topics.push_back(unseen_topic<RefusedTopic>(topic));
    for (auto& group : response.groups) {
      split_off(group.topics, [&](const auto& topic) { return access.topic(kDescribe, topic.topic_id, topic.name); });
      if (const auto denied = of.find(group.group_id); denied != of.end() && group.error_code == ErrorCode::kNone)
        for (const auto& topic : denied->second)
          group.topics.push_back(unseen_topic<RefusedGroup::OffsetFetchResponseTopics>(topic));
    }
    for (const auto& group : groups) {
      auto& refused = response.groups.emplace_back();
      refused.group_id = group.group_id;
      refused.error_code = kNoGroup;
    }
  }};
}

Gate<wire::OffsetDeleteResponse> authorize(const Access& access, wire::OffsetDeleteRequest& request) {
  using RefusedTopic = wire::OffsetDeleteResponse::OffsetDeleteResponseTopic;
  if (!access.group(kDelete, request.group_id)) return refuse<wire::OffsetDeleteResponse>(kNoGroup);
  auto denied = split_off(request.topics, [&](const auto& topic) { return access.topic(kRead, topic.name); });
  return {.complete = [denied = std::move(denied)](wire::OffsetDeleteResponse& response) {
    for (const auto& topic : denied) response.topics.push_back(refused_topic<RefusedTopic>(topic, kNoTopic));
  }};
}

}  // namespace leat::server
