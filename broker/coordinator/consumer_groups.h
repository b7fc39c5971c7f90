// ConsumerGroups: the groups of one __consumer_offsets partition whose partitions the broker assigns (KIP-848,
// org.apache.kafka.coordinator.group). A part of GroupCoordinator, which has the classic groups and the log.
//
// A member lives by heartbeats: each says what has changed for it and what it holds, and is answered with its epoch
// and, where that has changed, with what it shall hold. The decisions are in consumer_decision.h. Members of the
// classic protocol live beside those of the new one; they are told by "rebalance in progress" that something is new
// for them, and join again (classic_members.cc).
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/world.h"
#include "broker/coordinator/client_identity.h"
#include "broker/coordinator/consumer_decision.h"
#include "broker/coordinator/consumer_group.h"
#include "broker/coordinator/state_machine.h"
#include "broker/coordinator/topic_catalog.h"
#include "broker/wire/error_code.h"
#include "broker/wire/messages/consumer_group_heartbeat.h"
#include "broker/wire/messages/join_group.h"
#include "broker/wire/messages/sync_group.h"

namespace leat::coordinator {

/// What a member of the classic protocol is told to hold, in the version of its subscription.
Bytes classic_assignment(const PartitionSet& partitions, BytesView subscription, const TopicCatalog& topics);

/// Where a group goes that only classic members are left in.
class ClassicSuccession {
 public:
  virtual ~ClassicSuccession() = default;
  /// Turns the group into a classic one, without those that leave, where that is possible. False: it stays as it is,
  /// and nothing was written.
  virtual bool take_over(const ConsumerGroup& group, const std::set<std::string>& leaving,
                         OneShot<Status>& released) = 0;
};

class ConsumerGroups {
 public:
  using HeartbeatRequest = wire::ConsumerGroupHeartbeatRequest;
  using HeartbeatResponse = wire::ConsumerGroupHeartbeatResponse;
  /// A group as it comes from a classic one, and the records that make it so.
  struct Conversion {
    ConsumerGroup group;
    std::vector<InternalRecord> records;
  };

  /// All must outlive it.
  ConsumerGroups(World world, Runtime& runtime, const ConsumerGroupConfig& config, const TopicCatalog& topics,
                 ClassicSuccession& classic);
  ~ConsumerGroups();

  /// Null where there is no such group.
  const ConsumerGroup* find(const std::string& group_id) const;
  const std::map<std::string, ConsumerGroup>& groups() const { return groups_; }
  const ConsumerGroupConfig& config() const { return config_; }
  const TopicCatalog& topics() const { return topics_; }

  /// What is wrong with a request whatever the group.
  Status judge(const HeartbeatRequest& request, int version) const;
  /// Requires a good verdict. Where the group does not exist and the request joins, it is made; as it comes from a
  /// classic one, if it does.
  void heartbeat(const HeartbeatRequest& request, const ClientIdentity& client, std::optional<Conversion> conversion,
                 OneShot<HeartbeatResponse> reply);
  static void refuse(OneShot<HeartbeatResponse>& reply, const Error& error);

  /// Of classic members. All require that the group exists.
  void join(const wire::JoinGroupRequest& request, int version, const ClientIdentity& client,
            OneShot<wire::JoinGroupResponse> reply);
  void sync(const wire::SyncGroupRequest& request, OneShot<wire::SyncGroupResponse> reply);
  wire::ErrorCode classic_heartbeat(const std::string& group_id, const MemberClaim& claim);
  wire::ErrorCode leave(const std::string& group_id, const std::string& member_id,
                        const std::optional<std::string>& instance_id);

  /// Whether this member may commit these offsets, or read them. `topic_ids` as they are named, with the partition.
  struct NamedPartition {
    Uuid topic;
    std::int32_t partition = 0;
  };
  wire::ErrorCode judge_commit(const ConsumerGroup& group, const MemberClaim& claim, bool transactional, int version,
                               const std::vector<NamedPartition>& partitions) const;
  static wire::ErrorCode judge_fetch(const ConsumerGroup& group, const std::optional<std::string>& member_id,
                                     std::int32_t member_epoch);

  /// Takes one record of these groups; others are not for here. Returns the id of the group that it is of.
  std::optional<std::string> apply(const wire::RecordView& record);
  /// When the log has been read: members that were there before have one session to come back.
  void loaded();

 private:
  Result<ConsumerDecision> begin(const ConsumerGroup& group, const MemberClaim& claim,
                                 const std::optional<PartitionSet>& owned) const;
  Result<ConsumerDecision> begin_static(const ConsumerGroup& group, const MemberClaim& claim, bool joins,
                                        const std::optional<PartitionSet>& owned) const;
  Result<ConsumerDecision> begin_classic(const ConsumerGroup& group, const std::string& member_id, bool is_new,
                                         const std::optional<std::string>& instance_id) const;
  void ask_to_rejoin(ConsumerGroup& group, const ConsumerMember& member);
  Result<const ConsumerMember*> find_member(const ConsumerGroup& group, const MemberClaim& claim) const;
  void leave_with_heartbeat(const HeartbeatRequest& request, OneShot<HeartbeatResponse> reply);
  void answer(const HeartbeatRequest& request, ConsumerDecision& decision, OneShot<HeartbeatResponse> reply,
              std::vector<InternalRecord> records);
  void after_write(const std::string& group_id, const ConsumerDecision& decision);
  /// Takes members out, and raises the epoch; or hands the group over to the classic protocol.
  void remove_members(const ConsumerGroup& group, const std::set<std::string>& members, OneShot<Status> released);
  void fence(const std::string& group_id, const std::string& member_id);

  ConsumerDecision::Surroundings surroundings() const;
  std::int32_t setting(const std::string& group_id, const std::string& name, std::int32_t otherwise) const;
  std::int32_t session_timeout_ms(const ConsumerGroup& group, const ConsumerMember& member) const;
  void start_timer(std::optional<TimerId>& timer, std::int32_t delay_ms, const std::string& group_id,
                   const std::string& member_id);
  void stop_timer(std::optional<TimerId>& timer);
  void stop_timers(MemberTimers& timers);
  void restart_session(const std::string& group_id, const std::string& member_id);
  void watch_revocation(ConsumerGroup& group, const ConsumerMember& member);

  void resolve_regexes_if_due(ConsumerGroup& group);
  void resolve_regexes(const std::string& group_id);

  World world_;
  Runtime& runtime_;
  const ConsumerGroupConfig& config_;
  const TopicCatalog& topics_;
  ClassicSuccession& classic_;
  std::map<std::string, ConsumerGroup> groups_;
  /// Expires with the object: for what the loop still holds then.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace leat::coordinator
