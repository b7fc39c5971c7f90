// AddPartitionsToTxn (24), versions 0 to 5: adds partitions to a transaction. Versions 4 and 5 are the batched form
// of brokers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct AddPartitionsToTxnRequest {
  static constexpr MessageTraits kTraits{.name = "AddPartitionsToTxnRequest",
                                         .api = ApiKey::kAddPartitionsToTxn,
                                         .version_min = 0,
                                         .version_max = 5,
                                         .flexible_since = 3};

  struct AddPartitionsToTxnTopic {
    std::string name;
    std::vector<std::int32_t> partitions;

    bool operator==(const AddPartitionsToTxnTopic&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name");
      visit(self.partitions, "partitions");
    }
  };

  struct AddPartitionsToTxnTransaction {
    std::string transactional_id;
    std::int64_t producer_id = 0;
    std::int16_t producer_epoch = 0;
    bool verify_only = false;
    std::vector<AddPartitionsToTxnTopic> topics;

    bool operator==(const AddPartitionsToTxnTransaction&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.transactional_id, "transactionalId", since(4));
      visit(self.producer_id, "producerId", since(4));
      visit(self.producer_epoch, "producerEpoch", since(4));
      visit(self.verify_only, "verifyOnly", since(4));
      visit(self.topics, "topics", since(4));
    }
  };

  std::vector<AddPartitionsToTxnTransaction> transactions;
  std::string v3_and_below_transactional_id;
  std::int64_t v3_and_below_producer_id = 0;
  std::int16_t v3_and_below_producer_epoch = 0;
  std::vector<AddPartitionsToTxnTopic> v3_and_below_topics;

  bool operator==(const AddPartitionsToTxnRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.transactions, "transactions", since(4));
    visit(self.v3_and_below_transactional_id, "v3AndBelowTransactionalId", between(0, 3));
    visit(self.v3_and_below_producer_id, "v3AndBelowProducerId", between(0, 3));
    visit(self.v3_and_below_producer_epoch, "v3AndBelowProducerEpoch", between(0, 3));
    visit(self.v3_and_below_topics, "v3AndBelowTopics", between(0, 3));
  }
};

struct AddPartitionsToTxnResponse {
  static constexpr MessageTraits kTraits{.name = "AddPartitionsToTxnResponse",
                                         .api = ApiKey::kAddPartitionsToTxn,
                                         .version_min = 0,
                                         .version_max = 5,
                                         .flexible_since = 3};

  struct AddPartitionsToTxnTopicResult {
    struct AddPartitionsToTxnPartitionResult {
      std::int32_t partition_index = 0;
      ErrorCode partition_error_code = ErrorCode::kNone;

      bool operator==(const AddPartitionsToTxnPartitionResult&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.partition_index, "partitionIndex");
        visit(self.partition_error_code, "partitionErrorCode");
      }
    };

    std::string name;
    std::vector<AddPartitionsToTxnPartitionResult> results_by_partition;

    bool operator==(const AddPartitionsToTxnTopicResult&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name");
      visit(self.results_by_partition, "resultsByPartition");
    }
  };

  struct AddPartitionsToTxnResult {
    std::string transactional_id;
    std::vector<AddPartitionsToTxnTopicResult> topic_results;

    bool operator==(const AddPartitionsToTxnResult&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.transactional_id, "transactionalId", since(4));
      visit(self.topic_results, "topicResults", since(4));
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<AddPartitionsToTxnResult> results_by_transaction;
  std::vector<AddPartitionsToTxnTopicResult> results_by_topic_v3_and_below;

  bool operator==(const AddPartitionsToTxnResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.error_code, "errorCode", since(4));
    visit(self.results_by_transaction, "resultsByTransaction", since(4));
    visit(self.results_by_topic_v3_and_below, "resultsByTopicV3AndBelow", between(0, 3));
  }
};

}  // namespace leat::wire
