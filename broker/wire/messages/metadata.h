// Metadata (3), versions 0 to 13: brokers, topics, partitions and their leaders. Null topics (version 1 on; empty in
// version 0) means all.
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

struct MetadataRequest {
  static constexpr MessageTraits kTraits{
      .name = "MetadataRequest", .api = ApiKey::kMetadata, .version_min = 0, .version_max = 13, .flexible_since = 9};

  struct MetadataRequestTopic {
    Uuid topic_id;
    std::optional<std::string> name;

    bool operator==(const MetadataRequestTopic&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.topic_id, "topicId", since(10));
      visit(self.name, "name", always().nullable(10));
    }
  };

  std::optional<std::vector<MetadataRequestTopic>> topics;
  bool allow_auto_topic_creation = true;
  bool include_cluster_authorized_operations = false;
  bool include_topic_authorized_operations = false;

  bool operator==(const MetadataRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.topics, "topics", always().nullable(1));
    visit(self.allow_auto_topic_creation, "allowAutoTopicCreation", since(4));
    visit(self.include_cluster_authorized_operations, "includeClusterAuthorizedOperations", between(8, 10));
    visit(self.include_topic_authorized_operations, "includeTopicAuthorizedOperations", since(8));
  }
};

struct MetadataResponse {
  static constexpr MessageTraits kTraits{
      .name = "MetadataResponse", .api = ApiKey::kMetadata, .version_min = 0, .version_max = 13, .flexible_since = 9};

  struct MetadataResponseBroker {
    std::int32_t node_id = 0;
    std::string host;
    std::int32_t port = 0;
    std::optional<std::string> rack;

    bool operator==(const MetadataResponseBroker&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.node_id, "nodeId");
      visit(self.host, "host");
      visit(self.port, "port");
      visit(self.rack, "rack", since(1).nullable(1));
    }
  };

  struct MetadataResponseTopic {
    struct MetadataResponsePartition {
      ErrorCode error_code = ErrorCode::kNone;
      std::int32_t partition_index = 0;
      std::int32_t leader_id = 0;
      std::int32_t leader_epoch = -1;
      std::vector<std::int32_t> replica_nodes;
      std::vector<std::int32_t> isr_nodes;
      std::vector<std::int32_t> offline_replicas;

      bool operator==(const MetadataResponsePartition&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.error_code, "errorCode");
        visit(self.partition_index, "partitionIndex");
        visit(self.leader_id, "leaderId");
        visit(self.leader_epoch, "leaderEpoch", since(7));
        visit(self.replica_nodes, "replicaNodes");
        visit(self.isr_nodes, "isrNodes");
        visit(self.offline_replicas, "offlineReplicas", since(5));
      }
    };

    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> name;
    Uuid topic_id;
    bool is_internal = false;
    std::vector<MetadataResponsePartition> partitions;
    std::int32_t topic_authorized_operations = std::numeric_limits<std::int32_t>::min();

    bool operator==(const MetadataResponseTopic&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.error_code, "errorCode");
      visit(self.name, "name", always().nullable(12));
      visit(self.topic_id, "topicId", since(10));
      visit(self.is_internal, "isInternal", since(1));
      visit(self.partitions, "partitions");
      visit(self.topic_authorized_operations, "topicAuthorizedOperations", since(8));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<MetadataResponseBroker> brokers;
  std::optional<std::string> cluster_id;
  std::int32_t controller_id = -1;
  std::vector<MetadataResponseTopic> topics;
  std::int32_t cluster_authorized_operations = std::numeric_limits<std::int32_t>::min();
  ErrorCode error_code = ErrorCode::kNone;

  bool operator==(const MetadataResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs", since(3));
    visit(self.brokers, "brokers");
    visit(self.cluster_id, "clusterId", since(2).nullable(2));
    visit(self.controller_id, "controllerId", since(1));
    visit(self.topics, "topics");
    visit(self.cluster_authorized_operations, "clusterAuthorizedOperations", between(8, 10));
    visit(self.error_code, "errorCode", since(13));
  }
};

}  // namespace leat::wire
