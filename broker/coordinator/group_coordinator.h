// GroupCoordinator: groups and committed offsets of one __consumer_offsets partition
// (org.apache.kafka.coordinator.group). Classic groups are its own; those whose partitions the broker assigns are in
// ConsumerGroups, those whose tasks it assigns in StreamsGroups. A group goes from classic to consumer and back with
// its members (group_migration.cc). Lives on the broker's loop.
#pragma once

#include <memory>
#include <vector>

#include "broker/coordinator/client_identity.h"
#include "broker/coordinator/consumer_groups.h"
#include "broker/coordinator/group.h"
#include "broker/coordinator/offset_store.h"
#include "broker/coordinator/state_machine.h"
#include "broker/coordinator/streams_groups.h"
#include "broker/wire/error_code.h"
#include "broker/wire/records/group_records.h"

namespace leat::coordinator {

struct GroupConfig {
  std::int32_t session_timeout_ms_min = 6'000;
  std::int32_t session_timeout_ms_max = 1'800'000;
  std::int32_t initial_rebalance_delay_ms = 3'000;
  std::size_t members_max = 2147483647;
  std::size_t offset_metadata_bytes_max = 4096;
  ConsumerGroupConfig consumer;
  StreamsGroupConfig streams;
};

class GroupCoordinator : public StateMachine, private ClassicSuccession {
 public:
  /// `log` is the partition of __consumer_offsets that this coordinator owns.
  GroupCoordinator(World world, log::PartitionLog& log, const GroupConfig& config, TopicCatalog& topics);
  ~GroupCoordinator() override;

  Status load();

  void join(const wire::JoinGroupRequest& request, int version, const ClientIdentity& client,
            OneShot<wire::JoinGroupResponse> reply);
  void sync(const wire::SyncGroupRequest& request, int version, OneShot<wire::SyncGroupResponse> reply);
  wire::ErrorCode heartbeat(const std::string& group_id, const MemberClaim& claim);
  /// Returns the member id that left, or an error.
  wire::ErrorCode leave(const std::string& group_id, const std::string& member_id,
                        const std::optional<std::string>& instance_id);

  void consumer_heartbeat(const wire::ConsumerGroupHeartbeatRequest& request, int version, const ClientIdentity& client,
                          OneShot<wire::ConsumerGroupHeartbeatResponse> reply);
  const ConsumerGroups& consumers() const { return consumers_; }
  void streams_heartbeat(const wire::StreamsGroupHeartbeatRequest& request, const ClientIdentity& client,
                         OneShot<wire::StreamsGroupHeartbeatResponse> reply);
  const StreamsGroups& streams() const { return streams_; }

  /// Whether these offsets may be committed by this member. A transactional commit is judged the same, but may also
  /// come while a rebalance is under way. `version` and `partitions` of the request matter in groups whose partitions
  /// the broker assigns.
  wire::ErrorCode judge_commit(const std::string& group_id, const MemberClaim& claim, bool transactional,
                               int version = 0, const std::vector<ConsumerGroups::NamedPartition>& partitions = {});
  /// Whether the offsets may be read by who says that it is this member, or says nothing.
  wire::ErrorCode judge_fetch(const std::string& group_id, const std::optional<std::string>& member_id,
                              std::int32_t member_epoch) const;
  void commit_offsets(const std::string& group_id, const OffsetsByPartition& offsets, const WriterIdentity& writer,
                      OneShot<Status> released);
  void end_transaction(const WriterIdentity& writer, std::int32_t coordinator_epoch, bool commit,
                       OneShot<Status> released);
  const OffsetStore& offsets() const { return offsets_; }
  /// Replies when what `offsets` says now is durable: what a reader is told must not be gone after a crash.
  void when_durable(OneShot<Status> durable) { runtime_.write({}, std::move(durable)); }
  const GroupConfig& config() const { return config_; }

  /// Null where there is no such classic group.
  const Group* find(const std::string& group_id) const;
  const std::map<std::string, Group>& groups() const { return groups_; }
  void remove(const std::string& group_id, OneShot<wire::ErrorCode> reply);
  /// Forgets what all groups have committed of a topic that was deleted.
  void forget_topic(const std::string& topic);
  void remove_offsets(const std::string& group_id, const std::vector<TopicPartition>& partitions,
                      OneShot<Status> released);

  /// Forgets offsets whose retention has passed, and groups that are left with nothing. To be called now and then.
  void expire_offsets(std::int64_t retention_ms);

  void apply(const wire::RecordView& record, const WriterIdentity& writer) override;
  void apply_end(std::int64_t producer_id, bool committed) override;

 private:
  struct Join;

  wire::ErrorCode judge_member(Group* group, const MemberClaim& claim) const;
  void join_new_member(Group& group, Join& join);
  void join_static_member(Group& group, Join& join, const std::string& member_id_before);
  void join_known_member(Group& group, GroupMember& member, Join& join);
  void add_member(Group& group, Join& join, const std::string& member_id);
  void update_member(Group& group, GroupMember& member, Join& join);
  void reply_with_current(Group& group, GroupMember& member, OneShot<wire::JoinGroupResponse> reply);
  wire::JoinGroupResponse join_response(const Group& group, const GroupMember& member) const;

  void prepare_rebalance(Group& group);
  void maybe_complete_join(Group& group);
  void complete_join(Group& group);
  void end_pending_syncs(const std::string& group_id, std::int32_t generation);
  void remove_member(Group& group, const std::string& member_id);
  void expire(const std::string& group_id, const std::string& member_id);
  void restart_session(Group& group, GroupMember& member);
  void stop_timer(std::optional<TimerId>& timer);
  void schedule_rebalance(Group& group, std::int32_t delay_ms, bool initial, std::int32_t left_ms);

  bool take_over(const ConsumerGroup& group, const std::set<std::string>& leaving, OneShot<Status>& released) override;
  Result<ConsumerGroups::Conversion> convert(const Group& group);
  Status judge_upgrade(const Group& group) const;
  void retire(const std::string& group_id);
  void dismiss_retired();
  void forget_timers(Group& group);

  /// Whether all offsets of the group have expired; which of them have.
  bool find_expired(const std::string& group_id, std::int64_t now_ms, std::int64_t retention_ms,
                    std::vector<TopicPartition>& expired) const;
  bool is_empty(const std::string& group_id) const;

  static InternalRecord group_tombstone(const std::string& group_id);
  InternalRecord group_record_of(const Group& group) const;
  void write_group(const Group& group, OneShot<Status> released);
  void apply_group(const std::string& group_id, std::optional<BytesView> value);
  void restore(Group& group, const wire::GroupMetadataValue& value);

  World world_;
  GroupConfig config_;
  Runtime runtime_;
  std::map<std::string, Group> groups_;
  ConsumerGroups consumers_;
  StreamsGroups streams_;
  /// Classic groups that have become others, with members that still wait for an answer.
  std::vector<Group> retired_;
  OffsetStore offsets_;
  /// While the log is read at start-up; afterwards records of groups confirm what the state already is.
  bool loading_ = false;
};

/// Kafka's Utils.abs(String.hashCode) % partitions: which partition of an internal topic coordinates a key.
std::int32_t coordinator_partition(std::string_view key, std::int32_t partitions);

}  // namespace leat::coordinator
