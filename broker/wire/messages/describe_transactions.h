// DescribeTransactions (65), versions 0: state of transactions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct DescribeTransactionsRequest {
  static constexpr MessageTraits kTraits{.name = "DescribeTransactionsRequest",
                                         .api = ApiKey::kDescribeTransactions,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  std::vector<std::string> transactional_ids;

  bool operator==(const DescribeTransactionsRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.transactional_ids, "transactionalIds");
  }
};

struct DescribeTransactionsResponse {
  static constexpr MessageTraits kTraits{.name = "DescribeTransactionsResponse",
                                         .api = ApiKey::kDescribeTransactions,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  struct TransactionState {
    struct TopicData {
      std::string topic;
      std::vector<std::int32_t> partitions;

      bool operator==(const TopicData&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.topic, "topic");
        visit(self.partitions, "partitions");
      }
    };

    ErrorCode error_code = ErrorCode::kNone;
    std::string transactional_id;
    std::string transaction_state;
    std::int32_t transaction_timeout_ms = 0;
    std::int64_t transaction_start_time_ms = 0;
    std::int64_t producer_id = 0;
    std::int16_t producer_epoch = 0;
    std::vector<TopicData> topics;

    bool operator==(const TransactionState&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.error_code, "errorCode");
      visit(self.transactional_id, "transactionalId");
      visit(self.transaction_state, "transactionState");
      visit(self.transaction_timeout_ms, "transactionTimeoutMs");
      visit(self.transaction_start_time_ms, "transactionStartTimeMs");
      visit(self.producer_id, "producerId");
      visit(self.producer_epoch, "producerEpoch");
      visit(self.topics, "topics");
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<TransactionState> transaction_states;

  bool operator==(const DescribeTransactionsResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.transaction_states, "transactionStates");
  }
};

}  // namespace leat::wire
