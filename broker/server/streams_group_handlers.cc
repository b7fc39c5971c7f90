// StreamsGroupHeartbeat (88) and StreamsGroupDescribe (89), version 0 (KIP-1071). As in Kafka 4.3 there are no static
// members, no regular expressions for source topics and no warm-up tasks yet: Kafka refuses the first two.
#include "broker/server/authorized_operations.h"
#include "broker/server/features.h"
#include "broker/server/handlers.h"
#include "broker/server/routing.h"

namespace leat::server {

using wire::ErrorCode;

namespace {

using DescribedGroup = wire::StreamsGroupDescribeResponse::DescribedGroup;

bool switched_on(Broker& broker) { return feature_level(broker.settings(), *find_feature("streams.version")) >= 1; }

void describe(const coordinator::StreamsTopology& topology, const std::optional<coordinator::ConfiguredTopology>& as_is,
              DescribedGroup& described) {
  auto& to = *(described.topology = wire::StreamsGroupDescribeResponse::Topology{});
  to.epoch = topology.epoch;
  auto& subtopologies = to.subtopologies.emplace();
  for (const auto& each : topology.subtopologies) {
    auto& subtopology = subtopologies.emplace_back();
    subtopology.subtopology_id = each.subtopology_id;
    subtopology.source_topics = each.source_topics;
    subtopology.repartition_sink_topics = each.repartition_sink_topics;
    subtopology.state_changelog_topics = each.state_changelog_topics;
    subtopology.repartition_source_topics = each.repartition_source_topics;
    if (!as_is) continue;
    // With the numbers of partitions that the cluster lets them have.
    if (const auto found = as_is->subtopologies.find(each.subtopology_id); found != as_is->subtopologies.end()) {
      subtopology.state_changelog_topics = found->second.changelogs;
      subtopology.repartition_source_topics = found->second.repartition_sources;
    }
  }
}

wire::StreamsGroupDescribeResponse::Assignment described(const coordinator::TaskAssignment& tasks) {
  using coordinator::task_ids;
  return {task_ids(tasks.active), task_ids(tasks.standby), task_ids(tasks.warmup)};
}

/// What a member does: also what it was asked to give up, until it has.
coordinator::TaskAssignment held(const coordinator::StreamsMember& member) {
  coordinator::TaskAssignment tasks;
  for (const auto* each : {&member.assigned, &member.to_revoke}) {
    for (const auto& [subtopology, partitions] : each->active)
      for (const auto& [partition, epoch] : partitions) tasks.active[subtopology].insert(partition);
    for (const auto& [subtopology, partitions] : each->standby)
      tasks.standby[subtopology].insert(partitions.begin(), partitions.end());
    for (const auto& [subtopology, partitions] : each->warmup)
      tasks.warmup[subtopology].insert(partitions.begin(), partitions.end());
  }
  return tasks;
}

void describe(const coordinator::StreamsGroup& group, DescribedGroup& described_group) {
  described_group.group_state = name(group.state());
  described_group.group_epoch = group.epoch;
  described_group.assignment_epoch = group.target_epoch;
  if (group.topology) describe(*group.topology, group.configured, described_group);
  for (const auto& [member_id, member] : group.members) {
    auto& each = described_group.members.emplace_back();
    each.member_id = member_id;
    each.member_epoch = member.epoch;
    each.rack_id = member.rack_id;
    each.client_id = member.client_id;
    each.client_host = member.client_host;
    each.topology_epoch = member.topology_epoch;
    each.process_id = member.process_id;
    each.user_endpoint = member.endpoint;
    for (const auto& [key, value] : member.client_tags) each.client_tags.push_back({key, value});
    each.assignment = described(held(member));
    each.target_assignment = described(group.target_of(member_id));
  }
}

}  // namespace

void handle(Broker& broker, const RequestContext& context, wire::StreamsGroupHeartbeatRequest request,
            OneShot<wire::StreamsGroupHeartbeatResponse> reply) {
  auto* groups = groups_of(broker, context, request.group_id);
  if (groups == nullptr || !switched_on(broker)) {
    wire::StreamsGroupHeartbeatResponse response;
    response.error_code = switched_on(broker) ? ErrorCode::kNotCoordinator : ErrorCode::kUnsupportedVersion;
    response.status.emplace();
    return reply(std::move(response));
  }
  groups->streams_heartbeat(request, context.client, std::move(reply));
}

void handle(Broker& broker, const RequestContext& context, wire::StreamsGroupDescribeRequest request,
            OneShot<wire::StreamsGroupDescribeResponse> reply) {
  wire::StreamsGroupDescribeResponse response;
  for (const std::string& group_id : request.group_ids) {
    auto& described_group = response.groups.emplace_back();
    described_group.group_id = group_id;
    auto* groups = groups_of(broker, context, group_id);
    if (!switched_on(broker)) {
      described_group.error_code = ErrorCode::kUnsupportedVersion;
    } else if (group_id.empty()) {
      described_group.error_code = ErrorCode::kInvalidGroupId;
    } else if (groups == nullptr) {
      described_group.error_code = ErrorCode::kNotCoordinator;
    } else if (const auto* group = groups->streams().find(group_id)) {
      if (request.include_authorized_operations) described_group.authorized_operations = bits_of(kGroupOperations);
      describe(*group, described_group);
    } else {
      const bool of_another_type = groups->find(group_id) != nullptr || groups->consumers().find(group_id) != nullptr;
      described_group.error_code = ErrorCode::kGroupIdNotFound;
      described_group.error_message =
          "Group " + group_id + (of_another_type ? " is not a streams group." : " not found.");
    }
  }
  reply(std::move(response));
}

}  // namespace leat::server
