// Produce (0), versions 3 to 13: appends record batches to partitions. From version 13 topics are named by id.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/buf.h"
#include "base/uuid.h"
#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct ProduceRequest {
  static constexpr MessageTraits kTraits{
      .name = "ProduceRequest", .api = ApiKey::kProduce, .version_min = 3, .version_max = 13, .flexible_since = 9};

  struct TopicProduceData {
    struct PartitionProduceData {
      std::int32_t index = 0;
      std::optional<Buf> records;

      bool operator==(const PartitionProduceData&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.index, "index");
        visit(self.records, "records", always().nullable(0));
      }
    };

    std::string name;
    Uuid topic_id;
    std::vector<PartitionProduceData> partition_data;

    bool operator==(const TopicProduceData&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name", between(0, 12));
      visit(self.topic_id, "topicId", since(13));
      visit(self.partition_data, "partitionData");
    }
  };

  std::optional<std::string> transactional_id;
  std::int16_t acks = 0;
  std::int32_t timeout_ms = 0;
  std::vector<TopicProduceData> topic_data;

  bool operator==(const ProduceRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.transactional_id, "transactionalId", always().nullable(3));
    visit(self.acks, "acks");
    visit(self.timeout_ms, "timeoutMs");
    visit(self.topic_data, "topicData");
  }
};

struct ProduceResponse {
  static constexpr MessageTraits kTraits{
      .name = "ProduceResponse", .api = ApiKey::kProduce, .version_min = 3, .version_max = 13, .flexible_since = 9};

  struct TopicProduceResponse {
    struct PartitionProduceResponse {
      struct BatchIndexAndErrorMessage {
        std::int32_t batch_index = 0;
        std::optional<std::string> batch_index_error_message;

        bool operator==(const BatchIndexAndErrorMessage&) const = default;
        template <class Self, class Visitor>
        static void Fields(Self& self, Visitor& visit) {
          visit(self.batch_index, "batchIndex", since(8));
          visit(self.batch_index_error_message, "batchIndexErrorMessage", since(8).nullable(8));
        }
      };

      struct LeaderIdAndEpoch {
        std::int32_t leader_id = -1;
        std::int32_t leader_epoch = -1;

        bool operator==(const LeaderIdAndEpoch&) const = default;
        template <class Self, class Visitor>
        static void Fields(Self& self, Visitor& visit) {
          visit(self.leader_id, "leaderId", since(10));
          visit(self.leader_epoch, "leaderEpoch", since(10));
        }
      };

      std::int32_t index = 0;
      ErrorCode error_code = ErrorCode::kNone;
      std::int64_t base_offset = 0;
      std::int64_t log_append_time_ms = -1;
      std::int64_t log_start_offset = -1;
      std::vector<BatchIndexAndErrorMessage> record_errors;
      std::optional<std::string> error_message;
      LeaderIdAndEpoch current_leader;

      bool operator==(const PartitionProduceResponse&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.index, "index");
        visit(self.error_code, "errorCode");
        visit(self.base_offset, "baseOffset");
        visit(self.log_append_time_ms, "logAppendTimeMs");
        visit(self.log_start_offset, "logStartOffset", since(5));
        visit(self.record_errors, "recordErrors", since(8));
        visit(self.error_message, "errorMessage", since(8).nullable(8));
        visit(self.current_leader, "currentLeader", since(10).tag(0));
      }
    };

    std::string name;
    Uuid topic_id;
    std::vector<PartitionProduceResponse> partition_responses;

    bool operator==(const TopicProduceResponse&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name", between(0, 12));
      visit(self.topic_id, "topicId", since(13));
      visit(self.partition_responses, "partitionResponses");
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
      visit(self.node_id, "nodeId", since(10));
      visit(self.host, "host", since(10));
      visit(self.port, "port", since(10));
      visit(self.rack, "rack", since(10).nullable(10));
    }
  };

  std::vector<TopicProduceResponse> responses;
  std::int32_t throttle_time_ms = 0;
  std::vector<NodeEndpoint> node_endpoints;

  bool operator==(const ProduceResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.responses, "responses");
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.node_endpoints, "nodeEndpoints", since(10).tag(0));
  }
};

}  // namespace leat::wire
