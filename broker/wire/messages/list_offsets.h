// ListOffsets (2), versions 1 to 11: offsets by timestamp, or by special ones: -1 latest, -2 earliest, -3 max
// timestamp, -4 earliest local, -5 latest tiered.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct ListOffsetsRequest {
  static constexpr MessageTraits kTraits{.name = "ListOffsetsRequest",
                                         .api = ApiKey::kListOffsets,
                                         .version_min = 1,
                                         .version_max = 11,
                                         .flexible_since = 6};

  struct ListOffsetsTopic {
    struct ListOffsetsPartition {
      std::int32_t partition_index = 0;
      std::int32_t current_leader_epoch = -1;
      std::int64_t timestamp = 0;

      bool operator==(const ListOffsetsPartition&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.partition_index, "partitionIndex");
        visit(self.current_leader_epoch, "currentLeaderEpoch", since(4));
        visit(self.timestamp, "timestamp");
      }
    };

    std::string name;
    std::vector<ListOffsetsPartition> partitions;

    bool operator==(const ListOffsetsTopic&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name");
      visit(self.partitions, "partitions");
    }
  };

  std::int32_t replica_id = 0;
  std::int8_t isolation_level = 0;
  std::vector<ListOffsetsTopic> topics;
  std::int32_t timeout_ms = 0;

  bool operator==(const ListOffsetsRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.replica_id, "replicaId");
    visit(self.isolation_level, "isolationLevel", since(2));
    visit(self.topics, "topics");
    visit(self.timeout_ms, "timeoutMs", since(10));
  }
};

struct ListOffsetsResponse {
  static constexpr MessageTraits kTraits{.name = "ListOffsetsResponse",
                                         .api = ApiKey::kListOffsets,
                                         .version_min = 1,
                                         .version_max = 11,
                                         .flexible_since = 6};

  struct ListOffsetsTopicResponse {
    struct ListOffsetsPartitionResponse {
      std::int32_t partition_index = 0;
      ErrorCode error_code = ErrorCode::kNone;
      std::int64_t timestamp = -1;
      std::int64_t offset = -1;
      std::int32_t leader_epoch = -1;

      bool operator==(const ListOffsetsPartitionResponse&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.partition_index, "partitionIndex");
        visit(self.error_code, "errorCode");
        visit(self.timestamp, "timestamp");
        visit(self.offset, "offset");
        visit(self.leader_epoch, "leaderEpoch", since(4));
      }
    };

    std::string name;
    std::vector<ListOffsetsPartitionResponse> partitions;

    bool operator==(const ListOffsetsTopicResponse&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name");
      visit(self.partitions, "partitions");
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<ListOffsetsTopicResponse> topics;

  bool operator==(const ListOffsetsResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs", since(2));
    visit(self.topics, "topics");
  }
};

}  // namespace leat::wire
