// Fetch (1), versions 4 to 18: reads record batches. Version 4 on: isolation level; 7: sessions; 12: flexible; 13:
// topic ids; 15: replica state as a tag.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/buf.h"
#include "base/uuid.h"
#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct FetchRequest {
  static constexpr MessageTraits kTraits{
      .name = "FetchRequest", .api = ApiKey::kFetch, .version_min = 4, .version_max = 18, .flexible_since = 12};

  struct ReplicaState {
    std::int32_t replica_id = -1;
    std::int64_t replica_epoch = -1;

    bool operator==(const ReplicaState&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.replica_id, "replicaId", since(15));
      visit(self.replica_epoch, "replicaEpoch", since(15));
    }
  };

  struct FetchTopic {
    struct FetchPartition {
      std::int32_t partition = 0;
      std::int32_t current_leader_epoch = -1;
      std::int64_t fetch_offset = 0;
      std::int32_t last_fetched_epoch = -1;
      std::int64_t log_start_offset = -1;
      std::int32_t partition_max_bytes = 0;
      Uuid replica_directory_id;
      std::int64_t high_watermark = std::numeric_limits<std::int64_t>::max();

      bool operator==(const FetchPartition&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.partition, "partition");
        visit(self.current_leader_epoch, "currentLeaderEpoch", since(9));
        visit(self.fetch_offset, "fetchOffset");
        visit(self.last_fetched_epoch, "lastFetchedEpoch", since(12));
        visit(self.log_start_offset, "logStartOffset", since(5));
        visit(self.partition_max_bytes, "partitionMaxBytes");
        visit(self.replica_directory_id, "replicaDirectoryId", since(17).tag(0));
        visit(self.high_watermark, "highWatermark", since(18).tag(1), std::numeric_limits<std::int64_t>::max());
      }
    };

    std::string topic;
    Uuid topic_id;
    std::vector<FetchPartition> partitions;

    bool operator==(const FetchTopic&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.topic, "topic", between(0, 12));
      visit(self.topic_id, "topicId", since(13));
      visit(self.partitions, "partitions");
    }
  };

  struct ForgottenTopic {
    std::string topic;
    Uuid topic_id;
    std::vector<std::int32_t> partitions;

    bool operator==(const ForgottenTopic&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.topic, "topic", between(7, 12));
      visit(self.topic_id, "topicId", since(13));
      visit(self.partitions, "partitions", since(7));
    }
  };

  std::optional<std::string> cluster_id;
  std::int32_t replica_id = -1;
  ReplicaState replica_state;
  std::int32_t max_wait_ms = 0;
  std::int32_t min_bytes = 0;
  std::int32_t max_bytes = std::numeric_limits<std::int32_t>::max();
  std::int8_t isolation_level = 0;
  std::int32_t session_id = 0;
  std::int32_t session_epoch = -1;
  std::vector<FetchTopic> topics;
  std::vector<ForgottenTopic> forgotten_topics_data;
  std::string rack_id;

  bool operator==(const FetchRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.cluster_id, "clusterId", since(12).nullable(12).tag(0));
    visit(self.replica_id, "replicaId", between(0, 14));
    visit(self.replica_state, "replicaState", since(15).tag(1));
    visit(self.max_wait_ms, "maxWaitMs");
    visit(self.min_bytes, "minBytes");
    visit(self.max_bytes, "maxBytes");
    visit(self.isolation_level, "isolationLevel");
    visit(self.session_id, "sessionId", since(7));
    visit(self.session_epoch, "sessionEpoch", since(7));
    visit(self.topics, "topics");
    visit(self.forgotten_topics_data, "forgottenTopicsData", since(7));
    visit(self.rack_id, "rackId", since(11));
  }
};

struct FetchResponse {
  static constexpr MessageTraits kTraits{
      .name = "FetchResponse", .api = ApiKey::kFetch, .version_min = 4, .version_max = 18, .flexible_since = 12};

  struct FetchableTopicResponse {
    struct PartitionData {
      struct EpochEndOffset {
        std::int32_t epoch = -1;
        std::int64_t end_offset = -1;

        bool operator==(const EpochEndOffset&) const = default;
        template <class Self, class Visitor>
        static void Fields(Self& self, Visitor& visit) {
          visit(self.epoch, "epoch", since(12));
          visit(self.end_offset, "endOffset", since(12));
        }
      };

      struct LeaderIdAndEpoch {
        std::int32_t leader_id = -1;
        std::int32_t leader_epoch = -1;

        bool operator==(const LeaderIdAndEpoch&) const = default;
        template <class Self, class Visitor>
        static void Fields(Self& self, Visitor& visit) {
          visit(self.leader_id, "leaderId", since(12));
          visit(self.leader_epoch, "leaderEpoch", since(12));
        }
      };

      struct SnapshotId {
        std::int64_t end_offset = -1;
        std::int32_t epoch = -1;

        bool operator==(const SnapshotId&) const = default;
        template <class Self, class Visitor>
        static void Fields(Self& self, Visitor& visit) {
          visit(self.end_offset, "endOffset");
          visit(self.epoch, "epoch");
        }
      };

      struct AbortedTransaction {
        std::int64_t producer_id = 0;
        std::int64_t first_offset = 0;

        bool operator==(const AbortedTransaction&) const = default;
        template <class Self, class Visitor>
        static void Fields(Self& self, Visitor& visit) {
          visit(self.producer_id, "producerId");
          visit(self.first_offset, "firstOffset");
        }
      };

      std::int32_t partition_index = 0;
      ErrorCode error_code = ErrorCode::kNone;
      std::int64_t high_watermark = 0;
      std::int64_t last_stable_offset = -1;
      std::int64_t log_start_offset = -1;
      EpochEndOffset diverging_epoch;
      LeaderIdAndEpoch current_leader;
      SnapshotId snapshot_id;
      std::optional<std::vector<AbortedTransaction>> aborted_transactions;
      std::int32_t preferred_read_replica = -1;
      std::optional<BufChain> records;

      bool operator==(const PartitionData&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.partition_index, "partitionIndex");
        visit(self.error_code, "errorCode");
        visit(self.high_watermark, "highWatermark");
        visit(self.last_stable_offset, "lastStableOffset");
        visit(self.log_start_offset, "logStartOffset", since(5));
        visit(self.diverging_epoch, "divergingEpoch", since(12).tag(0));
        visit(self.current_leader, "currentLeader", since(12).tag(1));
        visit(self.snapshot_id, "snapshotId", since(12).tag(2));
        visit(self.aborted_transactions, "abortedTransactions", always().nullable(4));
        visit(self.preferred_read_replica, "preferredReadReplica", since(11));
        visit(self.records, "records", always().nullable(0));
      }
    };

    std::string topic;
    Uuid topic_id;
    std::vector<PartitionData> partitions;

    bool operator==(const FetchableTopicResponse&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.topic, "topic", between(0, 12));
      visit(self.topic_id, "topicId", since(13));
      visit(self.partitions, "partitions");
    }
  };

  struct NodeEndpoint {
    std::int32_t node_id = 0;
    std::string host;
    std::int32_t port = 0;
    std::optional<std::string> rack;

    bool operator==(const NodeEndpoint&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.node_id, "nodeId", since(16));
      visit(self.host, "host", since(16));
      visit(self.port, "port", since(16));
      visit(self.rack, "rack", since(16).nullable(16));
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::int32_t session_id = 0;
  std::vector<FetchableTopicResponse> responses;
  std::vector<NodeEndpoint> node_endpoints;

  bool operator==(const FetchResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.error_code, "errorCode", since(7));
    visit(self.session_id, "sessionId", since(7));
    visit(self.responses, "responses");
    visit(self.node_endpoints, "nodeEndpoints", since(16).tag(0));
  }
};

}  // namespace leat::wire
