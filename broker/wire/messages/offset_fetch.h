// OffsetFetch (9), versions 1 to 10: reads committed offsets. Version 7: require_stable; 8: several groups; 9: member
// id and epoch; 10: topic ids.
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

struct OffsetFetchRequest {
  static constexpr MessageTraits kTraits{.name = "OffsetFetchRequest",
                                         .api = ApiKey::kOffsetFetch,
                                         .version_min = 1,
                                         .version_max = 10,
                                         .flexible_since = 6};

  struct OffsetFetchRequestTopic {
    std::string name;
    std::vector<std::int32_t> partition_indexes;

    bool operator==(const OffsetFetchRequestTopic&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name", between(0, 7));
      visit(self.partition_indexes, "partitionIndexes", between(0, 7));
    }
  };

  struct OffsetFetchRequestGroup {
    struct OffsetFetchRequestTopics {
      std::string name;
      Uuid topic_id;
      std::vector<std::int32_t> partition_indexes;

      bool operator==(const OffsetFetchRequestTopics&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.name, "name", between(8, 9));
        visit(self.topic_id, "topicId", since(10));
        visit(self.partition_indexes, "partitionIndexes", since(8));
      }
    };

    std::string group_id;
    std::optional<std::string> member_id;
    std::int32_t member_epoch = -1;
    std::optional<std::vector<OffsetFetchRequestTopics>> topics;

    bool operator==(const OffsetFetchRequestGroup&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.group_id, "groupId", since(8));
      visit(self.member_id, "memberId", since(9).nullable(9));
      visit(self.member_epoch, "memberEpoch", since(9));
      visit(self.topics, "topics", since(8).nullable(8));
    }
  };

  std::string group_id;
  std::optional<std::vector<OffsetFetchRequestTopic>> topics;
  std::vector<OffsetFetchRequestGroup> groups;
  bool require_stable = false;

  bool operator==(const OffsetFetchRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.group_id, "groupId", between(0, 7));
    visit(self.topics, "topics", between(0, 7).nullable(2));
    visit(self.groups, "groups", since(8));
    visit(self.require_stable, "requireStable", since(7));
  }
};

struct OffsetFetchResponse {
  static constexpr MessageTraits kTraits{.name = "OffsetFetchResponse",
                                         .api = ApiKey::kOffsetFetch,
                                         .version_min = 1,
                                         .version_max = 10,
                                         .flexible_since = 6};

  struct OffsetFetchResponseTopic {
    struct OffsetFetchResponsePartition {
      std::int32_t partition_index = 0;
      std::int64_t committed_offset = 0;
      std::int32_t committed_leader_epoch = -1;
      std::optional<std::string> metadata;
      ErrorCode error_code = ErrorCode::kNone;

      bool operator==(const OffsetFetchResponsePartition&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.partition_index, "partitionIndex", between(0, 7));
        visit(self.committed_offset, "committedOffset", between(0, 7));
        visit(self.committed_leader_epoch, "committedLeaderEpoch", between(5, 7));
        visit(self.metadata, "metadata", between(0, 7).nullable(0));
        visit(self.error_code, "errorCode", between(0, 7));
      }
    };

    std::string name;
    std::vector<OffsetFetchResponsePartition> partitions;

    bool operator==(const OffsetFetchResponseTopic&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name", between(0, 7));
      visit(self.partitions, "partitions", between(0, 7));
    }
  };

  struct OffsetFetchResponseGroup {
    struct OffsetFetchResponseTopics {
      struct OffsetFetchResponsePartitions {
        std::int32_t partition_index = 0;
        std::int64_t committed_offset = 0;
        std::int32_t committed_leader_epoch = -1;
        std::optional<std::string> metadata;
        ErrorCode error_code = ErrorCode::kNone;

        bool operator==(const OffsetFetchResponsePartitions&) const = default;
        template <class Self, class Visitor>
        static void Fields(Self& self, Visitor& visit) {
          visit(self.partition_index, "partitionIndex", since(8));
          visit(self.committed_offset, "committedOffset", since(8));
          visit(self.committed_leader_epoch, "committedLeaderEpoch", since(8));
          visit(self.metadata, "metadata", since(8).nullable(8));
          visit(self.error_code, "errorCode", since(8));
        }
      };

      std::string name;
      Uuid topic_id;
      std::vector<OffsetFetchResponsePartitions> partitions;

      bool operator==(const OffsetFetchResponseTopics&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.name, "name", between(8, 9));
        visit(self.topic_id, "topicId", since(10));
        visit(self.partitions, "partitions", since(8));
      }
    };

    std::string group_id;
    std::vector<OffsetFetchResponseTopics> topics;
    ErrorCode error_code = ErrorCode::kNone;

    bool operator==(const OffsetFetchResponseGroup&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.group_id, "groupId", since(8));
      visit(self.topics, "topics", since(8));
      visit(self.error_code, "errorCode", since(8));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<OffsetFetchResponseTopic> topics;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<OffsetFetchResponseGroup> groups;

  bool operator==(const OffsetFetchResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs", since(3));
    visit(self.topics, "topics", between(0, 7));
    visit(self.error_code, "errorCode", between(2, 7));
    visit(self.groups, "groups", since(8));
  }
};

}  // namespace leat::wire
