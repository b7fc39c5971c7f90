#include "broker/coordinator/consumer_group_records.h"

#include "broker/coordinator/group_record_codec.h"
#include "broker/wire/records/consumer_group_records.h"

namespace leat::coordinator {

namespace {

using Type = ConsumerRecordType;
using HeldValue = wire::ConsumerGroupCurrentMemberAssignmentValue;

std::vector<HeldValue::TopicPartitions> written(const HeldPartitions& held) {
  std::vector<HeldValue::TopicPartitions> topics;
  for (const auto& [topic, partitions] : held) {
    auto& each = topics.emplace_back();
    each.topic_id = topic;
    auto& epochs = each.assignment_epochs.emplace();
    for (const auto& [partition, epoch] : partitions) {
      each.partitions.push_back(partition);
      epochs.push_back(epoch);
    }
  }
  return topics;
}

HeldPartitions read(const std::vector<HeldValue::TopicPartitions>& topics, std::int32_t member_epoch) {
  HeldPartitions held;
  for (const auto& each : topics)
    for (std::size_t i = 0; i < each.partitions.size(); ++i) {
      // Older brokers did not write the epochs: the member's own is the safe guess.
      const bool known = each.assignment_epochs && i < each.assignment_epochs->size();
      held[each.topic_id][each.partitions[i]] = known ? (*each.assignment_epochs)[i] : member_epoch;
    }
  return held;
}

ConsumerMember copy_or_new(const ConsumerGroup& group, const std::string& member_id) {
  if (const ConsumerMember* known = group.member(member_id)) return *known;
  ConsumerMember member;
  member.id = member_id;
  return member;
}

void apply_group(ConsumerGroup& group, BytesView value) {
  const auto read = wire::decode_versioned<wire::ConsumerGroupMetadataValue>(value);
  if (!read) return;
  group.epoch = read->epoch;
  group.metadata_hash = read->metadata_hash;
}

void apply_member(ConsumerGroup& group, const std::string& member_id, std::optional<BytesView> value) {
  if (!value) return group.erase(member_id);
  auto read = wire::decode_versioned<wire::ConsumerGroupMemberMetadataValue>(*value);
  if (!read) return;
  ConsumerMember member = copy_or_new(group, member_id);
  member.instance_id = std::move(read->instance_id);
  member.rack_id = std::move(read->rack_id);
  member.client_id = std::move(read->client_id);
  member.client_host = std::move(read->client_host);
  member.rebalance_timeout_ms = read->rebalance_timeout_ms;
  member.topics = {read->subscribed_topic_names.begin(), read->subscribed_topic_names.end()};
  member.regex = read->subscribed_topic_regex.value_or("");
  member.assignor = std::move(read->server_assignor);
  member.classic.reset();
  if (read->classic_member_metadata) {
    member.classic.emplace().session_timeout_ms = read->classic_member_metadata->session_timeout_ms;
    for (auto& protocol : read->classic_member_metadata->supported_protocols)
      member.classic->protocols.push_back({std::move(protocol.name), std::move(protocol.metadata.bytes)});
  }
  group.put(std::move(member));
}

void apply_target(ConsumerGroup& group, const std::string& member_id, std::optional<BytesView> value) {
  if (!value) return (void)group.target.erase(member_id);
  const auto read = wire::decode_versioned<wire::ConsumerGroupTargetAssignmentMemberValue>(*value);
  if (!read) return;
  PartitionSet& target = group.target[member_id];
  target.clear();
  for (const auto& topic : read->topic_partitions)
    target[topic.topic_id].insert(topic.partitions.begin(), topic.partitions.end());
}

void apply_held(ConsumerGroup& group, const std::string& member_id, std::optional<BytesView> value) {
  if (!value && group.member(member_id) == nullptr) return;
  ConsumerMember member = copy_or_new(group, member_id);
  if (value) {
    const auto held = wire::decode_versioned<HeldValue>(*value);
    if (!held) return;
    member.epoch = held->member_epoch;
    member.previous_epoch = held->previous_member_epoch;
    const bool known = held->state >= 0 && held->state <= static_cast<int>(MemberState::kUnreleasedPartitions);
    member.state = known ? static_cast<MemberState>(held->state) : MemberState::kUnknown;
    member.assigned = read(held->assigned_partitions, held->member_epoch);
    member.to_revoke = read(held->partitions_pending_revocation, held->member_epoch);
  } else {
    member.epoch = member.previous_epoch = kLeaveEpoch;
    member.assigned.clear();
    member.to_revoke.clear();
  }
  group.put(std::move(member));
}

void apply_regex(ConsumerGroup& group, const std::string& regex, std::optional<BytesView> value) {
  if (!value) return (void)group.regexes.erase(regex);
  auto read = wire::decode_versioned<wire::ConsumerGroupRegularExpressionValue>(*value);
  if (!read) return;
  group.regexes[regex] = {{read->topics.begin(), read->topics.end()}, read->version, read->timestamp};
}

}  // namespace

bool is_consumer_group_record(int type) {
  return (type >= static_cast<int>(Type::kGroup) && type <= static_cast<int>(Type::kHeld)) ||
         type == static_cast<int>(Type::kRegex);
}

InternalRecord group_record(const std::string& group_id, std::int32_t epoch, std::int64_t metadata_hash) {
  wire::ConsumerGroupMetadataValue value;
  value.epoch = epoch;
  value.metadata_hash = metadata_hash;
  return record(Type::kGroup, key_of<wire::ConsumerGroupMetadataKey>(group_id), value);
}

InternalRecord member_record(const std::string& group_id, const ConsumerMember& member) {
  wire::ConsumerGroupMemberMetadataValue value;
  value.instance_id = member.instance_id;
  value.rack_id = member.rack_id;
  value.client_id = member.client_id;
  value.client_host = member.client_host;
  value.subscribed_topic_names = {member.topics.begin(), member.topics.end()};
  value.subscribed_topic_regex = member.regex;
  value.rebalance_timeout_ms = member.rebalance_timeout_ms;
  value.server_assignor = member.assignor;
  if (member.classic) {
    auto& classic = *(value.classic_member_metadata = wire::ConsumerGroupMemberMetadataValue::ClassicMemberMetadata{});
    classic.session_timeout_ms = member.classic->session_timeout_ms;
    for (const auto& protocol : member.classic->protocols) {
      auto& each = classic.supported_protocols.emplace_back();
      each.name = protocol.name;
      each.metadata = protocol.metadata;
    }
  }
  return record(Type::kMember, key_of<wire::ConsumerGroupMemberMetadataKey>(group_id, member.id), value);
}

InternalRecord target_record(const std::string& group_id, std::int32_t target_epoch, std::int64_t timestamp_ms) {
  wire::ConsumerGroupTargetAssignmentMetadataValue value;
  value.assignment_epoch = target_epoch;
  value.assignment_timestamp = timestamp_ms;
  return record(Type::kTarget, key_of<wire::ConsumerGroupTargetAssignmentMetadataKey>(group_id), value);
}

InternalRecord target_record(const std::string& group_id, const std::string& member_id,
                             const PartitionSet& partitions) {
  wire::ConsumerGroupTargetAssignmentMemberValue value;
  for (const auto& [topic, of_topic] : partitions) {
    auto& each = value.topic_partitions.emplace_back();
    each.topic_id = topic;
    each.partitions = {of_topic.begin(), of_topic.end()};
  }
  return record(Type::kTargetOfMember, key_of<wire::ConsumerGroupTargetAssignmentMemberKey>(group_id, member_id),
                value);
}

InternalRecord held_record(const std::string& group_id, const ConsumerMember& member) {
  HeldValue value;
  value.member_epoch = member.epoch;
  value.previous_member_epoch = member.previous_epoch;
  value.state = static_cast<std::int8_t>(member.state);
  value.assigned_partitions = written(member.assigned);
  value.partitions_pending_revocation = written(member.to_revoke);
  return record(Type::kHeld, key_of<wire::ConsumerGroupCurrentMemberAssignmentKey>(group_id, member.id), value);
}

InternalRecord regex_record(const std::string& group_id, const std::string& regex, const ResolvedRegex& resolved) {
  wire::ConsumerGroupRegularExpressionValue value;
  value.topics = {resolved.topics.begin(), resolved.topics.end()};
  value.version = resolved.version;
  value.timestamp = resolved.timestamp_ms;
  auto key = key_of<wire::ConsumerGroupRegularExpressionKey>(group_id);
  key.regular_expression = regex;
  return record(Type::kRegex, key, value);
}

InternalRecord regex_tombstone(const std::string& group_id, const std::string& regex) {
  auto key = key_of<wire::ConsumerGroupRegularExpressionKey>(group_id);
  key.regular_expression = regex;
  return tombstone(Type::kRegex, key);
}

void append_member_tombstones(std::vector<InternalRecord>& records, const std::string& group_id,
                              const std::string& member_id) {
  records.push_back(tombstone(Type::kHeld, key_of<wire::ConsumerGroupCurrentMemberAssignmentKey>(group_id, member_id)));
  records.push_back(
      tombstone(Type::kTargetOfMember, key_of<wire::ConsumerGroupTargetAssignmentMemberKey>(group_id, member_id)));
  records.push_back(tombstone(Type::kMember, key_of<wire::ConsumerGroupMemberMetadataKey>(group_id, member_id)));
}

void append_group_tombstones(std::vector<InternalRecord>& records, const ConsumerGroup& group) {
  for (const auto& [member_id, member] : group.members()) append_member_tombstones(records, group.id, member_id);
  records.push_back(tombstone(Type::kTarget, key_of<wire::ConsumerGroupTargetAssignmentMetadataKey>(group.id)));
  for (const auto& [regex, resolved] : group.regexes) records.push_back(regex_tombstone(group.id, regex));
  records.push_back(tombstone(Type::kPartitionMetadata, key_of<wire::ConsumerGroupPartitionMetadataKey>(group.id)));
  records.push_back(tombstone(Type::kGroup, key_of<wire::ConsumerGroupMetadataKey>(group.id)));
}

void append_group(std::vector<InternalRecord>& records, const ConsumerGroup& group) {
  for (const auto& [member_id, member] : group.members()) records.push_back(member_record(group.id, member));
  records.push_back(group_record(group.id, group.epoch, group.metadata_hash));
  for (const auto& [member_id, partitions] : group.target)
    records.push_back(target_record(group.id, member_id, partitions));
  records.push_back(target_record(group.id, group.target_epoch, group.target_timestamp_ms));
  for (const auto& [member_id, member] : group.members()) records.push_back(held_record(group.id, member));
}

std::optional<std::string> consumer_group_of(const wire::RecordView& record) {
  const auto type = record.key ? wire::version_of(*record.key) : std::nullopt;
  if (!type || !is_consumer_group_record(*type)) return std::nullopt;
  // Every key begins with the group.
  auto key = decode_key<wire::ConsumerGroupMetadataKey>(*record.key);
  return key ? std::optional(std::move(key->group_id)) : std::nullopt;
}

void apply_to(ConsumerGroup& group, const wire::RecordView& record) {
  switch (static_cast<Type>(*wire::version_of(*record.key))) {
    case Type::kGroup:
      if (record.value) apply_group(group, *record.value);
      return;
    case Type::kPartitionMetadata: return;
    case Type::kMember:
      if (auto key = decode_key<wire::ConsumerGroupMemberMetadataKey>(*record.key))
        apply_member(group, key->member_id, record.value);
      return;
    case Type::kTarget: {
      const auto value = record.value
                             ? wire::decode_versioned<wire::ConsumerGroupTargetAssignmentMetadataValue>(*record.value)
                             : wire::ConsumerGroupTargetAssignmentMetadataValue();
      if (!value) return;
      group.target_epoch = value->assignment_epoch;
      group.target_timestamp_ms = value->assignment_timestamp;
      return;
    }
    case Type::kTargetOfMember:
      if (auto key = decode_key<wire::ConsumerGroupTargetAssignmentMemberKey>(*record.key))
        apply_target(group, key->member_id, record.value);
      return;
    case Type::kHeld:
      if (auto key = decode_key<wire::ConsumerGroupCurrentMemberAssignmentKey>(*record.key))
        apply_held(group, key->member_id, record.value);
      return;
    case Type::kRegex:
      if (auto key = decode_key<wire::ConsumerGroupRegularExpressionKey>(*record.key))
        apply_regex(group, key->regular_expression, record.value);
      return;
  }
}

bool ends_group(const wire::RecordView& record) {
  return !record.value && *wire::version_of(*record.key) == static_cast<int>(Type::kGroup);
}

}  // namespace leat::coordinator
