// WriteTxnMarkers (27), versions 1 to 2: writes commit and abort markers; between brokers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct WriteTxnMarkersRequest {
  static constexpr MessageTraits kTraits{.name = "WriteTxnMarkersRequest",
                                         .api = ApiKey::kWriteTxnMarkers,
                                         .version_min = 1,
                                         .version_max = 2,
                                         .flexible_since = 1};

  struct WritableTxnMarker {
    struct WritableTxnMarkerTopic {
      std::string name;
      std::vector<std::int32_t> partition_indexes;

      bool operator==(const WritableTxnMarkerTopic&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.name, "name");
        visit(self.partition_indexes, "partitionIndexes");
      }
    };

    std::int64_t producer_id = 0;
    std::int16_t producer_epoch = 0;
    bool transaction_result = false;
    std::vector<WritableTxnMarkerTopic> topics;
    std::int32_t coordinator_epoch = 0;
    std::int8_t transaction_version = 0;

    bool operator==(const WritableTxnMarker&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.producer_id, "producerId");
      visit(self.producer_epoch, "producerEpoch");
      visit(self.transaction_result, "transactionResult");
      visit(self.topics, "topics");
      visit(self.coordinator_epoch, "coordinatorEpoch");
      visit(self.transaction_version, "transactionVersion", since(2));
    }
  };

  std::vector<WritableTxnMarker> markers;

  bool operator==(const WriteTxnMarkersRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.markers, "markers");
  }
};

struct WriteTxnMarkersResponse {
  static constexpr MessageTraits kTraits{.name = "WriteTxnMarkersResponse",
                                         .api = ApiKey::kWriteTxnMarkers,
                                         .version_min = 1,
                                         .version_max = 2,
                                         .flexible_since = 1};

  struct WritableTxnMarkerResult {
    struct WritableTxnMarkerTopicResult {
      struct WritableTxnMarkerPartitionResult {
        std::int32_t partition_index = 0;
        ErrorCode error_code = ErrorCode::kNone;

        bool operator==(const WritableTxnMarkerPartitionResult&) const = default;
        template <class Self, class Visitor>
        static void Fields(Self& self, Visitor& visit) {
          visit(self.partition_index, "partitionIndex");
          visit(self.error_code, "errorCode");
        }
      };

      std::string name;
      std::vector<WritableTxnMarkerPartitionResult> partitions;

      bool operator==(const WritableTxnMarkerTopicResult&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.name, "name");
        visit(self.partitions, "partitions");
      }
    };

    std::int64_t producer_id = 0;
    std::vector<WritableTxnMarkerTopicResult> topics;

    bool operator==(const WritableTxnMarkerResult&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.producer_id, "producerId");
      visit(self.topics, "topics");
    }
  };

  std::vector<WritableTxnMarkerResult> markers;

  bool operator==(const WriteTxnMarkersResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.markers, "markers");
  }
};

}  // namespace leat::wire
