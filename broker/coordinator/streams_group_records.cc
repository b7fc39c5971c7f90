#include "broker/coordinator/streams_group_records.h"

#include "broker/coordinator/group_record_codec.h"

namespace leat::coordinator {

namespace {

using Type = StreamsRecordType;
using HeldValue = wire::StreamsGroupCurrentMemberAssignmentValue;

std::vector<HeldValue::TaskIds> written(const HeldTasks& held) {
  std::vector<HeldValue::TaskIds> ids;
  for (const auto& [subtopology, partitions] : held) {
    auto& each = ids.emplace_back();
    each.subtopology_id = subtopology;
    auto& epochs = each.assignment_epochs.emplace();
    for (const auto& [partition, epoch] : partitions) {
      each.partitions.push_back(partition);
      epochs.push_back(epoch);
    }
  }
  return ids;
}
std::vector<HeldValue::TaskIds> written(const TaskSet& tasks) {
  std::vector<HeldValue::TaskIds> ids;
  for (const auto& [subtopology, partitions] : tasks) {
    auto& each = ids.emplace_back();
    each.subtopology_id = subtopology;
    each.partitions = {partitions.begin(), partitions.end()};
  }
  return ids;
}

HeldTasks read_held(const std::vector<HeldValue::TaskIds>& ids, std::int32_t member_epoch) {
  HeldTasks held;
  for (const auto& each : ids)
    for (std::size_t i = 0; i < each.partitions.size(); ++i) {
      const bool known = each.assignment_epochs && i < each.assignment_epochs->size();
      held[each.subtopology_id][each.partitions[i]] = known ? (*each.assignment_epochs)[i] : member_epoch;
    }
  return held;
}
TaskSet read_set(const std::vector<HeldValue::TaskIds>& ids) {
  TaskSet tasks;
  for (const auto& each : ids) tasks[each.subtopology_id].insert(each.partitions.begin(), each.partitions.end());
  return tasks;
}

StreamsMember& member_of(StreamsGroup& group, const std::string& member_id) {
  StreamsMember& member = group.members[member_id];
  member.id = member_id;
  return member;
}

void apply_group(StreamsGroup& group, BytesView value) {
  const auto read = wire::decode_versioned<wire::StreamsGroupMetadataValue>(value);
  if (!read) return;
  group.epoch = read->epoch;
  group.metadata_hash = read->metadata_hash;
  group.validated_topology_epoch = read->validated_topology_epoch;
  group.assignment_configs.clear();
  if (read->last_assignment_configs)
    for (const auto& each : *read->last_assignment_configs) group.assignment_configs[each.key] = each.value;
}

void apply_member(StreamsGroup& group, const std::string& member_id, std::optional<BytesView> value) {
  if (!value) return (void)group.members.erase(member_id);
  auto read = wire::decode_versioned<wire::StreamsGroupMemberMetadataValue>(*value);
  if (!read) return;
  StreamsMember& member = member_of(group, member_id);
  member.rack_id = std::move(read->rack_id);
  member.client_id = std::move(read->client_id);
  member.client_host = std::move(read->client_host);
  member.rebalance_timeout_ms = read->rebalance_timeout_ms;
  member.topology_epoch = read->topology_epoch;
  member.process_id = std::move(read->process_id);
  member.endpoint = std::move(read->user_endpoint);
  member.client_tags.clear();
  for (auto& each : read->client_tags) member.client_tags[each.key] = each.value;
}

void apply_target(StreamsGroup& group, const std::string& member_id, std::optional<BytesView> value) {
  if (!value) return (void)group.target.erase(member_id);
  const auto read = wire::decode_versioned<wire::StreamsGroupTargetAssignmentMemberValue>(*value);
  if (!read) return;
  group.target[member_id] = {task_set(read->active_tasks), task_set(read->standby_tasks), task_set(read->warmup_tasks)};
}

void apply_held(StreamsGroup& group, const std::string& member_id, std::optional<BytesView> value) {
  if (!value && group.member(member_id) == nullptr) return;
  StreamsMember& member = member_of(group, member_id);
  if (!value) {
    member.epoch = member.previous_epoch = -1;
    member.assigned = member.to_revoke = {};
    return;
  }
  const auto held = wire::decode_versioned<HeldValue>(*value);
  if (!held) return;
  member.epoch = held->member_epoch;
  member.previous_epoch = held->previous_member_epoch;
  const bool known = held->state >= static_cast<int>(StreamsMemberState::kStable) &&
                     held->state <= static_cast<int>(StreamsMemberState::kUnreleasedTasks);
  member.state = known ? static_cast<StreamsMemberState>(held->state) : StreamsMemberState::kUnknown;
  member.assigned = {read_held(held->active_tasks, held->member_epoch), read_set(held->standby_tasks),
                     read_set(held->warmup_tasks)};
  member.to_revoke = {read_held(held->active_tasks_pending_revocation, held->member_epoch),
                      read_set(held->standby_tasks_pending_revocation),
                      read_set(held->warmup_tasks_pending_revocation)};
}

}  // namespace

InternalRecord streams_group_record(const StreamsGroupHead& group) {
  wire::StreamsGroupMetadataValue value;
  value.epoch = group.epoch;
  value.metadata_hash = group.metadata_hash;
  value.validated_topology_epoch = group.validated_topology_epoch;
  if (!group.assignment_configs.empty()) {
    auto& configs = value.last_assignment_configs.emplace();
    for (const auto& [key, text] : group.assignment_configs) configs.push_back({key, text});
  }
  return record(Type::kGroup, key_of<wire::StreamsGroupMetadataKey>(group.id), value);
}

InternalRecord streams_member_record(const std::string& group_id, const StreamsMember& member) {
  wire::StreamsGroupMemberMetadataValue value;
  value.rack_id = member.rack_id;
  value.client_id = member.client_id;
  value.client_host = member.client_host;
  value.rebalance_timeout_ms = member.rebalance_timeout_ms;
  value.topology_epoch = member.topology_epoch;
  value.process_id = member.process_id;
  value.user_endpoint = member.endpoint;
  for (const auto& [key, text] : member.client_tags) value.client_tags.push_back({key, text});
  return record(Type::kMember, key_of<wire::StreamsGroupMemberMetadataKey>(group_id, member.id), value);
}

InternalRecord streams_target_record(const std::string& group_id, std::int32_t target_epoch,
                                     std::int64_t timestamp_ms) {
  wire::StreamsGroupTargetAssignmentMetadataValue value;
  value.assignment_epoch = target_epoch;
  value.assignment_timestamp = timestamp_ms;
  return record(Type::kTarget, key_of<wire::StreamsGroupTargetAssignmentMetadataKey>(group_id), value);
}

InternalRecord streams_target_record(const std::string& group_id, const std::string& member_id,
                                     const TaskAssignment& tasks) {
  wire::StreamsGroupTargetAssignmentMemberValue value;
  value.active_tasks = task_ids(tasks.active);
  value.standby_tasks = task_ids(tasks.standby);
  value.warmup_tasks = task_ids(tasks.warmup);
  return record(Type::kTargetOfMember, key_of<wire::StreamsGroupTargetAssignmentMemberKey>(group_id, member_id), value);
}

InternalRecord streams_held_record(const std::string& group_id, const StreamsMember& member) {
  HeldValue value;
  value.member_epoch = member.epoch;
  value.previous_member_epoch = member.previous_epoch;
  value.state = static_cast<std::int8_t>(member.state);
  value.active_tasks = written(member.assigned.active);
  value.standby_tasks = written(member.assigned.standby);
  value.warmup_tasks = written(member.assigned.warmup);
  value.active_tasks_pending_revocation = written(member.to_revoke.active);
  value.standby_tasks_pending_revocation = written(member.to_revoke.standby);
  value.warmup_tasks_pending_revocation = written(member.to_revoke.warmup);
  return record(Type::kHeld, key_of<wire::StreamsGroupCurrentMemberAssignmentKey>(group_id, member.id), value);
}

InternalRecord streams_topology_record(const std::string& group_id, const StreamsTopology& topology) {
  return record(Type::kTopology, key_of<wire::StreamsGroupTopologyKey>(group_id), topology);
}

void append_streams_member_tombstones(std::vector<InternalRecord>& records, const std::string& group_id,
                                      const std::string& member_id) {
  records.push_back(tombstone(Type::kHeld, key_of<wire::StreamsGroupCurrentMemberAssignmentKey>(group_id, member_id)));
  records.push_back(
      tombstone(Type::kTargetOfMember, key_of<wire::StreamsGroupTargetAssignmentMemberKey>(group_id, member_id)));
  records.push_back(tombstone(Type::kMember, key_of<wire::StreamsGroupMemberMetadataKey>(group_id, member_id)));
}

void append_streams_group_tombstones(std::vector<InternalRecord>& records, const StreamsGroup& group) {
  for (const auto& [member_id, member] : group.members) append_streams_member_tombstones(records, group.id, member_id);
  records.push_back(tombstone(Type::kTarget, key_of<wire::StreamsGroupTargetAssignmentMetadataKey>(group.id)));
  records.push_back(tombstone(Type::kTopology, key_of<wire::StreamsGroupTopologyKey>(group.id)));
  records.push_back(tombstone(Type::kGroup, key_of<wire::StreamsGroupMetadataKey>(group.id)));
}

std::optional<std::string> streams_group_of(const wire::RecordView& record) {
  const auto type = record.key ? wire::version_of(*record.key) : std::nullopt;
  if (!type || *type < static_cast<int>(Type::kGroup) || *type > static_cast<int>(Type::kTopology)) return std::nullopt;
  // Every key begins with the group.
  auto key = decode_key<wire::StreamsGroupMetadataKey>(*record.key);
  return key ? std::optional(std::move(key->group_id)) : std::nullopt;
}

void apply_to(StreamsGroup& group, const wire::RecordView& record) {
  switch (static_cast<Type>(*wire::version_of(*record.key))) {
    case Type::kGroup:
      if (record.value) apply_group(group, *record.value);
      return;
    case Type::kMember:
      if (auto key = decode_key<wire::StreamsGroupMemberMetadataKey>(*record.key))
        apply_member(group, key->member_id, record.value);
      return;
    case Type::kTarget: {
      const auto value = record.value
                             ? wire::decode_versioned<wire::StreamsGroupTargetAssignmentMetadataValue>(*record.value)
                             : wire::StreamsGroupTargetAssignmentMetadataValue();
      if (!value) return;
      group.target_epoch = value->assignment_epoch;
      group.target_timestamp_ms = value->assignment_timestamp;
      return;
    }
    case Type::kTargetOfMember:
      if (auto key = decode_key<wire::StreamsGroupTargetAssignmentMemberKey>(*record.key))
        apply_target(group, key->member_id, record.value);
      return;
    case Type::kHeld:
      if (auto key = decode_key<wire::StreamsGroupCurrentMemberAssignmentKey>(*record.key))
        apply_held(group, key->member_id, record.value);
      return;
    case Type::kTopology:
      group.topology.reset();
      group.configured.reset();
      if (record.value)
        if (auto read = wire::decode_versioned<StreamsTopology>(*record.value)) group.topology = std::move(*read);
      return;
  }
}

bool ends_streams_group(const wire::RecordView& record) {
  return !record.value && *wire::version_of(*record.key) == static_cast<int>(StreamsRecordType::kGroup);
}

}  // namespace leat::coordinator
