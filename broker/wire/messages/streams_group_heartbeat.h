// StreamsGroupHeartbeat (88), version 0: joins, keeps, changes and ends a membership of a group whose tasks the broker
// assigns (KIP-1071).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"
#include "broker/wire/messages/streams_group_types.h"

namespace leat::wire {

struct StreamsGroupHeartbeatRequest {
  static constexpr MessageTraits kTraits{.name = "StreamsGroupHeartbeatRequest",
                                         .api = ApiKey::kStreamsGroupHeartbeat,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  struct Topology {
    std::int32_t epoch = 0;
    std::vector<streams_group::Subtopology> subtopologies;

    bool operator==(const Topology&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.epoch, "epoch");
      visit(self.subtopologies, "subtopologies");
    }
  };

  std::string group_id;
  std::string member_id;
  std::int32_t member_epoch = 0;
  std::int32_t endpoint_information_epoch = 0;
  std::optional<std::string> instance_id;
  std::optional<std::string> rack_id;
  std::int32_t rebalance_timeout_ms = -1;
  std::optional<Topology> topology;
  std::optional<std::vector<streams_group::TaskIds>> active_tasks;
  std::optional<std::vector<streams_group::TaskIds>> standby_tasks;
  std::optional<std::vector<streams_group::TaskIds>> warmup_tasks;
  std::optional<std::string> process_id;
  std::optional<streams_group::Endpoint> user_endpoint;
  std::optional<std::vector<streams_group::KeyValue>> client_tags;
  std::optional<std::vector<streams_group::TaskOffset>> task_offsets;
  std::optional<std::vector<streams_group::TaskOffset>> task_end_offsets;
  bool shutdown_application = false;

  bool operator==(const StreamsGroupHeartbeatRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.group_id, "groupId");
    visit(self.member_id, "memberId");
    visit(self.member_epoch, "memberEpoch");
    visit(self.endpoint_information_epoch, "endpointInformationEpoch");
    visit(self.instance_id, "instanceId", always().nullable(0));
    visit(self.rack_id, "rackId", always().nullable(0));
    visit(self.rebalance_timeout_ms, "rebalanceTimeoutMs");
    visit(self.topology, "topology", always().nullable(0));
    visit(self.active_tasks, "activeTasks", always().nullable(0));
    visit(self.standby_tasks, "standbyTasks", always().nullable(0));
    visit(self.warmup_tasks, "warmupTasks", always().nullable(0));
    visit(self.process_id, "processId", always().nullable(0));
    visit(self.user_endpoint, "userEndpoint", always().nullable(0));
    visit(self.client_tags, "clientTags", always().nullable(0));
    visit(self.task_offsets, "taskOffsets", always().nullable(0));
    visit(self.task_end_offsets, "taskEndOffsets", always().nullable(0));
    visit(self.shutdown_application, "shutdownApplication");
  }
};

struct StreamsGroupHeartbeatResponse {
  static constexpr MessageTraits kTraits{.name = "StreamsGroupHeartbeatResponse",
                                         .api = ApiKey::kStreamsGroupHeartbeat,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  /// What keeps the group from running (org.apache.kafka.common.requests.StreamsGroupHeartbeatResponse.Status).
  struct Status {
    std::int8_t status_code = 0;
    std::string status_detail;

    bool operator==(const Status&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.status_code, "statusCode");
      visit(self.status_detail, "statusDetail");
    }
  };
  struct TopicPartition {
    std::string topic;
    std::vector<std::int32_t> partitions;

    bool operator==(const TopicPartition&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.topic, "topic");
      visit(self.partitions, "partitions");
    }
  };
  struct EndpointToPartitions {
    streams_group::Endpoint user_endpoint;
    std::vector<TopicPartition> active_partitions;
    std::vector<TopicPartition> standby_partitions;

    bool operator==(const EndpointToPartitions&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.user_endpoint, "userEndpoint");
      visit(self.active_partitions, "activePartitions");
      visit(self.standby_partitions, "standbyPartitions");
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message;
  std::string member_id;
  std::int32_t member_epoch = 0;
  std::int32_t heartbeat_interval_ms = 0;
  std::int32_t acceptable_recovery_lag = 0;
  std::int32_t task_offset_interval_ms = 0;
  std::optional<std::vector<Status>> status;
  std::optional<std::vector<streams_group::TaskIds>> active_tasks;
  std::optional<std::vector<streams_group::TaskIds>> standby_tasks;
  std::optional<std::vector<streams_group::TaskIds>> warmup_tasks;
  std::int32_t endpoint_information_epoch = 0;
  std::optional<std::vector<EndpointToPartitions>> partitions_by_user_endpoint;

  bool operator==(const StreamsGroupHeartbeatResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.error_code, "errorCode");
    visit(self.error_message, "errorMessage", always().nullable(0));
    visit(self.member_id, "memberId");
    visit(self.member_epoch, "memberEpoch");
    visit(self.heartbeat_interval_ms, "heartbeatIntervalMs");
    visit(self.acceptable_recovery_lag, "acceptableRecoveryLag");
    visit(self.task_offset_interval_ms, "taskOffsetIntervalMs");
    visit(self.status, "status", always().nullable(0));
    visit(self.active_tasks, "activeTasks", always().nullable(0));
    visit(self.standby_tasks, "standbyTasks", always().nullable(0));
    visit(self.warmup_tasks, "warmupTasks", always().nullable(0));
    visit(self.endpoint_information_epoch, "endpointInformationEpoch");
    visit(self.partitions_by_user_endpoint, "partitionsByUserEndpoint", always().nullable(0));
  }
};

}  // namespace leat::wire
