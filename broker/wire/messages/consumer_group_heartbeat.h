// ConsumerGroupHeartbeat (68), versions 0 and 1: joins, keeps, changes and ends a membership of a group whose
// partitions the broker assigns (KIP-848).
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

struct ConsumerGroupHeartbeatRequest {
  static constexpr MessageTraits kTraits{.name = "ConsumerGroupHeartbeatRequest",
                                         .api = ApiKey::kConsumerGroupHeartbeat,
                                         .version_min = 0,
                                         .version_max = 1,
                                         .flexible_since = 0};

  struct TopicPartitions {
    Uuid topic_id;
    std::vector<std::int32_t> partitions;

    bool operator==(const TopicPartitions&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.topic_id, "topicId");
      visit(self.partitions, "partitions");
    }
  };

  std::string group_id;
  std::string member_id;
  std::int32_t member_epoch = 0;
  std::optional<std::string> instance_id;
  std::optional<std::string> rack_id;
  std::int32_t rebalance_timeout_ms = -1;
  std::optional<std::vector<std::string>> subscribed_topic_names;
  std::optional<std::string> subscribed_topic_regex;
  std::optional<std::string> server_assignor;
  std::optional<std::vector<TopicPartitions>> topic_partitions;

  bool operator==(const ConsumerGroupHeartbeatRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.group_id, "groupId");
    visit(self.member_id, "memberId");
    visit(self.member_epoch, "memberEpoch");
    visit(self.instance_id, "instanceId", always().nullable(0));
    visit(self.rack_id, "rackId", always().nullable(0));
    visit(self.rebalance_timeout_ms, "rebalanceTimeoutMs");
    visit(self.subscribed_topic_names, "subscribedTopicNames", always().nullable(0));
    visit(self.subscribed_topic_regex, "subscribedTopicRegex", since(1).nullable(1));
    visit(self.server_assignor, "serverAssignor", always().nullable(0));
    visit(self.topic_partitions, "topicPartitions", always().nullable(0));
  }
};

struct ConsumerGroupHeartbeatResponse {
  static constexpr MessageTraits kTraits{.name = "ConsumerGroupHeartbeatResponse",
                                         .api = ApiKey::kConsumerGroupHeartbeat,
                                         .version_min = 0,
                                         .version_max = 1,
                                         .flexible_since = 0};

  struct Assignment {
    struct TopicPartitions {
      Uuid topic_id;
      std::vector<std::int32_t> partitions;

      bool operator==(const TopicPartitions&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.topic_id, "topicId");
        visit(self.partitions, "partitions");
      }
    };

    std::vector<TopicPartitions> topic_partitions;

    bool operator==(const Assignment&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.topic_partitions, "topicPartitions");
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message;
  std::optional<std::string> member_id;
  std::int32_t member_epoch = 0;
  std::int32_t heartbeat_interval_ms = 0;
  std::optional<Assignment> assignment;

  bool operator==(const ConsumerGroupHeartbeatResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.error_code, "errorCode");
    visit(self.error_message, "errorMessage", always().nullable(0));
    visit(self.member_id, "memberId", always().nullable(0));
    visit(self.member_epoch, "memberEpoch");
    visit(self.heartbeat_interval_ms, "heartbeatIntervalMs");
    visit(self.assignment, "assignment", always().nullable(0));
  }
};

}  // namespace leat::wire
