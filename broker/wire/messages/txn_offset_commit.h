// TxnOffsetCommit (28), versions 0 to 5: commits offsets with a transaction. Version 3: member and generation; 5:
// adds the group to the transaction by itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct TxnOffsetCommitRequest {
  static constexpr MessageTraits kTraits{.name = "TxnOffsetCommitRequest",
                                         .api = ApiKey::kTxnOffsetCommit,
                                         .version_min = 0,
                                         .version_max = 5,
                                         .flexible_since = 3};

  struct TxnOffsetCommitRequestTopic {
    struct TxnOffsetCommitRequestPartition {
      std::int32_t partition_index = 0;
      std::int64_t committed_offset = 0;
      std::int32_t committed_leader_epoch = -1;
      std::optional<std::string> committed_metadata;

      bool operator==(const TxnOffsetCommitRequestPartition&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.partition_index, "partitionIndex");
        visit(self.committed_offset, "committedOffset");
        visit(self.committed_leader_epoch, "committedLeaderEpoch", since(2));
        visit(self.committed_metadata, "committedMetadata", always().nullable(0));
      }
    };

    std::string name;
    std::vector<TxnOffsetCommitRequestPartition> partitions;

    bool operator==(const TxnOffsetCommitRequestTopic&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name");
      visit(self.partitions, "partitions");
    }
  };

  std::string transactional_id;
  std::string group_id;
  std::int64_t producer_id = 0;
  std::int16_t producer_epoch = 0;
  std::int32_t generation_id = -1;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  std::vector<TxnOffsetCommitRequestTopic> topics;

  bool operator==(const TxnOffsetCommitRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.transactional_id, "transactionalId");
    visit(self.group_id, "groupId");
    visit(self.producer_id, "producerId");
    visit(self.producer_epoch, "producerEpoch");
    visit(self.generation_id, "generationId", since(3));
    visit(self.member_id, "memberId", since(3));
    visit(self.group_instance_id, "groupInstanceId", since(3).nullable(3));
    visit(self.topics, "topics");
  }
};

struct TxnOffsetCommitResponse {
  static constexpr MessageTraits kTraits{.name = "TxnOffsetCommitResponse",
                                         .api = ApiKey::kTxnOffsetCommit,
                                         .version_min = 0,
                                         .version_max = 5,
                                         .flexible_since = 3};

  struct TxnOffsetCommitResponseTopic {
    struct TxnOffsetCommitResponsePartition {
      std::int32_t partition_index = 0;
      ErrorCode error_code = ErrorCode::kNone;

      bool operator==(const TxnOffsetCommitResponsePartition&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.partition_index, "partitionIndex");
        visit(self.error_code, "errorCode");
      }
    };

    std::string name;
    std::vector<TxnOffsetCommitResponsePartition> partitions;

    bool operator==(const TxnOffsetCommitResponseTopic&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name");
      visit(self.partitions, "partitions");
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<TxnOffsetCommitResponseTopic> topics;

  bool operator==(const TxnOffsetCommitResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.topics, "topics");
  }
};

}  // namespace leat::wire
