// StreamsGroupDescribe (89), version 0: topology, members and tasks of streams groups (KIP-1071).
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"
#include "broker/wire/messages/streams_group_types.h"

namespace leat::wire {

struct StreamsGroupDescribeRequest {
  static constexpr MessageTraits kTraits{.name = "StreamsGroupDescribeRequest",
                                         .api = ApiKey::kStreamsGroupDescribe,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  std::vector<std::string> group_ids;
  bool include_authorized_operations = false;

  bool operator==(const StreamsGroupDescribeRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.group_ids, "groupIds");
    visit(self.include_authorized_operations, "includeAuthorizedOperations");
  }
};

struct StreamsGroupDescribeResponse {
  static constexpr MessageTraits kTraits{.name = "StreamsGroupDescribeResponse",
                                         .api = ApiKey::kStreamsGroupDescribe,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  struct Subtopology {
    std::string subtopology_id;
    std::vector<std::string> source_topics;
    std::vector<std::string> repartition_sink_topics;
    std::vector<streams_group::TopicInfo> state_changelog_topics;
    std::vector<streams_group::TopicInfo> repartition_source_topics;

    bool operator==(const Subtopology&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.subtopology_id, "subtopologyId");
      visit(self.source_topics, "sourceTopics");
      visit(self.repartition_sink_topics, "repartitionSinkTopics");
      visit(self.state_changelog_topics, "stateChangelogTopics");
      visit(self.repartition_source_topics, "repartitionSourceTopics");
    }
  };
  struct Topology {
    std::int32_t epoch = 0;
    std::optional<std::vector<Subtopology>> subtopologies;

    bool operator==(const Topology&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.epoch, "epoch");
      visit(self.subtopologies, "subtopologies", always().nullable(0));
    }
  };
  struct Assignment {
    std::vector<streams_group::TaskIds> active_tasks;
    std::vector<streams_group::TaskIds> standby_tasks;
    std::vector<streams_group::TaskIds> warmup_tasks;

    bool operator==(const Assignment&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.active_tasks, "activeTasks");
      visit(self.standby_tasks, "standbyTasks");
      visit(self.warmup_tasks, "warmupTasks");
    }
  };
  struct Member {
    std::string member_id;
    std::int32_t member_epoch = 0;
    std::optional<std::string> instance_id;
    std::optional<std::string> rack_id;
    std::string client_id;
    std::string client_host;
    std::int32_t topology_epoch = 0;
    std::string process_id;
    std::optional<streams_group::Endpoint> user_endpoint;
    std::vector<streams_group::KeyValue> client_tags;
    std::vector<streams_group::TaskOffset> task_offsets;
    std::vector<streams_group::TaskOffset> task_end_offsets;
    Assignment assignment;
    Assignment target_assignment;
    bool is_classic = false;

    bool operator==(const Member&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.member_id, "memberId");
      visit(self.member_epoch, "memberEpoch");
      visit(self.instance_id, "instanceId", always().nullable(0));
      visit(self.rack_id, "rackId", always().nullable(0));
      visit(self.client_id, "clientId");
      visit(self.client_host, "clientHost");
      visit(self.topology_epoch, "topologyEpoch");
      visit(self.process_id, "processId");
      visit(self.user_endpoint, "userEndpoint", always().nullable(0));
      visit(self.client_tags, "clientTags");
      visit(self.task_offsets, "taskOffsets");
      visit(self.task_end_offsets, "taskEndOffsets");
      visit(self.assignment, "assignment");
      visit(self.target_assignment, "targetAssignment");
      visit(self.is_classic, "isClassic");
    }
  };
  struct DescribedGroup {
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message;
    std::string group_id;
    std::string group_state;
    std::int32_t group_epoch = 0;
    std::int32_t assignment_epoch = 0;
    std::optional<Topology> topology;
    std::vector<Member> members;
    std::int32_t authorized_operations = std::numeric_limits<std::int32_t>::min();

    bool operator==(const DescribedGroup&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.error_code, "errorCode");
      visit(self.error_message, "errorMessage", always().nullable(0));
      visit(self.group_id, "groupId");
      visit(self.group_state, "groupState");
      visit(self.group_epoch, "groupEpoch");
      visit(self.assignment_epoch, "assignmentEpoch");
      visit(self.topology, "topology", always().nullable(0));
      visit(self.members, "members");
      visit(self.authorized_operations, "authorizedOperations");
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<DescribedGroup> groups;

  bool operator==(const StreamsGroupDescribeResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.groups, "groups");
  }
};

}  // namespace leat::wire
