// ConsumerGroupHeartbeat (68) and ConsumerGroupDescribe (69), versions 0 and 1 (KIP-848).
#include "broker/server/authorized_operations.h"
#include "broker/server/features.h"
#include "broker/server/handlers.h"
#include "broker/server/routing.h"

namespace leat::server {

using wire::ErrorCode;

namespace {

enum class MemberType : std::int8_t { kClassic = 0, kConsumer = 1 };

using DescribedGroup = wire::ConsumerGroupDescribeResponse::DescribedGroup;
using Assignment = DescribedGroup::Member::Assignment;

bool switched_on(Broker& broker) {
  return broker.config().group.consumer.enabled &&
         feature_level(broker.settings(), *find_feature("group.version")) >= 1;
}

Assignment described(Broker& broker, const coordinator::PartitionSet& partitions) {
  Assignment assignment;
  for (const auto& [id, of_topic] : partitions) {
    const auto topic = broker.topics().catalog_topic(id);
    if (!topic) continue;
    auto& each = assignment.topic_partitions.emplace_back();
    each.topic_id = id;
    each.topic_name = topic->name;
    each.partitions = {of_topic.begin(), of_topic.end()};
  }
  return assignment;
}

/// What a member has: also what it was asked to give up, until it has.
coordinator::PartitionSet held(const coordinator::ConsumerMember& member) {
  coordinator::PartitionSet partitions;
  for (const auto* each : {&member.assigned, &member.to_revoke})
    for (const auto& [topic, of_topic] : *each)
      for (const auto& [partition, epoch] : of_topic) partitions[topic].insert(partition);
  return partitions;
}

void describe(Broker& broker, const coordinator::ConsumerGroups& groups, const coordinator::ConsumerGroup& group,
              DescribedGroup& described_group) {
  described_group.group_state = name(group.state());
  described_group.group_epoch = group.epoch;
  described_group.assignment_epoch = group.target_epoch;
  described_group.assignor_name = preferred_assignor(group, nullptr, groups.config());
  for (const auto& [member_id, member] : group.members()) {
    auto& each = described_group.members.emplace_back();
    each.member_id = member_id;
    each.instance_id = member.instance_id;
    each.rack_id = member.rack_id;
    each.member_epoch = member.epoch;
    each.client_id = member.client_id;
    each.client_host = member.client_host;
    each.subscribed_topic_names = {member.topics.begin(), member.topics.end()};
    each.subscribed_topic_regex = member.regex;
    each.assignment = described(broker, held(member));
    each.target_assignment = described(broker, group.target_of(member_id));
    each.member_type = static_cast<std::int8_t>(member.classic ? MemberType::kClassic : MemberType::kConsumer);
  }
}

}  // namespace

void handle(Broker& broker, const RequestContext& context, wire::ConsumerGroupHeartbeatRequest request,
            OneShot<wire::ConsumerGroupHeartbeatResponse> reply) {
  auto* groups = groups_of(broker, context, request.group_id);
  if (groups == nullptr || !switched_on(broker)) {
    wire::ConsumerGroupHeartbeatResponse response;
    response.error_code = switched_on(broker) ? ErrorCode::kNotCoordinator : ErrorCode::kUnsupportedVersion;
    return reply(std::move(response));
  }
  groups->consumer_heartbeat(request, context.version, context.client, std::move(reply));
}

void handle(Broker& broker, const RequestContext& context, wire::ConsumerGroupDescribeRequest request,
            OneShot<wire::ConsumerGroupDescribeResponse> reply) {
  wire::ConsumerGroupDescribeResponse response;
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
    } else if (const auto* group = groups->consumers().find(group_id)) {
      if (request.include_authorized_operations) described_group.authorized_operations = bits_of(kGroupOperations);
      describe(broker, groups->consumers(), *group, described_group);
    } else {
      described_group.error_code = ErrorCode::kGroupIdNotFound;
      described_group.error_message =
          "Group " + group_id + (groups->find(group_id) ? " is not a consumer group." : " not found.");
    }
  }
  reply(std::move(response));
}

}  // namespace leat::server
