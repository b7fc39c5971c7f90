// DescribeProducers (61), versions 0: producers that a partition knows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct DescribeProducersRequest {
  static constexpr MessageTraits kTraits{.name = "DescribeProducersRequest",
                                         .api = ApiKey::kDescribeProducers,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  struct TopicRequest {
    std::string name;
    std::vector<std::int32_t> partition_indexes;

    bool operator==(const TopicRequest&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name");
      visit(self.partition_indexes, "partitionIndexes");
    }
  };

  std::vector<TopicRequest> topics;

  bool operator==(const DescribeProducersRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.topics, "topics");
  }
};

struct DescribeProducersResponse {
  static constexpr MessageTraits kTraits{.name = "DescribeProducersResponse",
                                         .api = ApiKey::kDescribeProducers,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  struct TopicResponse {
    struct PartitionResponse {
      struct ProducerState {
        std::int64_t producer_id = 0;
        std::int32_t producer_epoch = 0;
        std::int32_t last_sequence = -1;
        std::int64_t last_timestamp = -1;
        std::int32_t coordinator_epoch = 0;
        std::int64_t current_txn_start_offset = -1;

        bool operator==(const ProducerState&) const = default;
        template <class Self, class Visitor>
        static void Fields(Self& self, Visitor& visit) {
          visit(self.producer_id, "producerId");
          visit(self.producer_epoch, "producerEpoch");
          visit(self.last_sequence, "lastSequence");
          visit(self.last_timestamp, "lastTimestamp");
          visit(self.coordinator_epoch, "coordinatorEpoch");
          visit(self.current_txn_start_offset, "currentTxnStartOffset");
        }
      };

      std::int32_t partition_index = 0;
      ErrorCode error_code = ErrorCode::kNone;
      std::optional<std::string> error_message;
      std::vector<ProducerState> active_producers;

      bool operator==(const PartitionResponse&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.partition_index, "partitionIndex");
        visit(self.error_code, "errorCode");
        visit(self.error_message, "errorMessage", always().nullable(0));
        visit(self.active_producers, "activeProducers");
      }
    };

    std::string name;
    std::vector<PartitionResponse> partitions;

    bool operator==(const TopicResponse&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name");
      visit(self.partitions, "partitions");
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<TopicResponse> topics;

  bool operator==(const DescribeProducersResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.topics, "topics");
  }
};

}  // namespace leat::wire
