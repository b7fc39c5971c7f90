// AlterPartitionReassignments (45), versions 0 to 1: begins and cancels moves of partitions between brokers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct AlterPartitionReassignmentsRequest {
  static constexpr MessageTraits kTraits{.name = "AlterPartitionReassignmentsRequest",
                                         .api = ApiKey::kAlterPartitionReassignments,
                                         .version_min = 0,
                                         .version_max = 1,
                                         .flexible_since = 0};

  struct ReassignableTopic {
    struct ReassignablePartition {
      std::int32_t partition_index = 0;
      std::optional<std::vector<std::int32_t>> replicas;

      bool operator==(const ReassignablePartition&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.partition_index, "partitionIndex");
        visit(self.replicas, "replicas", always().nullable(0));
      }
    };

    std::string name;
    std::vector<ReassignablePartition> partitions;

    bool operator==(const ReassignableTopic&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name");
      visit(self.partitions, "partitions");
    }
  };

  std::int32_t timeout_ms = 60000;
  bool allow_replication_factor_change = true;
  std::vector<ReassignableTopic> topics;

  bool operator==(const AlterPartitionReassignmentsRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.timeout_ms, "timeoutMs");
    visit(self.allow_replication_factor_change, "allowReplicationFactorChange", since(1));
    visit(self.topics, "topics");
  }
};

struct AlterPartitionReassignmentsResponse {
  static constexpr MessageTraits kTraits{.name = "AlterPartitionReassignmentsResponse",
                                         .api = ApiKey::kAlterPartitionReassignments,
                                         .version_min = 0,
                                         .version_max = 1,
                                         .flexible_since = 0};

  struct ReassignableTopicResponse {
    struct ReassignablePartitionResponse {
      std::int32_t partition_index = 0;
      ErrorCode error_code = ErrorCode::kNone;
      std::optional<std::string> error_message;

      bool operator==(const ReassignablePartitionResponse&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.partition_index, "partitionIndex");
        visit(self.error_code, "errorCode");
        visit(self.error_message, "errorMessage", always().nullable(0));
      }
    };

    std::string name;
    std::vector<ReassignablePartitionResponse> partitions;

    bool operator==(const ReassignableTopicResponse&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name");
      visit(self.partitions, "partitions");
    }
  };

  std::int32_t throttle_time_ms = 0;
  bool allow_replication_factor_change = true;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message;
  std::vector<ReassignableTopicResponse> responses;

  bool operator==(const AlterPartitionReassignmentsResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.allow_replication_factor_change, "allowReplicationFactorChange", since(1));
    visit(self.error_code, "errorCode");
    visit(self.error_message, "errorMessage", always().nullable(0));
    visit(self.responses, "responses");
  }
};

}  // namespace leat::wire
