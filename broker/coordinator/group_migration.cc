// A group's way from the classic protocol to the one in which the broker assigns, and back. Members are taken along:
// those of the other protocol than the group's are served as they speak.
#include <algorithm>

#include "broker/coordinator/consumer_group_records.h"
#include "broker/coordinator/group_coordinator.h"
#include "broker/wire/header.h"
#include "broker/wire/records/consumer_protocol.h"

namespace leat::coordinator {

using wire::ErrorCode;

namespace {

Error not_a_group(std::string message) {
  return {ErrorKind::kKafka, std::move(message), static_cast<int>(ErrorCode::kGroupIdNotFound)};
}
Error cannot_upgrade(const std::string& group_id, const std::string& why) {
  return not_a_group("Cannot upgrade classic group " + group_id + " to consumer group because " + why + ".");
}

HeldPartitions held_of(const wire::ConsumerProtocolAssignment& assignment, std::int32_t epoch,
                       const TopicCatalog& topics) {
  HeldPartitions held;
  for (const auto& each : assignment.assigned_partitions)
    if (const auto topic = topics.catalog_topic(each.topic))
      for (const std::int32_t partition : each.partitions) held[topic->id][partition] = epoch;
  return held;
}

/// A member as it was in the classic group, at the epoch that was its generation.
Result<ConsumerMember> converted(const Group& group, const GroupMember& classic, const TopicCatalog& topics) {
  const std::string protocol = group.protocol.value_or(group.vote());
  const Bytes* metadata = classic.metadata(protocol);
  const auto subscription =
      wire::decode_versioned_or_newer<wire::ConsumerProtocolSubscription>(metadata ? *metadata : Bytes());
  const auto assignment = classic.assignment.empty()
                              ? wire::ConsumerProtocolAssignment()
                              : wire::decode_versioned_or_newer<wire::ConsumerProtocolAssignment>(classic.assignment);
  if (!subscription || !assignment) return cannot_upgrade(group.id, "the embedded consumer protocol is malformed");
  if (assignment->user_data && !assignment->user_data->empty())
    return cannot_upgrade(group.id,
                          "an unsupported custom assignor is in use. Please refer to the documentation or "
                          "switch to a default assignor before re-attempting the upgrade");
  ConsumerMember member;
  member.id = classic.id;
  member.instance_id = classic.instance_id;
  member.rack_id = subscription->rack_id;
  member.client_id = classic.client_id;
  member.client_host = classic.client_host;
  member.rebalance_timeout_ms = classic.rebalance_timeout_ms;
  member.topics = {subscription->topics.begin(), subscription->topics.end()};
  member.classic.emplace().session_timeout_ms = classic.session_timeout_ms;
  for (const auto& each : classic.protocols) member.classic->protocols.push_back({each.name, each.metadata.bytes});
  member.epoch = member.previous_epoch = group.generation;
  member.assigned = held_of(*assignment, group.generation, topics);
  return member;
}

}  // namespace

Status GroupCoordinator::judge_upgrade(const Group& group) const {
  if (!config_.consumer.upgrade_enabled) return cannot_upgrade(group.id, "online upgrade is disabled");
  if (group.protocol_type != "consumer")
    return cannot_upgrade(group.id, "the group does not use the consumer embedded protocol");
  if (group.members.size() > config_.consumer.members_max)
    return cannot_upgrade(group.id, "the group size exceeds the consumer group maximum size");
  return {};
}

Result<ConsumerGroups::Conversion> GroupCoordinator::convert(const Group& group) {
  ConsumerGroups::Conversion conversion;
  conversion.records.push_back(group_tombstone(group.id));
  ConsumerGroup& to = conversion.group;
  to.id = group.id;
  if (group.state == GroupState::kEmpty && group.members.empty()) return conversion;
  LEAT_RETURN_IF_ERROR(judge_upgrade(group));
  const TopicCatalog& topics = consumers_.topics();
  to.epoch = to.target_epoch = group.generation;
  for (const auto& [member_id, classic] : group.members) {
    LEAT_ASSIGN_OR_RETURN(ConsumerMember member, converted(group, classic, topics));
    PartitionSet& target = to.target[member_id];
    for (const auto& [topic, partitions] : member.assigned)
      for (const auto& [partition, epoch] : partitions) target[topic].insert(partition);
    to.put(std::move(member));
  }
  to.metadata_hash = metadata_hash(topics, subscribed_topics(to));
  append_group(conversion.records, to);
  return conversion;
}

void GroupCoordinator::consumer_heartbeat(const wire::ConsumerGroupHeartbeatRequest& request, int version,
                                          const ClientIdentity& client,
                                          OneShot<wire::ConsumerGroupHeartbeatResponse> reply) {
  if (auto verdict = consumers_.judge(request, version); !verdict)
    return ConsumerGroups::refuse(reply, verdict.error());
  if (streams_.find(request.group_id))
    return ConsumerGroups::refuse(reply, not_a_group("Group " + request.group_id + " is not a consumer group."));
  const auto classic = groups_.find(request.group_id);
  if (classic == groups_.end()) return consumers_.heartbeat(request, client, std::nullopt, std::move(reply));
  if (request.member_epoch != kJoinEpoch)
    return ConsumerGroups::refuse(reply, not_a_group("Group " + request.group_id + " is not a consumer group."));
  auto conversion = convert(classic->second);
  if (!conversion) return ConsumerGroups::refuse(reply, conversion.error());
  consumers_.heartbeat(request, client, std::move(*conversion), std::move(reply));
  dismiss_retired();
}

void GroupCoordinator::streams_heartbeat(const wire::StreamsGroupHeartbeatRequest& request,
                                         const ClientIdentity& client,
                                         OneShot<wire::StreamsGroupHeartbeatResponse> reply) {
  if (auto verdict = StreamsGroups::judge(request); !verdict) return StreamsGroups::refuse(reply, verdict.error());
  const auto classic = groups_.find(request.group_id);
  const bool is_used =
      classic != groups_.end() && (classic->second.state != GroupState::kEmpty || !classic->second.members.empty());
  if (consumers_.find(request.group_id) || is_used || (classic != groups_.end() && request.member_epoch != kJoinEpoch))
    return StreamsGroups::refuse(reply, not_a_group("Group " + request.group_id + " is not a streams group."));
  std::vector<InternalRecord> first;
  if (classic != groups_.end()) first.push_back(group_tombstone(request.group_id));
  streams_.heartbeat(request, client, std::move(first), std::move(reply));
  dismiss_retired();
}

/// Called while records are applied: who waits is answered later, when the log is at rest.
void GroupCoordinator::retire(const std::string& group_id) {
  auto node = groups_.extract(group_id);
  if (node.empty()) return;
  forget_timers(node.mapped());
  if (!loading_) retired_.push_back(std::move(node.mapped()));
}

void GroupCoordinator::dismiss_retired() {
  for (Group& group : std::exchange(retired_, {}))
    for (auto& [member_id, member] : group.members) {
      if (member.join) {
        wire::JoinGroupResponse response;
        response.error_code = ErrorCode::kRebalanceInProgress;
        response.member_id = member_id;
        member.join(std::move(response));
      }
      if (member.sync) {
        wire::SyncGroupResponse response;
        response.error_code = ErrorCode::kRebalanceInProgress;
        member.sync(std::move(response));
      }
    }
}

bool GroupCoordinator::take_over(const ConsumerGroup& group, const std::set<std::string>& leaving,
                                 OneShot<Status>& released) {
  Group classic;
  classic.id = group.id;
  classic.state = GroupState::kStable;
  classic.protocol_type = "consumer";
  classic.generation = group.epoch;
  for (const auto& [member_id, each] : group.members()) {
    if (leaving.contains(member_id)) continue;
    if (!each.classic) return false;
    GroupMember& member = classic.members[member_id];
    member.id = member_id;
    member.instance_id = each.instance_id;
    member.client_id = each.client_id;
    member.client_host = each.client_host;
    member.session_timeout_ms = each.classic->session_timeout_ms;
    member.rebalance_timeout_ms = each.rebalance_timeout_ms;
    for (const auto& protocol : each.classic->protocols) {
      auto& added = member.protocols.emplace_back();
      added.name = protocol.name;
      added.metadata = protocol.metadata;
    }
    if (member.instance_id) classic.static_members[*member.instance_id] = member_id;
  }
  if (classic.members.empty() || !config_.consumer.downgrade_enabled || classic.members.size() > config_.members_max)
    return false;
  classic.protocol = classic.vote();
  for (auto& [member_id, member] : classic.members)
    member.assignment =
        classic_assignment(group.target_of(member_id), *member.metadata(*classic.protocol), consumers_.topics());
  std::vector<InternalRecord> records;
  append_group_tombstones(records, group);
  records.push_back(group_record_of(classic));
  const std::string group_id = group.id;
  runtime_.write(std::move(records), std::move(released));
  if (consumers_.find(group_id)) return true;  // the disk refused, and everything stays
  Group& taken_over = groups_[group_id] = std::move(classic);
  for (auto& [member_id, member] : taken_over.members) restart_session(taken_over, member);
  prepare_rebalance(taken_over);
  return true;
}

}  // namespace leat::coordinator
