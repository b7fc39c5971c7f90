// DeleteRecords (21), versions 0 to 2: moves the log start offset; offset -1 means the high watermark.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct DeleteRecordsRequest {
  static constexpr MessageTraits kTraits{.name = "DeleteRecordsRequest",
                                         .api = ApiKey::kDeleteRecords,
                                         .version_min = 0,
                                         .version_max = 2,
                                         .flexible_since = 2};

  struct DeleteRecordsTopic {
    struct DeleteRecordsPartition {
      std::int32_t partition_index = 0;
      std::int64_t offset = 0;

      bool operator==(const DeleteRecordsPartition&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.partition_index, "partitionIndex");
        visit(self.offset, "offset");
      }
    };

    std::string name;
    std::vector<DeleteRecordsPartition> partitions;

    bool operator==(const DeleteRecordsTopic&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name");
      visit(self.partitions, "partitions");
    }
  };

  std::vector<DeleteRecordsTopic> topics;
  std::int32_t timeout_ms = 0;

  bool operator==(const DeleteRecordsRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.topics, "topics");
    visit(self.timeout_ms, "timeoutMs");
  }
};

struct DeleteRecordsResponse {
  static constexpr MessageTraits kTraits{.name = "DeleteRecordsResponse",
                                         .api = ApiKey::kDeleteRecords,
                                         .version_min = 0,
                                         .version_max = 2,
                                         .flexible_since = 2};

  struct DeleteRecordsTopicResult {
    struct DeleteRecordsPartitionResult {
      std::int32_t partition_index = 0;
      std::int64_t low_watermark = 0;
      ErrorCode error_code = ErrorCode::kNone;

      bool operator==(const DeleteRecordsPartitionResult&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.partition_index, "partitionIndex");
        visit(self.low_watermark, "lowWatermark");
        visit(self.error_code, "errorCode");
      }
    };

    std::string name;
    std::vector<DeleteRecordsPartitionResult> partitions;

    bool operator==(const DeleteRecordsTopicResult&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name");
      visit(self.partitions, "partitions");
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<DeleteRecordsTopicResult> topics;

  bool operator==(const DeleteRecordsResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.topics, "topics");
  }
};

}  // namespace leat::wire
