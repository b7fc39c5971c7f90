// ListPartitionReassignments (46), version 0: moves of partitions that are under way.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct ListPartitionReassignmentsRequest {
  static constexpr MessageTraits kTraits{.name = "ListPartitionReassignmentsRequest",
                                         .api = ApiKey::kListPartitionReassignments,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  struct ListPartitionReassignmentsTopics {
    std::string name;
    std::vector<std::int32_t> partition_indexes;

    bool operator==(const ListPartitionReassignmentsTopics&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name");
      visit(self.partition_indexes, "partitionIndexes");
    }
  };

  std::int32_t timeout_ms = 60000;
  std::optional<std::vector<ListPartitionReassignmentsTopics>> topics;

  bool operator==(const ListPartitionReassignmentsRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.timeout_ms, "timeoutMs");
    visit(self.topics, "topics", always().nullable(0));
  }
};

struct ListPartitionReassignmentsResponse {
  static constexpr MessageTraits kTraits{.name = "ListPartitionReassignmentsResponse",
                                         .api = ApiKey::kListPartitionReassignments,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  struct OngoingTopicReassignment {
    struct OngoingPartitionReassignment {
      std::int32_t partition_index = 0;
      std::vector<std::int32_t> replicas;
      std::vector<std::int32_t> adding_replicas;
      std::vector<std::int32_t> removing_replicas;

      bool operator==(const OngoingPartitionReassignment&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.partition_index, "partitionIndex");
        visit(self.replicas, "replicas");
        visit(self.adding_replicas, "addingReplicas");
        visit(self.removing_replicas, "removingReplicas");
      }
    };

    std::string name;
    std::vector<OngoingPartitionReassignment> partitions;

    bool operator==(const OngoingTopicReassignment&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name");
      visit(self.partitions, "partitions");
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message;
  std::vector<OngoingTopicReassignment> topics;

  bool operator==(const ListPartitionReassignmentsResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.error_code, "errorCode");
    visit(self.error_message, "errorMessage", always().nullable(0));
    visit(self.topics, "topics");
  }
};

}  // namespace leat::wire
