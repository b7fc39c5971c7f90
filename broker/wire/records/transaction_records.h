// Records of __transaction_state, each behind an int16 of its version (encode_versioned).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct TransactionLogKey {
  static constexpr MessageTraits kTraits{
      .name = "TransactionLogKey", .api = ApiKey::kNone, .version_min = 0, .version_max = 0};

  std::string transactional_id;

  bool operator==(const TransactionLogKey&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.transactional_id, "transactionalId");
  }
};

struct TransactionLogValue {
  static constexpr MessageTraits kTraits{
      .name = "TransactionLogValue", .api = ApiKey::kNone, .version_min = 0, .version_max = 1, .flexible_since = 1};

  struct PartitionsSchema {
    std::string topic;
    std::vector<std::int32_t> partition_ids;

    bool operator==(const PartitionsSchema&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.topic, "topic");
      visit(self.partition_ids, "partitionIds");
    }
  };

  std::int64_t producer_id = 0;
  std::int64_t previous_producer_id = -1;
  std::int64_t next_producer_id = -1;
  std::int16_t producer_epoch = 0;
  std::int16_t next_producer_epoch = -1;
  std::int32_t transaction_timeout_ms = 0;
  std::int8_t transaction_status = 0;
  std::optional<std::vector<PartitionsSchema>> transaction_partitions;
  std::int64_t transaction_last_update_timestamp_ms = 0;
  std::int64_t transaction_start_timestamp_ms = 0;
  std::int16_t client_transaction_version = 0;

  bool operator==(const TransactionLogValue&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.producer_id, "producerId");
    visit(self.previous_producer_id, "previousProducerId", since(1).tag(0), -1);
    visit(self.next_producer_id, "nextProducerId", since(1).tag(1), -1);
    visit(self.producer_epoch, "producerEpoch");
    visit(self.next_producer_epoch, "nextProducerEpoch", since(1).tag(3), -1);
    visit(self.transaction_timeout_ms, "transactionTimeoutMs");
    visit(self.transaction_status, "transactionStatus");
    visit(self.transaction_partitions, "transactionPartitions", always().nullable(0));
    visit(self.transaction_last_update_timestamp_ms, "transactionLastUpdateTimestampMs");
    visit(self.transaction_start_timestamp_ms, "transactionStartTimestampMs");
    visit(self.client_transaction_version, "clientTransactionVersion", since(1).tag(2));
  }
};

}  // namespace leat::wire
