// CreateTopics (19), versions 2 to 7: creates topics; -1 partitions or replicas take the defaults.
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

struct CreateTopicsRequest {
  static constexpr MessageTraits kTraits{.name = "CreateTopicsRequest",
                                         .api = ApiKey::kCreateTopics,
                                         .version_min = 2,
                                         .version_max = 7,
                                         .flexible_since = 5};

  struct CreatableTopic {
    struct CreatableReplicaAssignment {
      std::int32_t partition_index = 0;
      std::vector<std::int32_t> broker_ids;

      bool operator==(const CreatableReplicaAssignment&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.partition_index, "partitionIndex");
        visit(self.broker_ids, "brokerIds");
      }
    };

    struct CreatableTopicConfig {
      std::string name;
      std::optional<std::string> value;

      bool operator==(const CreatableTopicConfig&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.name, "name");
        visit(self.value, "value", always().nullable(0));
      }
    };

    std::string name;
    std::int32_t num_partitions = 0;
    std::int16_t replication_factor = 0;
    std::vector<CreatableReplicaAssignment> assignments;
    std::vector<CreatableTopicConfig> configs;

    bool operator==(const CreatableTopic&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name");
      visit(self.num_partitions, "numPartitions");
      visit(self.replication_factor, "replicationFactor");
      visit(self.assignments, "assignments");
      visit(self.configs, "configs");
    }
  };

  std::vector<CreatableTopic> topics;
  std::int32_t timeout_ms = 60000;
  bool validate_only = false;

  bool operator==(const CreateTopicsRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.topics, "topics");
    visit(self.timeout_ms, "timeoutMs");
    visit(self.validate_only, "validateOnly");
  }
};

struct CreateTopicsResponse {
  static constexpr MessageTraits kTraits{.name = "CreateTopicsResponse",
                                         .api = ApiKey::kCreateTopics,
                                         .version_min = 2,
                                         .version_max = 7,
                                         .flexible_since = 5};

  struct CreatableTopicResult {
    struct CreatableTopicConfigs {
      std::string name;
      std::optional<std::string> value;
      bool read_only = false;
      std::int8_t config_source = -1;
      bool is_sensitive = false;

      bool operator==(const CreatableTopicConfigs&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.name, "name", since(5));
        visit(self.value, "value", since(5).nullable(5));
        visit(self.read_only, "readOnly", since(5));
        visit(self.config_source, "configSource", since(5));
        visit(self.is_sensitive, "isSensitive", since(5));
      }
    };

    std::string name;
    Uuid topic_id;
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message;
    ErrorCode topic_config_error_code = ErrorCode::kNone;
    std::int32_t num_partitions = -1;
    std::int16_t replication_factor = -1;
    std::optional<std::vector<CreatableTopicConfigs>> configs;

    bool operator==(const CreatableTopicResult&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name");
      visit(self.topic_id, "topicId", since(7));
      visit(self.error_code, "errorCode");
      visit(self.error_message, "errorMessage", always().nullable(0));
      visit(self.topic_config_error_code, "topicConfigErrorCode", since(5).tag(0));
      visit(self.num_partitions, "numPartitions", since(5));
      visit(self.replication_factor, "replicationFactor", since(5));
      visit(self.configs, "configs", since(5).nullable(5));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<CreatableTopicResult> topics;

  bool operator==(const CreateTopicsResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.topics, "topics");
  }
};

}  // namespace leat::wire
