// ElectLeaders (43), versions 0 to 2: elects leaders of partitions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct ElectLeadersRequest {
  static constexpr MessageTraits kTraits{.name = "ElectLeadersRequest",
                                         .api = ApiKey::kElectLeaders,
                                         .version_min = 0,
                                         .version_max = 2,
                                         .flexible_since = 2};

  struct TopicPartitions {
    std::string topic;
    std::vector<std::int32_t> partitions;

    bool operator==(const TopicPartitions&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.topic, "topic");
      visit(self.partitions, "partitions");
    }
  };

  std::int8_t election_type = 0;
  std::optional<std::vector<TopicPartitions>> topic_partitions;
  std::int32_t timeout_ms = 60000;

  bool operator==(const ElectLeadersRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.election_type, "electionType", since(1));
    visit(self.topic_partitions, "topicPartitions", always().nullable(0));
    visit(self.timeout_ms, "timeoutMs");
  }
};

struct ElectLeadersResponse {
  static constexpr MessageTraits kTraits{.name = "ElectLeadersResponse",
                                         .api = ApiKey::kElectLeaders,
                                         .version_min = 0,
                                         .version_max = 2,
                                         .flexible_since = 2};

  struct ReplicaElectionResult {
    struct PartitionResult {
      std::int32_t partition_id = 0;
      ErrorCode error_code = ErrorCode::kNone;
      std::optional<std::string> error_message;

      bool operator==(const PartitionResult&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.partition_id, "partitionId");
        visit(self.error_code, "errorCode");
        visit(self.error_message, "errorMessage", always().nullable(0));
      }
    };

    std::string topic;
    std::vector<PartitionResult> partition_result;

    bool operator==(const ReplicaElectionResult&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.topic, "topic");
      visit(self.partition_result, "partitionResult");
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<ReplicaElectionResult> replica_election_results;

  bool operator==(const ElectLeadersResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.error_code, "errorCode", since(1));
    visit(self.replica_election_results, "replicaElectionResults");
  }
};

}  // namespace leat::wire
