// DescribeTopicPartitions (75), versions 0: topics page by page.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct DescribeTopicPartitionsRequest {
  static constexpr MessageTraits kTraits{.name = "DescribeTopicPartitionsRequest",
                                         .api = ApiKey::kDescribeTopicPartitions,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  struct TopicRequest {
    std::string name;

    bool operator==(const TopicRequest&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name");
    }
  };

  struct Cursor {
    std::string topic_name;
    std::int32_t partition_index = 0;

    bool operator==(const Cursor&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.topic_name, "topicName");
      visit(self.partition_index, "partitionIndex");
    }
  };

  std::vector<TopicRequest> topics;
  std::int32_t response_partition_limit = 2000;
  std::optional<Cursor> cursor;

  bool operator==(const DescribeTopicPartitionsRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.topics, "topics");
    visit(self.response_partition_limit, "responsePartitionLimit");
    visit(self.cursor, "cursor", always().nullable(0));
  }
};

struct DescribeTopicPartitionsResponse {
  static constexpr MessageTraits kTraits{.name = "DescribeTopicPartitionsResponse",
                                         .api = ApiKey::kDescribeTopicPartitions,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  struct DescribeTopicPartitionsResponseTopic {
    struct DescribeTopicPartitionsResponsePartition {
      ErrorCode error_code = ErrorCode::kNone;
      std::int32_t partition_index = 0;
      std::int32_t leader_id = 0;
      std::int32_t leader_epoch = -1;
      std::vector<std::int32_t> replica_nodes;
      std::vector<std::int32_t> isr_nodes;
      std::optional<std::vector<std::int32_t>> eligible_leader_replicas;
      std::optional<std::vector<std::int32_t>> last_known_elr;
      std::vector<std::int32_t> offline_replicas;

      bool operator==(const DescribeTopicPartitionsResponsePartition&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.error_code, "errorCode");
        visit(self.partition_index, "partitionIndex");
        visit(self.leader_id, "leaderId");
        visit(self.leader_epoch, "leaderEpoch");
        visit(self.replica_nodes, "replicaNodes");
        visit(self.isr_nodes, "isrNodes");
        visit(self.eligible_leader_replicas, "eligibleLeaderReplicas", always().nullable(0));
        visit(self.last_known_elr, "lastKnownElr", always().nullable(0));
        visit(self.offline_replicas, "offlineReplicas");
      }
    };

    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> name;
    Uuid topic_id;
    bool is_internal = false;
    std::vector<DescribeTopicPartitionsResponsePartition> partitions;
    std::int32_t topic_authorized_operations = std::numeric_limits<std::int32_t>::min();

    bool operator==(const DescribeTopicPartitionsResponseTopic&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.error_code, "errorCode");
      visit(self.name, "name", always().nullable(0));
      visit(self.topic_id, "topicId");
      visit(self.is_internal, "isInternal");
      visit(self.partitions, "partitions");
      visit(self.topic_authorized_operations, "topicAuthorizedOperations");
    }
  };

  struct Cursor {
    std::string topic_name;
    std::int32_t partition_index = 0;

    bool operator==(const Cursor&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.topic_name, "topicName");
      visit(self.partition_index, "partitionIndex");
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<DescribeTopicPartitionsResponseTopic> topics;
  std::optional<Cursor> next_cursor;

  bool operator==(const DescribeTopicPartitionsResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.topics, "topics");
    visit(self.next_cursor, "nextCursor", always().nullable(0));
  }
};

}  // namespace leat::wire
