// Who may begin, end and see transactions.
#include "broker/server/authorization.h"

namespace leat::server {

using wire::ErrorCode;

namespace {

constexpr AclOperation kRead = AclOperation::kRead, kWrite = AclOperation::kWrite, kDescribe = AclOperation::kDescribe;
constexpr ErrorCode kNoTransaction = ErrorCode::kTransactionalIdAuthorizationFailed,
                    kNoGroup = ErrorCode::kGroupAuthorizationFailed, kNoTopic = ErrorCode::kTopicAuthorizationFailed;

wire::TxnOffsetCommitResponse::TxnOffsetCommitResponseTopic refused_topic(
    const wire::TxnOffsetCommitRequest::TxnOffsetCommitRequestTopic& topic, ErrorCode error) {
  wire::TxnOffsetCommitResponse::TxnOffsetCommitResponseTopic refused;
  refused.name = topic.name;
  for (const auto& partition : topic.partitions) refused.partitions.push_back({partition.partition_index, error});
  return refused;
}

}  // namespace

Gate<wire::InitProducerIdResponse> authorize(const Access& access, wire::InitProducerIdRequest& request) {
  if (request.transactional_id)
    return require<wire::InitProducerIdResponse>(access.transaction(kWrite, *request.transactional_id), kNoTransaction);
  // Who may write to any topic may do so idempotently.
  return require<wire::InitProducerIdResponse>(access.cluster(AclOperation::kIdempotentWrite) ||
                                               access.any_topic(kWrite));
}

Gate<wire::AddPartitionsToTxnResponse> authorize(const Access& access, wire::AddPartitionsToTxnRequest& request) {
  // From version 4 on brokers ask, for several transactions at once.
  if (!request.transactions.empty())
    return require<wire::AddPartitionsToTxnResponse>(access.cluster(AclOperation::kClusterAction));
  const bool may_write = access.transaction(kWrite, request.v3_and_below_transactional_id);
  const auto& topics = request.v3_and_below_topics;
  if (may_write &&
      std::all_of(topics.begin(), topics.end(), [&](const auto& topic) { return access.topic(kWrite, topic.name); }))
    return {};
  // All or none: what might be added is not, because of the others.
  Gate<wire::AddPartitionsToTxnResponse> gate;
  gate.refused.emplace();
  for (const auto& topic : topics) {
    const ErrorCode error = !may_write                         ? kNoTransaction
                            : access.topic(kWrite, topic.name) ? ErrorCode::kOperationNotAttempted
                                                               : kNoTopic;
    auto& refused = gate.refused->results_by_topic_v3_and_below.emplace_back();
    refused.name = topic.name;
    for (const std::int32_t index : topic.partitions) refused.results_by_partition.push_back({index, error});
  }
  return gate;
}

Gate<wire::AddOffsetsToTxnResponse> authorize(const Access& access, wire::AddOffsetsToTxnRequest& request) {
  if (!access.transaction(kWrite, request.transactional_id))
    return refuse<wire::AddOffsetsToTxnResponse>(kNoTransaction);
  return require<wire::AddOffsetsToTxnResponse>(access.group(kRead, request.group_id), kNoGroup);
}

Gate<wire::EndTxnResponse> authorize(const Access& access, wire::EndTxnRequest& request) {
  return require<wire::EndTxnResponse>(access.transaction(kWrite, request.transactional_id), kNoTransaction);
}

Gate<wire::TxnOffsetCommitResponse> authorize(const Access& access, wire::TxnOffsetCommitRequest& request) {
  Gate<wire::TxnOffsetCommitResponse> gate;
  const bool may_write = access.transaction(kWrite, request.transactional_id);
  if (!may_write || !access.group(kRead, request.group_id)) {
    gate.refused.emplace();
    for (const auto& topic : request.topics)
      gate.refused->topics.push_back(refused_topic(topic, may_write ? kNoGroup : kNoTransaction));
    return gate;
  }
  auto denied = split_off(request.topics, [&](const auto& topic) { return access.topic(kRead, topic.name); });
  gate.complete = [denied = std::move(denied)](wire::TxnOffsetCommitResponse& response) {
    for (const auto& topic : denied) response.topics.push_back(refused_topic(topic, kNoTopic));
  };
  return gate;
}

Gate<wire::WriteTxnMarkersResponse> authorize(const Access& access, wire::WriteTxnMarkersRequest& request) {
  if (access.cluster(AclOperation::kClusterAction) || access.cluster(AclOperation::kAlter)) return {};
  Gate<wire::WriteTxnMarkersResponse> gate;
  gate.refused.emplace();
  for (const auto& marker : request.markers) {
    auto& refused = gate.refused->markers.emplace_back();
    refused.producer_id = marker.producer_id;
    for (const auto& topic : marker.topics) {
      auto& each = refused.topics.emplace_back();
      each.name = topic.name;
      for (const std::int32_t index : topic.partition_indexes)
        each.partitions.push_back({index, ErrorCode::kClusterAuthorizationFailed});
    }
  }
  return gate;
}

Gate<wire::DescribeTransactionsResponse> authorize(const Access& access, wire::DescribeTransactionsRequest& request) {
  auto denied = split_off(request.transactional_ids, [&](const auto& id) { return access.transaction(kDescribe, id); });
  return {.complete = [access, denied = std::move(denied)](wire::DescribeTransactionsResponse& response) {
    for (auto& transaction : response.transaction_states)
      split_off(transaction.topics, [&](const auto& topic) { return access.topic(kDescribe, topic.topic); });
    for (const std::string& id : denied) {
      auto& refused = response.transaction_states.emplace_back();
      refused.transactional_id = id;
      refused.error_code = kNoTransaction;
    }
  }};
}

Gate<wire::ListTransactionsResponse> authorize(const Access& access, wire::ListTransactionsRequest& /*request*/) {
  return {.complete = [access](wire::ListTransactionsResponse& response) {
    split_off(response.transaction_states,
              [&](const auto& transaction) { return access.transaction(kDescribe, transaction.transactional_id); });
  }};
}

}  // namespace leat::server
