// Who may read, write and see topics.
#include "broker/server/authorization.h"
#include "broker/server/authorized_operations.h"

namespace leat::server {

using wire::ErrorCode;

namespace {

constexpr ErrorCode kDenied = ErrorCode::kTopicAuthorizationFailed;
constexpr AclOperation kRead = AclOperation::kRead, kWrite = AclOperation::kWrite, kCreate = AclOperation::kCreate,
                       kDelete = AclOperation::kDelete, kAlter = AclOperation::kAlter,
                       kDescribe = AclOperation::kDescribe;

void refuse_topic(wire::ProduceResponse& response, const wire::ProduceRequest::TopicProduceData& topic,
                  ErrorCode error) {
  auto& refused = response.responses.emplace_back();
  refused.name = topic.name;
  refused.topic_id = topic.topic_id;
  for (const auto& partition : topic.partition_data) {
    auto& each = refused.partition_responses.emplace_back();
    each.index = partition.index;
    each.error_code = error;
    each.base_offset = -1;
  }
}

}  // namespace

Gate<wire::ProduceResponse> authorize(const Access& access, wire::ProduceRequest& request) {
  Gate<wire::ProduceResponse> gate;
  if (request.transactional_id && !access.transaction(kWrite, *request.transactional_id)) {
    gate.refused.emplace();
    for (const auto& topic : request.topic_data)
      refuse_topic(*gate.refused, topic, ErrorCode::kTransactionalIdAuthorizationFailed);
    return gate;
  }
  auto denied = split_off(request.topic_data,
                          [&](const auto& topic) { return access.topic(kWrite, topic.topic_id, topic.name); });
  if (!denied.empty())
    gate.complete = [denied = std::move(denied)](wire::ProduceResponse& response) {
      for (const auto& topic : denied) refuse_topic(response, topic, kDenied);
    };
  return gate;
}

/// Partitions stay in sessions, so the handler itself looks when it reads them.
Gate<wire::FetchResponse> authorize(const Access& /*access*/, wire::FetchRequest& /*request*/) { return {}; }

Gate<wire::ListOffsetsResponse> authorize(const Access& access, wire::ListOffsetsRequest& request) {
  auto denied = split_off(request.topics, [&](const auto& topic) { return access.topic(kDescribe, topic.name); });
  return {.complete = [denied = std::move(denied)](wire::ListOffsetsResponse& response) {
    for (const auto& topic : denied) {
      auto& refused = response.topics.emplace_back();
      refused.name = topic.name;
      for (const auto& partition : topic.partitions) {
        auto& each = refused.partitions.emplace_back();
        each.partition_index = partition.partition_index;
        each.error_code = kDenied;
      }
    }
  }};
}

Gate<wire::OffsetForLeaderEpochResponse> authorize(const Access& access, wire::OffsetForLeaderEpochRequest& request) {
  auto denied = split_off(request.topics, [&](const auto& topic) { return access.topic(kDescribe, topic.topic); });
  return {.complete = [denied = std::move(denied)](wire::OffsetForLeaderEpochResponse& response) {
    for (const auto& topic : denied) {
      auto& refused = response.topics.emplace_back();
      refused.topic = topic.topic;
      for (const auto& partition : topic.partitions) {
        auto& each = refused.partitions.emplace_back();
        each.partition = partition.partition;
        each.error_code = kDenied;
      }
    }
  }};
}

Gate<wire::DeleteRecordsResponse> authorize(const Access& access, wire::DeleteRecordsRequest& request) {
  auto denied = split_off(request.topics, [&](const auto& topic) { return access.topic(kDelete, topic.name); });
  return {.complete = [denied = std::move(denied)](wire::DeleteRecordsResponse& response) {
    for (const auto& topic : denied) {
      auto& refused = response.topics.emplace_back();
      refused.name = topic.name;
      for (const auto& partition : topic.partitions)
        refused.partitions.push_back({partition.partition_index, -1, kDenied});
    }
  }};
}

Gate<wire::MetadataResponse> authorize(const Access& access, wire::MetadataRequest& request) {
  std::vector<wire::MetadataRequest::MetadataRequestTopic> denied;
  const bool named = request.topics && !request.topics->empty();
  if (named)
    denied = split_off(*request.topics, [&](const auto& topic) {
      return access.topic(kDescribe, topic.topic_id, topic.name.value_or(""));
    });
  // Who may not create topics does not create them by asking for them.
  if (named && !access.cluster(kCreate)) {
    bool may_create = true;
    for (const auto& topic : *request.topics)
      may_create = may_create && (!topic.topic_id.is_zero() || access.topic(kCreate, topic.name.value_or("")));
    request.allow_auto_topic_creation = request.allow_auto_topic_creation && may_create;
  }
  // An empty list would ask for all topics in version 0: the handler is asked for nothing then.
  const bool nothing_left = named && request.topics->empty();
  Gate<wire::MetadataResponse> gate;
  gate.complete = [access, denied = std::move(denied), nothing_left](wire::MetadataResponse& response) {
    if (nothing_left) response.topics.clear();
    split_off(response.topics, [&](const auto& topic) {
      return topic.error_code != ErrorCode::kNone || access.topic(kDescribe, topic.name.value_or(""));
    });
    for (auto& topic : response.topics)
      narrow(topic.topic_authorized_operations, kTopicOperations,
             [&](AclOperation operation) { return access.topic(operation, topic.name.value_or("")); });
    narrow(response.cluster_authorized_operations, kClusterOperations,
           [&](AclOperation operation) { return access.cluster(operation); });
    for (const auto& topic : denied) {
      auto& refused = response.topics.emplace_back();
      refused.name = topic.name;
      refused.topic_id = topic.topic_id;
      refused.error_code = topic.topic_id.is_zero() ? kDenied : ErrorCode::kUnknownTopicId;
    }
  };
  return gate;
}

Gate<wire::DescribeTopicPartitionsResponse> authorize(const Access& access,
                                                      wire::DescribeTopicPartitionsRequest& request) {
  const bool all = request.topics.empty();
  auto denied = split_off(request.topics, [&](const auto& topic) { return access.topic(kDescribe, topic.name); });
  const bool nothing_left = !all && request.topics.empty();
  return {
      .complete = [access, denied = std::move(denied), nothing_left](wire::DescribeTopicPartitionsResponse& response) {
        if (nothing_left) response.topics.clear(), response.next_cursor.reset();
        split_off(response.topics, [&](const auto& topic) { return access.topic(kDescribe, topic.name.value_or("")); });
        for (auto& topic : response.topics)
          narrow(topic.topic_authorized_operations, kTopicOperations,
                 [&](AclOperation operation) { return access.topic(operation, topic.name.value_or("")); });
        for (const auto& topic : denied) {
          auto& refused = response.topics.emplace_back();
          refused.name = topic.name;
          refused.error_code = kDenied;
        }
      }};
}

Gate<wire::DescribeProducersResponse> authorize(const Access& access, wire::DescribeProducersRequest& request) {
  auto denied = split_off(request.topics, [&](const auto& topic) { return access.topic(kRead, topic.name); });
  return {.complete = [denied = std::move(denied)](wire::DescribeProducersResponse& response) {
    for (const auto& topic : denied) {
      auto& refused = response.topics.emplace_back();
      refused.name = topic.name;
      for (const std::int32_t index : topic.partition_indexes) {
        auto& each = refused.partitions.emplace_back();
        each.partition_index = index;
        each.error_code = kDenied;
      }
    }
  }};
}

Gate<wire::CreateTopicsResponse> authorize(const Access& access, wire::CreateTopicsRequest& request) {
  if (access.cluster(kCreate)) return {};
  auto denied = split_off(request.topics, [&](const auto& topic) { return access.topic(kCreate, topic.name); });
  return {.complete = [denied = std::move(denied)](wire::CreateTopicsResponse& response) {
    for (const auto& topic : denied) {
      auto& refused = response.topics.emplace_back();
      refused.name = topic.name;
      refused.error_code = kDenied;
      refused.error_message = "Authorization failed.";
    }
  }};
}

Gate<wire::DeleteTopicsResponse> authorize(const Access& access, wire::DeleteTopicsRequest& request) {
  auto denied = split_off(request.topics, [&](const auto& topic) {
    return access.topic(kDelete, topic.topic_id, topic.name.value_or(""));
  });
  for (auto& name : split_off(request.topic_names, [&](const auto& each) { return access.topic(kDelete, each); }))
    denied.emplace_back().name = std::move(name);
  return {.complete = [denied = std::move(denied)](wire::DeleteTopicsResponse& response) {
    for (const auto& topic : denied) {
      auto& refused = response.responses.emplace_back();
      refused.name = topic.name;
      refused.topic_id = topic.topic_id;
      refused.error_code = kDenied;
    }
  }};
}

Gate<wire::CreatePartitionsResponse> authorize(const Access& access, wire::CreatePartitionsRequest& request) {
  auto denied = split_off(request.topics, [&](const auto& topic) { return access.topic(kAlter, topic.name); });
  return {.complete = [denied = std::move(denied)](wire::CreatePartitionsResponse& response) {
    for (const auto& topic : denied) response.results.push_back({topic.name, kDenied, std::nullopt});
  }};
}

}  // namespace leat::server
