// OffsetCommit (8), versions 2 to 10: commits offsets of a group. Version 10: topic ids.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct OffsetCommitRequest {
  static constexpr MessageTraits kTraits{.name = "OffsetCommitRequest",
                                         .api = ApiKey::kOffsetCommit,
                                         .version_min = 2,
                                         .version_max = 10,
                                         .flexible_since = 8};

  struct OffsetCommitRequestTopic {
    struct OffsetCommitRequestPartition {
      std::int32_t partition_index = 0;
      std::int64_t committed_offset = 0;
      std::int32_t committed_leader_epoch = -1;
      std::optional<std::string> committed_metadata;

      bool operator==(const OffsetCommitRequestPartition&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.partition_index, "partitionIndex");
        visit(self.committed_offset, "committedOffset");
        visit(self.committed_leader_epoch, "committedLeaderEpoch", since(6));
        visit(self.committed_metadata, "committedMetadata", always().nullable(0));
      }
    };

    std::string name;
    Uuid topic_id;
    std::vector<OffsetCommitRequestPartition> partitions;

    bool operator==(const OffsetCommitRequestTopic&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name", between(0, 9));
      visit(self.topic_id, "topicId", since(10));
      visit(self.partitions, "partitions");
    }
  };

  std::string group_id;
  std::int32_t generation_id_or_member_epoch = -1;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  std::int64_t retention_time_ms = -1;
  std::vector<OffsetCommitRequestTopic> topics;

  bool operator==(const OffsetCommitRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.group_id, "groupId");
    visit(self.generation_id_or_member_epoch, "generationIdOrMemberEpoch");
    visit(self.member_id, "memberId");
    visit(self.group_instance_id, "groupInstanceId", since(7).nullable(7));
    visit(self.retention_time_ms, "retentionTimeMs", between(2, 4));
    visit(self.topics, "topics");
  }
};

struct OffsetCommitResponse {
  static constexpr MessageTraits kTraits{.name = "OffsetCommitResponse",
                                         .api = ApiKey::kOffsetCommit,
                                         .version_min = 2,
                                         .version_max = 10,
                                         .flexible_since = 8};

  struct OffsetCommitResponseTopic {
    struct OffsetCommitResponsePartition {
      std::int32_t partition_index = 0;
      ErrorCode error_code = ErrorCode::kNone;

      bool operator==(const OffsetCommitResponsePartition&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.partition_index, "partitionIndex");
        visit(self.error_code, "errorCode");
      }
    };

    std::string name;
    Uuid topic_id;
    std::vector<OffsetCommitResponsePartition> partitions;

    bool operator==(const OffsetCommitResponseTopic&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name", between(0, 9));
      visit(self.topic_id, "topicId", since(10));
      visit(self.partitions, "partitions");
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<OffsetCommitResponseTopic> topics;

  bool operator==(const OffsetCommitResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs", since(3));
    visit(self.topics, "topics");
  }
};

}  // namespace leat::wire
