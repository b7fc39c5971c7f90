// Produce (0), versions 3 to 13. acks 1 and all are answered when the batch is as durable as the broker promises
// (log.durability); acks 0 has no answer; an error closes the connection. Transactional
// batches must belong to an open transaction of their producer: up to version 11 the partition must have been added
// before; from version 12 on (transactions of version 2) the first batch adds it.
#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "base/gathering.h"
#include "broker/server/config_values.h"
#include "broker/server/handlers.h"
#include "broker/server/routing.h"

namespace leat::server {

using wire::ErrorCode;
using wire::ProduceRequest;
using wire::ProduceResponse;
using PartitionResponse = ProduceResponse::TopicProduceResponse::PartitionProduceResponse;

namespace {

constexpr int kVersionWithImplicitAdd = 12;
constexpr int kVersionWithTopicIds = 13;
constexpr int kVersionWithZstd = 7;

/// One produce request while its partitions are being written.
using Produce = Gathering<ProduceResponse>;

void refuse(PartitionResponse& partition, ErrorCode error, std::string message = {}) {
  partition.error_code = error;
  partition.base_offset = -1;
  partition.log_append_time_ms = -1;
  partition.log_start_offset = -1;
  if (!message.empty()) partition.error_message = std::move(message);
}

/// Errors that Kafka answers without the log start offset.
bool tells_nothing_of_the_log(ErrorCode error) {
  return error == ErrorCode::kMessageTooLarge || error == ErrorCode::kCorruptMessage ||
         error == ErrorCode::kKafkaStorageError;
}

void append(const std::shared_ptr<Produce>& produce, PartitionResponse& partition, log::PartitionLog& log,
            Buf records) {
  auto outcome = log.append(std::move(records), log::AppendOrigin::kClient);
  if (outcome.error != ErrorCode::kNone) {
    refuse(partition, outcome.error);
    if (!tells_nothing_of_the_log(outcome.error)) partition.log_start_offset = log.log_start_offset();
    if (!outcome.record_errors.empty()) partition.error_message = std::move(outcome.message);
    for (const auto& each : outcome.record_errors) {
      auto& record_error = partition.record_errors.emplace_back();
      record_error.batch_index = each.batch_index;
      record_error.batch_index_error_message = each.message;
    }
    return;
  }
  partition.base_offset = outcome.base_offset;
  partition.log_append_time_ms = outcome.log_append_time_ms;
  partition.log_start_offset = log.log_start_offset();
  ++produce->left;
  log.when_committed(outcome.last_offset + 1, [produce, &partition](Status status) {
    if (!status) refuse(partition, ErrorCode::kKafkaStorageError, status.error().message);
    produce->one_done();
  });
}

/// What the transaction coordinator's answer means to a producer.
ErrorCode verdict_for_producer(ErrorCode verdict, int version) {
  if (verdict == ErrorCode::kTransactionAbortable && version < kVersionWithImplicitAdd)
    return ErrorCode::kInvalidTxnState;
  if (verdict == ErrorCode::kProducerFenced) return ErrorCode::kInvalidProducerEpoch;
  return verdict;
}

class Appending {
 public:
  Appending(Broker& broker, const RequestContext& context, const ProduceRequest& request,
            std::shared_ptr<Produce> produce)
      : broker_(broker),
        context_(context),
        transactional_id_(request.transactional_id.value_or("")),
        wants_all_(request.acks == -1),
        produce_(std::move(produce)) {}

  void append_to(const std::string& topic, std::int32_t index, std::optional<Buf> records,
                 PartitionResponse& partition) {
    const auto [found, log, error] = led_partition(broker_, context_, topic, index);
    if (error != ErrorCode::kNone) return refuse(partition, error);
    if (static_cast<std::size_t>(index) >= found->partitions_durable)
      return refuse(partition, ErrorCode::kUnknownTopicOrPartition);
    if (wants_all_ && lacks_replicas(*found, static_cast<std::size_t>(index)))
      return refuse(partition, ErrorCode::kNotEnoughReplicas);
    if (!records) return refuse(partition, ErrorCode::kInvalidRecord, "there are no records for this partition");
    const auto batch = wire::BatchView::parse(records->view());
    if (!batch || batch->size() != records->size()) return refuse_unparsed(batch, *records, partition);
    if (batch->codec_number() == static_cast<int>(wire::Codec::kZstd) && context_.version < kVersionWithZstd)
      return refuse(partition, ErrorCode::kUnsupportedCompressionType);
    if (found->internal() && context_.client.client_id != "__admin_client")
      return refuse(partition, ErrorCode::kInvalidTopicException);
    if (!batch || !batch->transactional() || batch->control())
      return append(produce_, partition, *log, std::move(*records));
    append_transactional(*batch, *log, std::move(*records), partition);
  }

  /// The first batches of a transaction: all partitions of the request join it by one record.
  void join_transactions() {
    for (auto& [producer, joining] : std::exchange(adding_, {})) {
      std::set<TopicPartition> partitions;
      for (const Joining& each : joining) partitions.insert(each.where);
      ++produce_->left;
      broker_.transactions_of(transactional_id_)
          ->add_partitions({transactional_id_, producer.first, producer.second}, partitions, 2,
                           [&broker = broker_, version = context_.version, produce = produce_,
                            joining = std::move(joining)](ErrorCode added) mutable {
                             for (Joining& each : joining) {
                               log::PartitionLog* log = broker.topics().log_of(each.where.topic, each.where.partition);
                               if (added != ErrorCode::kNone) {
                                 refuse(*each.partition, verdict_for_producer(added, version));
                               } else if (log == nullptr) {
                                 refuse(*each.partition, ErrorCode::kUnknownTopicOrPartition);
                               } else {
                                 append(produce, *each.partition, *log, std::move(each.records));
                               }
                             }
                             produce->one_done();
                           });
    }
  }

 private:
  /// Whether nodes that a test has stopped (nodes.h) leave fewer replicas than min.insync.replicas wants.
  bool lacks_replicas(const Topic& topic, std::size_t index) const {
    const Nodes& nodes = broker_.nodes();
    if (nodes.running() == nodes.all().size()) return false;
    const std::vector<std::int32_t>& replicas = topic.replicas[index];
    const std::size_t wanted =
        static_cast<std::size_t>(std::max<std::int64_t>(0, in_sync_replicas_min(broker_, topic)));
    return nodes.in_sync(replicas).size() < std::min(wanted, replicas.size());
  }

  /// What is no single batch is refused before any log is asked.
  static void refuse_unparsed(const Result<wire::BatchView>& batch, const Buf& records, PartitionResponse& partition) {
    const bool corrupt = !batch && batch.error().kind == ErrorKind::kCorrupt;
    const auto magic = records.size() > 16 ? records.data()[16] : wire::BatchView::kMagic;
    if (!corrupt || magic == 0 || magic == 1) return refuse(partition, ErrorCode::kInvalidRecord);
    const bool unknown_magic = magic != wire::BatchView::kMagic;
    refuse(partition, ErrorCode::kCorruptMessage, unknown_magic ? batch.error().message : std::string());
  }

  void append_transactional(const wire::BatchView& batch, log::PartitionLog& log, Buf records,
                            PartitionResponse& partition) {
    auto* transactions = broker_.transactions_of(transactional_id_);
    if (transactions == nullptr) return refuse(partition, ErrorCode::kNotCoordinator);
    const coordinator::ProducerClaim claim{transactional_id_, batch.producer_id(), batch.producer_epoch()};
    if (log.producers().in_transaction(claim.producer_id, claim.producer_epoch))
      return append(produce_, partition, log, std::move(records));
    // Producers of version 2 begin at 0 wherever they come first; others, and those that are known, with what they try.
    const bool begins_at_zero =
        context_.version >= kVersionWithImplicitAdd && !log.producers().producers().contains(claim.producer_id);
    log.expect_from(claim.producer_id, claim.producer_epoch, begins_at_zero ? 0 : batch.base_sequence());
    if (context_.version < kVersionWithImplicitAdd) {
      const ErrorCode verdict = transactions->verify(claim, log.partition());
      if (verdict != ErrorCode::kNone) return refuse(partition, verdict_for_producer(verdict, context_.version));
      return append(produce_, partition, log, std::move(records));
    }
    adding_[{claim.producer_id, claim.producer_epoch}].push_back({log.partition(), std::move(records), &partition});
  }

  /// Batches that wait until their partitions have joined the transaction of one producer.
  struct Joining {
    TopicPartition where;
    Buf records;
    PartitionResponse* partition;
  };

  Broker& broker_;
  const RequestContext& context_;
  std::string transactional_id_;
  bool wants_all_;
  std::shared_ptr<Produce> produce_;
  std::map<std::pair<std::int64_t, std::int16_t>, std::vector<Joining>> adding_;
};

}  // namespace

namespace {

/// Where a partition stands twice its last batch counts; topics without partitions are not answered.
void normalize(ProduceRequest& request) {
  for (auto& topic : request.topic_data) {
    auto& partitions = topic.partition_data;
    for (std::size_t i = 0; i < partitions.size();) {
      const bool again = std::any_of(partitions.begin() + static_cast<std::ptrdiff_t>(i) + 1, partitions.end(),
                                     [&](const auto& later) { return later.index == partitions[i].index; });
      again ? (void)partitions.erase(partitions.begin() + static_cast<std::ptrdiff_t>(i)) : (void)++i;
    }
  }
  std::erase_if(request.topic_data, [](const auto& topic) { return topic.partition_data.empty(); });
}

/// A transactional batch needs the transactional id of its request; nobody may write to the transaction of no name.
bool lacks_transactional_id(const ProduceRequest& request) {
  if (request.transactional_id) return false;
  for (const auto& topic : request.topic_data)
    for (const auto& partition : topic.partition_data) {
      if (!partition.records) continue;
      const auto batch = wire::BatchView::parse(partition.records->view());
      if (batch && batch->transactional()) return true;
    }
  return false;
}

}  // namespace

void handle(Broker& broker, const RequestContext& context, ProduceRequest request, OneShot<ProduceResponse> reply) {
  normalize(request);
  auto produce = std::make_shared<Produce>(std::move(reply));
  // The response is laid out before anything is written: the callbacks keep references into it.
  for (const auto& topic : request.topic_data) {
    auto& topic_response = produce->response.responses.emplace_back();
    topic_response.name = topic.name;
    topic_response.topic_id = topic.topic_id;
    for (const auto& partition : topic.partition_data)
      topic_response.partition_responses.emplace_back().index = partition.index;
  }
  const bool good_acks = request.acks == 0 || request.acks == 1 || request.acks == -1;
  const bool unauthorized = lacks_transactional_id(request);
  Appending appending(broker, context, request, produce);
  for (std::size_t i = 0; i < request.topic_data.size(); ++i) {
    auto& topic = request.topic_data[i];
    std::string name = topic.name;
    Topic* by_id = context.version >= kVersionWithTopicIds ? broker.topics().find(topic.topic_id) : nullptr;
    if (by_id) name = by_id->name;
    for (std::size_t j = 0; j < topic.partition_data.size(); ++j) {
      PartitionResponse& partition = produce->response.responses[i].partition_responses[j];
      auto records = std::exchange(topic.partition_data[j].records, std::nullopt);
      if (unauthorized) {
        refuse(partition, ErrorCode::kTransactionalIdAuthorizationFailed);
      } else if (!good_acks) {
        refuse(partition, ErrorCode::kInvalidRequiredAcks);
      } else if (context.version >= kVersionWithTopicIds && !by_id) {
        refuse(partition, ErrorCode::kUnknownTopicId);
      } else {
        appending.append_to(name, partition.index, std::move(records), partition);
      }
    }
  }
  appending.join_transactions();
  produce->one_done();
}

}  // namespace leat::server
