// Members, offsets and records; joining and rebalancing are in group_rebalance.cc.
#include "broker/coordinator/group_coordinator.h"

#include <algorithm>

#include "base/big_endian.h"
#include "base/uuid.h"
#include "broker/coordinator/consumer_group_records.h"
#include "broker/coordinator/group_record_codec.h"
#include "broker/coordinator/streams_group_records.h"
#include "broker/wire/header.h"

namespace leat::coordinator {

using wire::ErrorCode;

namespace {

/// Types of records, as the keys of __consumer_offsets begin.
constexpr int kGroupKeyType = 2;
constexpr int kGroupValueVersion = 3;
constexpr int kOffsetKeyTypeMax = 1;

Bytes group_key(const std::string& group_id) {
  wire::GroupMetadataKey key;
  key.group = group_id;
  return wire::encode_versioned(key, kGroupKeyType);
}

}  // namespace

std::int32_t coordinator_partition(std::string_view key, std::int32_t partitions) {
  // Java hashes UTF-16 units. Ids beyond ASCII are decoded; malformed bytes count as they are.
  std::uint32_t hash = 0;
  const auto add = [&](std::uint32_t unit) { hash = 31 * hash + unit; };
  for (std::size_t i = 0; i < key.size();) {
    const auto byte = static_cast<unsigned char>(key[i]);
    const int length = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    std::uint32_t point = length == 1 ? byte : byte & (0x7f >> length);
    for (int j = 1; j < length && i + static_cast<std::size_t>(j) < key.size(); ++j)
      point = point << 6 | (static_cast<unsigned char>(key[i + static_cast<std::size_t>(j)]) & 0x3f);
    if (point >= 0x10000) {
      add(0xd800 + ((point - 0x10000) >> 10));
      add(0xdc00 + ((point - 0x10000) & 0x3ff));
    } else {
      add(point);
    }
    i += static_cast<std::size_t>(length);
  }
  const auto signed_hash = static_cast<std::int32_t>(hash);
  return (signed_hash == std::numeric_limits<std::int32_t>::min() ? 0 : std::abs(signed_hash)) % partitions;
}

GroupCoordinator::GroupCoordinator(World world, log::PartitionLog& log, const GroupConfig& config, TopicCatalog& topics)
    : world_(world),
      config_(config),
      runtime_(world, log, *this),
      consumers_(world, runtime_, config_.consumer, topics, *this),
      streams_(world, runtime_, config_.streams, topics) {}

GroupCoordinator::~GroupCoordinator() {
  for (auto& [group_id, group] : groups_) forget_timers(group);
}

void GroupCoordinator::forget_timers(Group& group) {
  stop_timer(group.rebalance_timer);
  for (auto& [member_id, timer] : group.pending_members) world_.loop.cancel(timer);
  for (auto& [member_id, member] : group.members) stop_timer(member.session_timer);
}

Status GroupCoordinator::load() {
  loading_ = true;
  const Status status = runtime_.replay();
  loading_ = false;
  // Members that were there before the crash have one session to come back.
  for (auto& [group_id, group] : groups_)
    for (auto& [member_id, member] : group.members) restart_session(group, member);
  consumers_.loaded();
  streams_.loaded();
  return status;
}

const Group* GroupCoordinator::find(const std::string& group_id) const {
  const auto found = groups_.find(group_id);
  return found == groups_.end() ? nullptr : &found->second;
}

void GroupCoordinator::stop_timer(std::optional<TimerId>& timer) {
  if (timer) world_.loop.cancel(*timer);
  timer.reset();
}

ErrorCode GroupCoordinator::judge_member(Group* group, const MemberClaim& claim) const {
  if (group == nullptr || group->state == GroupState::kDead) return ErrorCode::kUnknownMemberId;
  if (claim.instance_id) {
    const auto known = group->static_members.find(*claim.instance_id);
    if (known == group->static_members.end()) return ErrorCode::kUnknownMemberId;
    if (known->second != claim.member_id) return ErrorCode::kFencedInstanceId;
  }
  return group->member(claim.member_id) ? ErrorCode::kNone : ErrorCode::kUnknownMemberId;
}

ErrorCode GroupCoordinator::heartbeat(const std::string& group_id, const MemberClaim& claim) {
  if (consumers_.find(group_id)) return consumers_.classic_heartbeat(group_id, claim);
  const auto found = groups_.find(group_id);
  Group* group = found == groups_.end() ? nullptr : &found->second;
  if (const ErrorCode error = judge_member(group, claim); error != ErrorCode::kNone) return error;
  if (claim.generation != group->generation) return ErrorCode::kIllegalGeneration;
  if (group->state == GroupState::kEmpty) return ErrorCode::kUnknownMemberId;
  restart_session(*group, *group->member(claim.member_id));
  return group->state == GroupState::kPreparingRebalance ? ErrorCode::kRebalanceInProgress : ErrorCode::kNone;
}

ErrorCode GroupCoordinator::leave(const std::string& group_id, const std::string& member_id,
                                  const std::optional<std::string>& instance_id) {
  if (consumers_.find(group_id)) return consumers_.leave(group_id, member_id, instance_id);
  const auto found = groups_.find(group_id);
  if (found == groups_.end()) return ErrorCode::kUnknownMemberId;
  Group& group = found->second;
  std::string id = member_id;
  if (instance_id) {
    const auto known = group.static_members.find(*instance_id);
    if (known == group.static_members.end()) return ErrorCode::kUnknownMemberId;
    if (!member_id.empty() && known->second != member_id) return ErrorCode::kFencedInstanceId;
    id = known->second;
  }
  if (auto pending = group.pending_members.find(id); pending != group.pending_members.end()) {
    world_.loop.cancel(pending->second);
    group.pending_members.erase(pending);
    maybe_complete_join(group);
    return ErrorCode::kNone;
  }
  if (group.member(id) == nullptr) return ErrorCode::kUnknownMemberId;
  remove_member(group, id);
  return ErrorCode::kNone;
}

void GroupCoordinator::restart_session(Group& group, GroupMember& member) {
  stop_timer(member.session_timer);
  const auto expires = world_.loop.now() + std::chrono::milliseconds(member.session_timeout_ms);
  member.session_timer =
      world_.loop.call_at(expires, [this, group_id = group.id, member_id = member.id] { expire(group_id, member_id); });
}

void GroupCoordinator::expire(const std::string& group_id, const std::string& member_id) {
  const auto found = groups_.find(group_id);
  if (found == groups_.end()) return;
  GroupMember* member = found->second.member(member_id);
  if (member == nullptr) return;
  member->session_timer.reset();
  // Who waits for us cannot be called silent.
  if (member->awaits()) return restart_session(found->second, *member);
  remove_member(found->second, member_id);
}

ErrorCode GroupCoordinator::judge_commit(const std::string& group_id, const MemberClaim& claim, bool transactional,
                                         int version, const std::vector<ConsumerGroups::NamedPartition>& partitions) {
  if (transactional && group_id.empty()) return ErrorCode::kInvalidGroupId;
  if (const ConsumerGroup* consumers = consumers_.find(group_id))
    return consumers_.judge_commit(*consumers, claim, transactional, version, partitions);
  if (const StreamsGroup* streams = streams_.find(group_id))
    return streams_.judge_commit(*streams, claim, transactional, partitions);
  const auto found = groups_.find(group_id);
  if (found == groups_.end()) return claim.generation < 0 ? ErrorCode::kNone : ErrorCode::kIllegalGeneration;
  Group& group = found->second;
  const bool anonymous = claim.member_id.empty() && !claim.instance_id && claim.generation < 0;
  if (anonymous && (transactional || group.state == GroupState::kEmpty)) return ErrorCode::kNone;
  if (group.state == GroupState::kEmpty && claim.generation < 0) return ErrorCode::kNone;
  if (const ErrorCode error = judge_member(&group, claim); error != ErrorCode::kNone) return error;
  if (claim.generation != group.generation) return ErrorCode::kIllegalGeneration;
  if (!transactional && group.state == GroupState::kCompletingRebalance) return ErrorCode::kRebalanceInProgress;
  restart_session(group, *group.member(claim.member_id));
  return ErrorCode::kNone;
}

ErrorCode GroupCoordinator::judge_fetch(const std::string& group_id, const std::optional<std::string>& member_id,
                                        std::int32_t member_epoch) const {
  if (const StreamsGroup* streams = streams_.find(group_id))
    return StreamsGroups::judge_fetch(*streams, member_id, member_epoch);
  const ConsumerGroup* consumers = consumers_.find(group_id);
  return consumers ? ConsumerGroups::judge_fetch(*consumers, member_id, member_epoch) : ErrorCode::kNone;
}

void GroupCoordinator::commit_offsets(const std::string& group_id, const OffsetsByPartition& offsets,
                                      const WriterIdentity& writer, OneShot<Status> released) {
  std::vector<InternalRecord> records;
  for (const auto& [partition, offset] : offsets) records.push_back(OffsetStore::record(group_id, partition, offset));
  runtime_.write(std::move(records), std::move(released), writer);
}

void GroupCoordinator::end_transaction(const WriterIdentity& writer, std::int32_t coordinator_epoch, bool commit,
                                       OneShot<Status> released) {
  runtime_.write_marker(writer, coordinator_epoch, commit, std::move(released));
}

void GroupCoordinator::remove(const std::string& group_id, OneShot<ErrorCode> reply) {
  const auto found = groups_.find(group_id);
  const auto* offsets = offsets_.of_group(group_id);
  const ConsumerGroup* consumers = consumers_.find(group_id);
  const StreamsGroup* streams = streams_.find(group_id);
  if (found == groups_.end() && consumers == nullptr && streams == nullptr && offsets == nullptr)
    return reply(ErrorCode::kGroupIdNotFound);
  if (found != groups_.end() && found->second.state != GroupState::kEmpty) return reply(ErrorCode::kNonEmptyGroup);
  if (consumers != nullptr && !consumers->members().empty()) return reply(ErrorCode::kNonEmptyGroup);
  if (streams != nullptr && !streams->members.empty()) return reply(ErrorCode::kNonEmptyGroup);
  std::vector<InternalRecord> records;
  if (consumers != nullptr) append_group_tombstones(records, *consumers);
  if (streams != nullptr) append_streams_group_tombstones(records, *streams);
  if (offsets != nullptr)
    for (const auto& [partition, offset] : *offsets) records.push_back(OffsetStore::tombstone(group_id, partition));
  if (found != groups_.end()) {
    for (auto& [member_id, timer] : found->second.pending_members) world_.loop.cancel(timer);
    groups_.erase(found);
    records.push_back(group_tombstone(group_id));
  }
  runtime_.write(std::move(records), [reply = std::move(reply)](Status status) mutable {
    reply(status ? ErrorCode::kNone : ErrorCode::kCoordinatorNotAvailable);
  });
}

void GroupCoordinator::remove_offsets(const std::string& group_id, const std::vector<TopicPartition>& partitions,
                                      OneShot<Status> released) {
  std::vector<InternalRecord> records;
  for (const TopicPartition& partition : partitions)
    if (offsets_.find(group_id, partition)) records.push_back(OffsetStore::tombstone(group_id, partition));
  runtime_.write(std::move(records), std::move(released));
}

void GroupCoordinator::forget_topic(const std::string& topic) {
  std::vector<InternalRecord> records;
  for (const auto& [group_id, offsets] : offsets_.all())
    for (const auto& [partition, offset] : offsets)
      if (partition.topic == topic) records.push_back(OffsetStore::tombstone(group_id, partition));
  if (!records.empty()) runtime_.write(std::move(records), [](Status) {});
}

InternalRecord GroupCoordinator::group_tombstone(const std::string& group_id) {
  return {group_key(group_id), std::nullopt};
}

InternalRecord GroupCoordinator::group_record_of(const Group& group) const {
  wire::GroupMetadataValue value;
  value.protocol_type = group.protocol_type;
  value.generation = group.generation;
  value.protocol = group.protocol;
  value.leader = group.leader;
  value.current_state_timestamp = world_.loop.wall_clock_ms();
  for (const auto& [member_id, member] : group.members) {
    wire::GroupMetadataValue::MemberMetadata metadata;
    metadata.member_id = member_id;
    metadata.group_instance_id = member.instance_id;
    metadata.client_id = member.client_id;
    metadata.client_host = member.client_host;
    metadata.rebalance_timeout = member.rebalance_timeout_ms;
    metadata.session_timeout = member.session_timeout_ms;
    if (const Bytes* subscription = group.protocol ? member.metadata(*group.protocol) : nullptr)
      metadata.subscription = *subscription;
    metadata.assignment = member.assignment;
    value.members.push_back(std::move(metadata));
  }
  return {group_key(group.id), wire::encode_versioned(value, kGroupValueVersion)};
}

void GroupCoordinator::write_group(const Group& group, OneShot<Status> released) {
  std::vector<InternalRecord> records;
  records.push_back(group_record_of(group));
  runtime_.write(std::move(records), std::move(released));
}

void GroupCoordinator::apply(const wire::RecordView& record, const WriterIdentity& writer) {
  const auto type = record.key ? wire::version_of(*record.key) : std::nullopt;
  if (!type) return;
  if (*type <= kOffsetKeyTypeMax) {
    const auto key = decode_key<wire::OffsetCommitKey>(*record.key);
    if (!key) return;
    std::optional<CommittedOffset> offset;
    if (record.value) {
      const auto value = wire::decode_versioned<wire::OffsetCommitValue>(*record.value);
      if (!value) return;
      offset = CommittedOffset{value->offset,           value->leader_epoch, value->metadata,
                               value->commit_timestamp, record.offset,       value->expire_timestamp};
    }
    // A group may be known by its offsets alone.
    if (offset && !consumers_.find(key->group) && !streams_.find(key->group))
      groups_.try_emplace(key->group).first->second.id = key->group;
    offsets_.apply(key->group, {key->topic, key->partition}, std::move(offset), writer);
  } else if (*type == kGroupKeyType && loading_) {
    if (const auto key = decode_key<wire::GroupMetadataKey>(*record.key)) apply_group(key->group, record.value);
  } else if (const auto consumers = consumers_.apply(record)) {
    if (record.value) retire(*consumers);
  } else if (const auto streams = streams_.apply(record); streams && record.value) {
    retire(*streams);
  }
}

void GroupCoordinator::apply_end(std::int64_t producer_id, bool committed) {
  offsets_.apply_end(producer_id, committed);
}

void GroupCoordinator::apply_group(const std::string& group_id, std::optional<BytesView> value) {
  groups_.erase(group_id);
  if (!value) return;
  const auto metadata = wire::decode_versioned<wire::GroupMetadataValue>(*value);
  if (!metadata) return;
  Group& group = groups_[group_id];
  group.id = group_id;
  restore(group, *metadata);
}

void GroupCoordinator::restore(Group& group, const wire::GroupMetadataValue& value) {
  group.state = value.members.empty() ? GroupState::kEmpty : GroupState::kStable;
  group.protocol_type = value.protocol_type;
  group.generation = value.generation;
  group.protocol = value.protocol;
  group.leader = value.leader;
  group.state_timestamp_ms = value.current_state_timestamp;
  for (const auto& metadata : value.members) {
    GroupMember& member = group.members[metadata.member_id];
    member.id = metadata.member_id;
    member.instance_id = metadata.group_instance_id;
    member.client_id = metadata.client_id;
    member.client_host = metadata.client_host;
    member.session_timeout_ms = metadata.session_timeout;
    member.rebalance_timeout_ms =
        metadata.rebalance_timeout < 0 ? metadata.session_timeout : metadata.rebalance_timeout;
    if (value.protocol) {
      auto& protocol = member.protocols.emplace_back();
      protocol.name = *value.protocol;
      protocol.metadata = metadata.subscription;
    }
    member.assignment = metadata.assignment.bytes;
    if (member.instance_id) group.static_members[*member.instance_id] = member.id;
  }
}

}  // namespace leat::coordinator
