// Records of __consumer_offsets for streams groups (KIP-1071): keys and values, each behind an int16; before a key it
// is the type of the record, before a value its version. A null value is a tombstone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/fields.h"
#include "broker/wire/messages/streams_group_types.h"

namespace leat::wire {

struct StreamsGroupMetadataKey {
  static constexpr MessageTraits kTraits{
      .name = "StreamsGroupMetadataKey", .api = ApiKey::kNone, .version_min = 0, .version_max = 0};

  std::string group_id;

  bool operator==(const StreamsGroupMetadataKey&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.group_id, "groupId");
  }
};

struct StreamsGroupMetadataValue {
  static constexpr MessageTraits kTraits{.name = "StreamsGroupMetadataValue",
                                         .api = ApiKey::kNone,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  std::int32_t epoch = 0;
  std::int64_t metadata_hash = 0;
  std::int32_t validated_topology_epoch = -1;
  std::optional<std::vector<streams_group::KeyValue>> last_assignment_configs;

  bool operator==(const StreamsGroupMetadataValue&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.epoch, "epoch");
    visit(self.metadata_hash, "metadataHash");
    visit(self.validated_topology_epoch, "validatedTopologyEpoch", always().tag(0), -1);
    visit(self.last_assignment_configs, "lastAssignmentConfigs", always().nullable(0).tag(1));
  }
};

struct StreamsGroupMemberMetadataKey {
  static constexpr MessageTraits kTraits{
      .name = "StreamsGroupMemberMetadataKey", .api = ApiKey::kNone, .version_min = 0, .version_max = 0};

  std::string group_id;
  std::string member_id;

  bool operator==(const StreamsGroupMemberMetadataKey&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.group_id, "groupId");
    visit(self.member_id, "memberId");
  }
};

struct StreamsGroupMemberMetadataValue {
  static constexpr MessageTraits kTraits{.name = "StreamsGroupMemberMetadataValue",
                                         .api = ApiKey::kNone,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  std::optional<std::string> instance_id;
  std::optional<std::string> rack_id;
  std::string client_id;
  std::string client_host;
  std::int32_t rebalance_timeout_ms = -1;
  std::int32_t topology_epoch = 0;
  std::string process_id;
  std::optional<streams_group::Endpoint> user_endpoint;
  std::vector<streams_group::KeyValue> client_tags;

  bool operator==(const StreamsGroupMemberMetadataValue&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.instance_id, "instanceId", always().nullable(0));
    visit(self.rack_id, "rackId", always().nullable(0));
    visit(self.client_id, "clientId");
    visit(self.client_host, "clientHost");
    visit(self.rebalance_timeout_ms, "rebalanceTimeoutMs");
    visit(self.topology_epoch, "topologyEpoch");
    visit(self.process_id, "processId");
    visit(self.user_endpoint, "userEndpoint", always().nullable(0));
    visit(self.client_tags, "clientTags");
  }
};

struct StreamsGroupTargetAssignmentMetadataKey {
  static constexpr MessageTraits kTraits{
      .name = "StreamsGroupTargetAssignmentMetadataKey", .api = ApiKey::kNone, .version_min = 0, .version_max = 0};

  std::string group_id;

  bool operator==(const StreamsGroupTargetAssignmentMetadataKey&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.group_id, "groupId");
  }
};

struct StreamsGroupTargetAssignmentMetadataValue {
  static constexpr MessageTraits kTraits{.name = "StreamsGroupTargetAssignmentMetadataValue",
                                         .api = ApiKey::kNone,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  std::int32_t assignment_epoch = 0;
  std::int64_t assignment_timestamp = 0;

  bool operator==(const StreamsGroupTargetAssignmentMetadataValue&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.assignment_epoch, "assignmentEpoch");
    visit(self.assignment_timestamp, "assignmentTimestamp", always().tag(0));
  }
};

struct StreamsGroupTargetAssignmentMemberKey {
  static constexpr MessageTraits kTraits{
      .name = "StreamsGroupTargetAssignmentMemberKey", .api = ApiKey::kNone, .version_min = 0, .version_max = 0};

  std::string group_id;
  std::string member_id;

  bool operator==(const StreamsGroupTargetAssignmentMemberKey&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.group_id, "groupId");
    visit(self.member_id, "memberId");
  }
};

struct StreamsGroupTargetAssignmentMemberValue {
  static constexpr MessageTraits kTraits{.name = "StreamsGroupTargetAssignmentMemberValue",
                                         .api = ApiKey::kNone,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  std::vector<streams_group::TaskIds> active_tasks;
  std::vector<streams_group::TaskIds> standby_tasks;
  std::vector<streams_group::TaskIds> warmup_tasks;

  bool operator==(const StreamsGroupTargetAssignmentMemberValue&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.active_tasks, "activeTasks");
    visit(self.standby_tasks, "standbyTasks");
    visit(self.warmup_tasks, "warmupTasks");
  }
};

struct StreamsGroupCurrentMemberAssignmentKey {
  static constexpr MessageTraits kTraits{
      .name = "StreamsGroupCurrentMemberAssignmentKey", .api = ApiKey::kNone, .version_min = 0, .version_max = 0};

  std::string group_id;
  std::string member_id;

  bool operator==(const StreamsGroupCurrentMemberAssignmentKey&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.group_id, "groupId");
    visit(self.member_id, "memberId");
  }
};

struct StreamsGroupCurrentMemberAssignmentValue {
  static constexpr MessageTraits kTraits{.name = "StreamsGroupCurrentMemberAssignmentValue",
                                         .api = ApiKey::kNone,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  struct TaskIds {
    std::string subtopology_id;
    std::vector<std::int32_t> partitions;
    /// In which epoch each of them was assigned.
    std::optional<std::vector<std::int32_t>> assignment_epochs;

    bool operator==(const TaskIds&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.subtopology_id, "subtopologyId");
      visit(self.partitions, "partitions");
      visit(self.assignment_epochs, "assignmentEpochs", always().nullable(0).tag(0));
    }
  };

  std::int32_t member_epoch = 0;
  std::int32_t previous_member_epoch = 0;
  std::int8_t state = 0;
  std::vector<TaskIds> active_tasks;
  std::vector<TaskIds> standby_tasks;
  std::vector<TaskIds> warmup_tasks;
  std::vector<TaskIds> active_tasks_pending_revocation;
  std::vector<TaskIds> standby_tasks_pending_revocation;
  std::vector<TaskIds> warmup_tasks_pending_revocation;

  bool operator==(const StreamsGroupCurrentMemberAssignmentValue&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.member_epoch, "memberEpoch");
    visit(self.previous_member_epoch, "previousMemberEpoch");
    visit(self.state, "state");
    visit(self.active_tasks, "activeTasks");
    visit(self.standby_tasks, "standbyTasks");
    visit(self.warmup_tasks, "warmupTasks");
    visit(self.active_tasks_pending_revocation, "activeTasksPendingRevocation");
    visit(self.standby_tasks_pending_revocation, "standbyTasksPendingRevocation");
    visit(self.warmup_tasks_pending_revocation, "warmupTasksPendingRevocation");
  }
};

struct StreamsGroupTopologyKey {
  static constexpr MessageTraits kTraits{
      .name = "StreamsGroupTopologyKey", .api = ApiKey::kNone, .version_min = 0, .version_max = 0};

  std::string group_id;

  bool operator==(const StreamsGroupTopologyKey&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.group_id, "groupId");
  }
};

struct StreamsGroupTopologyValue {
  static constexpr MessageTraits kTraits{.name = "StreamsGroupTopologyValue",
                                         .api = ApiKey::kNone,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  std::int32_t epoch = 0;
  std::vector<streams_group::Subtopology> subtopologies;

  bool operator==(const StreamsGroupTopologyValue&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.epoch, "epoch");
    visit(self.subtopologies, "subtopologies");
  }
};

}  // namespace leat::wire
