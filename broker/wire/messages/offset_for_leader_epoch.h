// OffsetForLeaderEpoch (23), versions 2 to 4: where an epoch ends, for clients that check for truncation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct OffsetForLeaderEpochRequest {
  static constexpr MessageTraits kTraits{.name = "OffsetForLeaderEpochRequest",
                                         .api = ApiKey::kOffsetForLeaderEpoch,
                                         .version_min = 2,
                                         .version_max = 4,
                                         .flexible_since = 4};

  struct OffsetForLeaderTopic {
    struct OffsetForLeaderPartition {
      std::int32_t partition = 0;
      std::int32_t current_leader_epoch = -1;
      std::int32_t leader_epoch = 0;

      bool operator==(const OffsetForLeaderPartition&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.partition, "partition");
        visit(self.current_leader_epoch, "currentLeaderEpoch");
        visit(self.leader_epoch, "leaderEpoch");
      }
    };

    std::string topic;
    std::vector<OffsetForLeaderPartition> partitions;

    bool operator==(const OffsetForLeaderTopic&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.topic, "topic");
      visit(self.partitions, "partitions");
    }
  };

  std::int32_t replica_id = -2;
  std::vector<OffsetForLeaderTopic> topics;

  bool operator==(const OffsetForLeaderEpochRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.replica_id, "replicaId", since(3));
    visit(self.topics, "topics");
  }
};

struct OffsetForLeaderEpochResponse {
  static constexpr MessageTraits kTraits{.name = "OffsetForLeaderEpochResponse",
                                         .api = ApiKey::kOffsetForLeaderEpoch,
                                         .version_min = 2,
                                         .version_max = 4,
                                         .flexible_since = 4};

  struct OffsetForLeaderTopicResult {
    struct EpochEndOffset {
      ErrorCode error_code = ErrorCode::kNone;
      std::int32_t partition = 0;
      std::int32_t leader_epoch = -1;
      std::int64_t end_offset = -1;

      bool operator==(const EpochEndOffset&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.error_code, "errorCode");
        visit(self.partition, "partition");
        visit(self.leader_epoch, "leaderEpoch");
        visit(self.end_offset, "endOffset");
      }
    };

    std::string topic;
    std::vector<EpochEndOffset> partitions;

    bool operator==(const OffsetForLeaderTopicResult&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.topic, "topic");
      visit(self.partitions, "partitions");
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<OffsetForLeaderTopicResult> topics;

  bool operator==(const OffsetForLeaderEpochResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.topics, "topics");
  }
};

}  // namespace leat::wire
