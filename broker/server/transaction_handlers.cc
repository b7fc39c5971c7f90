// InitProducerId (22), versions 0 to 5; AddPartitionsToTxn (24), 0 to 5; AddOffsetsToTxn (25), 0 to 4; EndTxn (26), 0
// to 5; WriteTxnMarkers (27), 1 and 2; TxnOffsetCommit (28), 0 to 5. Transactions of version 2 (KIP-890) are told from
// the older ones by the version of the request.
#include <memory>

#include "base/gathering.h"
#include "broker/server/handlers.h"
#include "broker/server/routing.h"

namespace leat::server {

using coordinator::ProducerClaim;
using coordinator::ProducerReply;
using wire::ErrorCode;

namespace {

constexpr int kVersionOfEndThatRaisesEpoch = 5;
constexpr int kVersionOfOffsetsThatAddGroup = 5;

/// Clients of the first versions know INVALID_PRODUCER_EPOCH only.
ErrorCode for_version(ErrorCode error, int version) {
  return error == ErrorCode::kProducerFenced && version < 2 ? ErrorCode::kInvalidProducerEpoch : error;
}

}  // namespace

void handle(Broker& broker, const RequestContext& context, wire::InitProducerIdRequest request,
            OneShot<wire::InitProducerIdResponse> reply) {
  OneShot<ProducerReply> once([version = context.version, reply = std::move(reply)](ProducerReply result) mutable {
    wire::InitProducerIdResponse response;
    response.error_code =
        result.error == ErrorCode::kProducerFenced && version < 4 ? ErrorCode::kInvalidProducerEpoch : result.error;
    response.producer_id = result.producer_id;
    response.producer_epoch = result.producer_epoch;
    reply(std::move(response));
  });
  if (!request.transactional_id) {
    broker.next_producer_id([once = std::move(once)](Result<std::int64_t> id) mutable {
      once(id ? ProducerReply{.producer_id = *id, .producer_epoch = 0}
              : ProducerReply{.error = ErrorCode::kCoordinatorNotAvailable});
    });
    return;
  }
  auto* transactions = transactions_of(broker, context, *request.transactional_id);
  if (request.transactional_id->empty()) return once({.error = ErrorCode::kInvalidRequest});
  if ((request.producer_id < 0) != (request.producer_epoch < 0)) return once({.error = ErrorCode::kInvalidRequest});
  if (transactions == nullptr) return once({.error = ErrorCode::kNotCoordinator});
  transactions->init_producer({*request.transactional_id, request.producer_id, request.producer_epoch},
                              request.transaction_timeout_ms, std::move(once));
}

namespace {

using AddTopics = std::vector<wire::AddPartitionsToTxnRequest::AddPartitionsToTxnTopic>;
using TopicResults = std::vector<wire::AddPartitionsToTxnResponse::AddPartitionsToTxnTopicResult>;

/// Adds or verifies the partitions of one transaction; `done` gets an error per partition.
void add_partitions(Broker& broker, const RequestContext& context, const ProducerClaim& claim, const AddTopics& topics,
                    bool verify_only, OneShot<TopicResults> done) {
  TopicResults results;
  std::set<TopicPartition> partitions;
  bool any_unknown = false;
  for (const auto& topic : topics) {
    auto& topic_result = results.emplace_back();
    topic_result.name = topic.name;
    for (const std::int32_t index : topic.partitions) {
      auto& result = topic_result.results_by_partition.emplace_back();
      result.partition_index = index;
      partitions.insert({topic.name, index});
      if (broker.topics().log_of(topic.name, index) == nullptr) {
        result.partition_error_code = ErrorCode::kUnknownTopicOrPartition;
        any_unknown = true;
      }
    }
  }
  const auto fill = [](TopicResults& all, auto error_of) {
    for (auto& topic : all)
      for (auto& result : topic.results_by_partition)
        if (result.partition_error_code == ErrorCode::kNone)
          result.partition_error_code = error_of(topic.name, result.partition_index);
  };
  auto* transactions = transactions_of(broker, context, claim.transactional_id);
  if (any_unknown || transactions == nullptr) {
    fill(results, [&](const auto&, auto) {
      return any_unknown ? ErrorCode::kOperationNotAttempted : ErrorCode::kNotCoordinator;
    });
    return done(std::move(results));
  }
  if (verify_only) {
    fill(results, [&](const std::string& topic, std::int32_t index) {
      return transactions->verify(claim, {topic, index});
    });
    return done(std::move(results));
  }
  transactions->add_partitions(
      claim, partitions, 0,
      [version = context.version, fill, results = std::move(results), done = std::move(done)](ErrorCode error) mutable {
        fill(results, [&](const auto&, auto) { return for_version(error, version); });
        done(std::move(results));
      });
}

}  // namespace

void handle(Broker& broker, const RequestContext& context, wire::AddPartitionsToTxnRequest request,
            OneShot<wire::AddPartitionsToTxnResponse> reply) {
  if (context.version < 4) {
    const ProducerClaim claim{request.v3_and_below_transactional_id, request.v3_and_below_producer_id,
                              request.v3_and_below_producer_epoch};
    add_partitions(broker, context, claim, request.v3_and_below_topics, false,
                   [reply = std::move(reply)](TopicResults results) mutable {
                     wire::AddPartitionsToTxnResponse response;
                     response.results_by_topic_v3_and_below = std::move(results);
                     reply(std::move(response));
                   });
    return;
  }
  auto adding = std::make_shared<Gathering<wire::AddPartitionsToTxnResponse>>(std::move(reply));
  adding->response.results_by_transaction.resize(request.transactions.size());
  for (std::size_t i = 0; i < request.transactions.size(); ++i) {
    const auto& transaction = request.transactions[i];
    auto& result = adding->response.results_by_transaction[i];
    result.transactional_id = transaction.transactional_id;
    ++adding->left;
    add_partitions(broker, context, {transaction.transactional_id, transaction.producer_id, transaction.producer_epoch},
                   transaction.topics, transaction.verify_only, [adding, &result](TopicResults results) {
                     result.topic_results = std::move(results);
                     adding->one_done();
                   });
  }
  adding->one_done();
}

void handle(Broker& broker, const RequestContext& context, wire::AddOffsetsToTxnRequest request,
            OneShot<wire::AddOffsetsToTxnResponse> reply) {
  const auto answer = [version = context.version](OneShot<wire::AddOffsetsToTxnResponse>& to, ErrorCode error) {
    wire::AddOffsetsToTxnResponse response;
    response.error_code = for_version(error, version);
    to(std::move(response));
  };
  auto* transactions = transactions_of(broker, context, request.transactional_id);
  if (transactions == nullptr) return answer(reply, ErrorCode::kNotCoordinator);
  broker.ensure_coordinators(false, [&broker, transactions, answer, request,
                                     reply = std::move(reply)](Status status) mutable {
    if (!status) return answer(reply, ErrorCode::kCoordinatorNotAvailable);
    transactions->add_partitions({request.transactional_id, request.producer_id, request.producer_epoch},
                                 {broker.offsets_partition_of(request.group_id)}, 0,
                                 [answer, reply = std::move(reply)](ErrorCode error) mutable { answer(reply, error); });
  });
}

void handle(Broker& broker, const RequestContext& context, wire::EndTxnRequest request,
            OneShot<wire::EndTxnResponse> reply) {
  const bool raise_epoch = context.version >= kVersionOfEndThatRaisesEpoch;
  OneShot<ProducerReply> once(
      [version = context.version, raise_epoch, reply = std::move(reply)](ProducerReply result) mutable {
        wire::EndTxnResponse response;
        response.error_code = for_version(result.error, version);
        if (raise_epoch && result.error == ErrorCode::kNone) {
          response.producer_id = result.producer_id;
          response.producer_epoch = result.producer_epoch;
        }
        reply(std::move(response));
      });
  auto* transactions = transactions_of(broker, context, request.transactional_id);
  if (transactions == nullptr) return once({.error = ErrorCode::kNotCoordinator});
  transactions->end({request.transactional_id, request.producer_id, request.producer_epoch}, request.committed,
                    raise_epoch, std::move(once));
}

void handle(Broker& broker, const RequestContext& /*context*/, wire::WriteTxnMarkersRequest request,
            OneShot<wire::WriteTxnMarkersResponse> reply) {
  auto writing = std::make_shared<Gathering<wire::WriteTxnMarkersResponse>>(std::move(reply));
  for (const auto& marker : request.markers) {
    auto& result = writing->response.markers.emplace_back();
    result.producer_id = marker.producer_id;
    for (const auto& topic : marker.topics) {
      auto& topic_result = result.topics.emplace_back();
      topic_result.name = topic.name;
      for (const std::int32_t index : topic.partition_indexes)
        topic_result.partitions.emplace_back().partition_index = index;
    }
  }
  for (std::size_t i = 0; i < request.markers.size(); ++i) {
    const auto& marker = request.markers[i];
    for (auto& topic : writing->response.markers[i].topics)
      for (auto& result : topic.partitions) {
        log::PartitionLog* log = broker.topics().log_of(topic.name, result.partition_index);
        if (log == nullptr) {
          result.error_code = ErrorCode::kUnknownTopicOrPartition;
          continue;
        }
        result.error_code = log->producers().judge_marker(marker.producer_id, marker.producer_epoch);
        if (result.error_code != ErrorCode::kNone) continue;
        ++writing->left;
        broker.write_marker({topic.name, result.partition_index}, {marker.producer_id, marker.producer_epoch},
                            marker.coordinator_epoch, marker.transaction_result, [writing, &result](Status status) {
                              if (!status) result.error_code = ErrorCode::kKafkaStorageError;
                              writing->one_done();
                            });
      }
  }
  writing->one_done();
}

namespace {

std::vector<coordinator::ConsumerGroups::NamedPartition> named_partitions(Broker& broker,
                                                                          const wire::TxnOffsetCommitRequest& request) {
  std::vector<coordinator::ConsumerGroups::NamedPartition> named;
  for (const auto& topic : request.topics) {
    const Topic* found = broker.topics().find(topic.name);
    for (const auto& partition : topic.partitions)
      named.push_back({found ? found->id : Uuid{}, partition.partition_index});
  }
  return named;
}

/// A TxnOffsetCommit whose group belongs to the transaction: stages the offsets.
void stage_offsets(Broker& broker, const wire::TxnOffsetCommitRequest& request, wire::TxnOffsetCommitResponse response,
                   OneShot<wire::TxnOffsetCommitResponse> reply) {
  auto* groups = broker.groups_of(request.group_id);
  coordinator::OffsetsByPartition offsets;
  for (std::size_t i = 0; i < request.topics.size(); ++i)
    for (std::size_t j = 0; j < request.topics[i].partitions.size(); ++j) {
      const auto& partition = request.topics[i].partitions[j];
      auto& result = response.topics[i].partitions[j];
      const TopicPartition where{request.topics[i].name, partition.partition_index};
      const std::string metadata = partition.committed_metadata.value_or("");
      if (broker.topics().log_of(where.topic, where.partition) == nullptr) {
        result.error_code = ErrorCode::kUnknownTopicOrPartition;
      } else if (metadata.size() > groups->config().offset_metadata_bytes_max) {
        result.error_code = ErrorCode::kOffsetMetadataTooLarge;
      } else {
        offsets[where] = {partition.committed_offset, partition.committed_leader_epoch, metadata,
                          broker.world().loop.wall_clock_ms()};
      }
    }
  if (offsets.empty()) return reply(std::move(response));
  groups->commit_offsets(request.group_id, offsets, {request.producer_id, request.producer_epoch},
                         [response = std::move(response), reply = std::move(reply)](Status status) mutable {
                           // An epoch that was raised meanwhile is found by the log itself.
                           const bool old_epoch = !status && status.error().kafka_code ==
                                                                 static_cast<int>(ErrorCode::kInvalidProducerEpoch);
                           for (auto& topic : response.topics)
                             for (auto& partition : topic.partitions)
                               if (!status && partition.error_code == ErrorCode::kNone)
                                 partition.error_code =
                                     old_epoch ? ErrorCode::kInvalidProducerEpoch : ErrorCode::kCoordinatorNotAvailable;
                           reply(std::move(response));
                         });
}

}  // namespace

void handle(Broker& broker, const RequestContext& context, wire::TxnOffsetCommitRequest request,
            OneShot<wire::TxnOffsetCommitResponse> reply) {
  wire::TxnOffsetCommitResponse response;
  for (const auto& topic : request.topics) {
    auto& topic_response = response.topics.emplace_back();
    topic_response.name = topic.name;
    for (const auto& partition : topic.partitions)
      topic_response.partitions.emplace_back().partition_index = partition.partition_index;
  }
  const auto refuse = [](wire::TxnOffsetCommitResponse& of, ErrorCode error) {
    for (auto& topic : of.topics)
      for (auto& partition : topic.partitions) partition.error_code = error;
  };
  auto* groups = groups_of(broker, context, request.group_id);
  auto* transactions = broker.transactions_of(request.transactional_id);
  ErrorCode verdict = groups == nullptr || transactions == nullptr ? ErrorCode::kNotCoordinator : ErrorCode::kNone;
  if (verdict == ErrorCode::kNone)
    verdict =
        groups->judge_commit(request.group_id, {request.member_id, request.group_instance_id, request.generation_id},
                             true, context.version, named_partitions(broker, request));
  if (verdict != ErrorCode::kNone) {
    refuse(response, verdict);
    return reply(std::move(response));
  }
  const ProducerClaim claim{request.transactional_id, request.producer_id, request.producer_epoch};
  const TopicPartition of_group = broker.offsets_partition_of(request.group_id);
  if (context.version < kVersionOfOffsetsThatAddGroup) {
    verdict = transactions->verify(claim, of_group);
    if (verdict == ErrorCode::kNone) return stage_offsets(broker, request, std::move(response), std::move(reply));
    if (verdict == ErrorCode::kTransactionAbortable) verdict = ErrorCode::kInvalidTxnState;
    if (verdict == ErrorCode::kProducerFenced) verdict = ErrorCode::kInvalidProducerEpoch;
    refuse(response, verdict);
    return reply(std::move(response));
  }
  transactions->add_partitions(claim, {of_group}, 2,
                               [&broker, refuse, request = std::move(request), response = std::move(response),
                                reply = std::move(reply)](ErrorCode added) mutable {
                                 if (added == ErrorCode::kNone)
                                   return stage_offsets(broker, request, std::move(response), std::move(reply));
                                 refuse(response,
                                        added == ErrorCode::kProducerFenced ? ErrorCode::kInvalidProducerEpoch : added);
                                 reply(std::move(response));
                               });
}

}  // namespace leat::server
