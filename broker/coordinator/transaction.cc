#include "broker/coordinator/transaction.h"

#include <map>

#include "broker/wire/header.h"
#include "broker/wire/records/transaction_records.h"

namespace leat::coordinator {

namespace {

constexpr int kKeyVersion = 0;
constexpr int kValueVersion = 1;

}  // namespace

std::string_view name(TransactionState state) {
  switch (state) {
    case TransactionState::kEmpty: return "Empty";
    case TransactionState::kOngoing: return "Ongoing";
    case TransactionState::kPrepareCommit: return "PrepareCommit";
    case TransactionState::kPrepareAbort: return "PrepareAbort";
    case TransactionState::kCompleteCommit: return "CompleteCommit";
    case TransactionState::kCompleteAbort: return "CompleteAbort";
    case TransactionState::kDead: return "Dead";
  }
  return "Unknown";
}

InternalRecord Transaction::tombstone() const {
  wire::TransactionLogKey key;
  key.transactional_id = id;
  return {wire::encode_versioned(key, kKeyVersion), std::nullopt};
}

std::optional<std::string> Transaction::id_of(const wire::RecordView& record) {
  if (!record.key) return std::nullopt;
  const auto key = wire::decode_versioned<wire::TransactionLogKey>(*record.key);
  return key ? std::optional(key->transactional_id) : std::nullopt;
}

InternalRecord Transaction::record() const {
  wire::TransactionLogKey key;
  key.transactional_id = id;
  wire::TransactionLogValue value;
  value.producer_id = producer_id;
  value.previous_producer_id = previous_producer_id;
  value.next_producer_id = next_producer_id;
  value.producer_epoch = producer_epoch;
  value.transaction_timeout_ms = timeout_ms;
  value.transaction_status = static_cast<std::int8_t>(state);
  value.transaction_last_update_timestamp_ms = update_timestamp_ms;
  value.transaction_start_timestamp_ms = start_timestamp_ms;
  value.client_transaction_version = client_transaction_version;
  if (state == TransactionState::kOngoing || ending()) {
    std::map<std::string, std::vector<std::int32_t>> by_topic;
    for (const TopicPartition& partition : partitions) by_topic[partition.topic].push_back(partition.partition);
    value.transaction_partitions.emplace();
    for (auto& [topic, ids] : by_topic) {
      auto& schema = value.transaction_partitions->emplace_back();
      schema.topic = topic;
      schema.partition_ids = std::move(ids);
    }
  } else if (state != TransactionState::kEmpty) {
    value.transaction_partitions.emplace();
  }
  return {wire::encode_versioned(key, kKeyVersion), wire::encode_versioned(value, kValueVersion)};
}

std::optional<Transaction> Transaction::from_record(const wire::RecordView& record) {
  auto id = id_of(record);
  if (!id || !record.value) return std::nullopt;
  const auto value = wire::decode_versioned<wire::TransactionLogValue>(*record.value);
  if (!value) return std::nullopt;
  Transaction transaction;
  transaction.id = std::move(*id);
  transaction.producer_id = value->producer_id;
  transaction.previous_producer_id = value->previous_producer_id;
  transaction.next_producer_id = value->next_producer_id;
  transaction.producer_epoch = value->producer_epoch;
  transaction.timeout_ms = value->transaction_timeout_ms;
  transaction.state = static_cast<TransactionState>(value->transaction_status);
  transaction.start_timestamp_ms = value->transaction_start_timestamp_ms;
  transaction.update_timestamp_ms = value->transaction_last_update_timestamp_ms;
  transaction.client_transaction_version = value->client_transaction_version;
  // The epoch before is not in the record; of an end of version 2 it is the one below.
  const bool raised = transaction.client_transaction_version >= kTransactionVersionThatRaisesEpoch;
  if (raised && (transaction.ending() || transaction.ended()) && transaction.producer_epoch > 0)
    transaction.last_producer_epoch = static_cast<std::int16_t>(transaction.producer_epoch - 1);
  if (value->transaction_partitions)
    for (const auto& topic : *value->transaction_partitions)
      for (const std::int32_t partition : topic.partition_ids) transaction.partitions.insert({topic.topic, partition});
  return transaction;
}

}  // namespace leat::coordinator
