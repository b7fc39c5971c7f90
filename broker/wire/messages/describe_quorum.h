// DescribeQuorum (55), versions 0 to 2: voters and observers of the metadata log.
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

struct DescribeQuorumRequest {
  static constexpr MessageTraits kTraits{.name = "DescribeQuorumRequest",
                                         .api = ApiKey::kDescribeQuorum,
                                         .version_min = 0,
                                         .version_max = 2,
                                         .flexible_since = 0};

  struct TopicData {
    struct PartitionData {
      std::int32_t partition_index = 0;

      bool operator==(const PartitionData&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.partition_index, "partitionIndex");
      }
    };

    std::string topic_name;
    std::vector<PartitionData> partitions;

    bool operator==(const TopicData&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.topic_name, "topicName");
      visit(self.partitions, "partitions");
    }
  };

  std::vector<TopicData> topics;

  bool operator==(const DescribeQuorumRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.topics, "topics");
  }
};

struct DescribeQuorumResponse {
  static constexpr MessageTraits kTraits{.name = "DescribeQuorumResponse",
                                         .api = ApiKey::kDescribeQuorum,
                                         .version_min = 0,
                                         .version_max = 2,
                                         .flexible_since = 0};

  struct TopicData {
    struct PartitionData {
      struct ReplicaState {
        std::int32_t replica_id = 0;
        Uuid replica_directory_id;
        std::int64_t log_end_offset = 0;
        std::int64_t last_fetch_timestamp = -1;
        std::int64_t last_caught_up_timestamp = -1;

        bool operator==(const ReplicaState&) const = default;
        template <class Self, class Visitor>
        static void Fields(Self& self, Visitor& visit) {
          visit(self.replica_id, "replicaId");
          visit(self.replica_directory_id, "replicaDirectoryId", since(2));
          visit(self.log_end_offset, "logEndOffset");
          visit(self.last_fetch_timestamp, "lastFetchTimestamp", since(1));
          visit(self.last_caught_up_timestamp, "lastCaughtUpTimestamp", since(1));
        }
      };

      std::int32_t partition_index = 0;
      ErrorCode error_code = ErrorCode::kNone;
      std::optional<std::string> error_message;
      std::int32_t leader_id = 0;
      std::int32_t leader_epoch = 0;
      std::int64_t high_watermark = 0;
      std::vector<ReplicaState> current_voters;
      std::vector<ReplicaState> observers;

      bool operator==(const PartitionData&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.partition_index, "partitionIndex");
        visit(self.error_code, "errorCode");
        visit(self.error_message, "errorMessage", since(2).nullable(2));
        visit(self.leader_id, "leaderId");
        visit(self.leader_epoch, "leaderEpoch");
        visit(self.high_watermark, "highWatermark");
        visit(self.current_voters, "currentVoters");
        visit(self.observers, "observers");
      }
    };

    std::string topic_name;
    std::vector<PartitionData> partitions;

    bool operator==(const TopicData&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.topic_name, "topicName");
      visit(self.partitions, "partitions");
    }
  };

  struct Node {
    struct Listener {
      std::string name;
      std::string host;
      std::uint16_t port = 0;

      bool operator==(const Listener&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.name, "name", since(2));
        visit(self.host, "host", since(2));
        visit(self.port, "port", since(2));
      }
    };

    std::int32_t node_id = 0;
    std::vector<Listener> listeners;

    bool operator==(const Node&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.node_id, "nodeId", since(2));
      visit(self.listeners, "listeners", since(2));
    }
  };

  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message;
  std::vector<TopicData> topics;
  std::vector<Node> nodes;

  bool operator==(const DescribeQuorumResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.error_code, "errorCode");
    visit(self.error_message, "errorMessage", since(2).nullable(2));
    visit(self.topics, "topics");
    visit(self.nodes, "nodes", since(2));
  }
};

}  // namespace leat::wire
