// StreamsGroups: the streams groups of one __consumer_offsets partition (KIP-1071). A part of GroupCoordinator, which
// has the other groups and the log.
//
// A member lives by heartbeats: each says what has changed for it and what it does, and is answered with its epoch,
// what stands in the way, and, where that has changed, with its tasks. The decisions are in streams_decision.h.
// Internal topics that are missing are made by the broker.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/world.h"
#include "broker/coordinator/client_identity.h"
#include "broker/coordinator/consumer_groups.h"
#include "broker/coordinator/streams_decision.h"
#include "broker/wire/error_code.h"
#include "broker/wire/messages/streams_group_heartbeat.h"

namespace leat::coordinator {

class StreamsGroups {
 public:
  using HeartbeatRequest = wire::StreamsGroupHeartbeatRequest;
  using HeartbeatResponse = wire::StreamsGroupHeartbeatResponse;
  using NamedPartition = ConsumerGroups::NamedPartition;

  /// All must outlive it.
  StreamsGroups(World world, Runtime& runtime, const StreamsGroupConfig& config, TopicCatalog& topics)
      : world_(world), runtime_(runtime), config_(config), topics_(topics) {}
  ~StreamsGroups();

  /// Null where there is no such group.
  const StreamsGroup* find(const std::string& group_id) const;
  const std::map<std::string, StreamsGroup>& groups() const { return groups_; }

  /// What is wrong with a request whatever the group.
  static Status judge(const HeartbeatRequest& request);
  /// Requires a good verdict. Where the group does not exist and the request joins, it is made; `first` is written
  /// before it.
  void heartbeat(const HeartbeatRequest& request, const ClientIdentity& client, std::vector<InternalRecord> first,
                 OneShot<HeartbeatResponse> reply);
  static void refuse(OneShot<HeartbeatResponse>& reply, const Error& error);

  /// Whether this member may commit offsets of these partitions, or read them.
  wire::ErrorCode judge_commit(const StreamsGroup& group, const MemberClaim& claim, bool transactional,
                               const std::vector<NamedPartition>& partitions) const;
  static wire::ErrorCode judge_fetch(const StreamsGroup& group, const std::optional<std::string>& member_id,
                                     std::int32_t member_epoch);

  /// Takes one record of these groups; others are not for here. Returns the id of the group that it is of.
  std::optional<std::string> apply(const wire::RecordView& record);
  /// When the log has been read: members that were there before have one session to come back.
  void loaded();

 private:
  Result<StreamsDecision> begin(const StreamsGroup& group, const HeartbeatRequest& request) const;
  void answer(const HeartbeatRequest& request, StreamsDecision& decision, bool is_new,
              std::vector<InternalRecord> records, OneShot<HeartbeatResponse> reply);
  void leave(const HeartbeatRequest& request, OneShot<HeartbeatResponse> reply);
  void remove_member(const StreamsGroup& group, const std::string& member_id, OneShot<Status> released);
  void fence(const std::string& group_id, const std::string& member_id);
  std::int32_t setting(const std::string& group_id, const std::string& name, std::int32_t otherwise) const;
  void start_timer(std::optional<TimerId>& timer, std::int32_t delay_ms, const std::string& group_id,
                   const std::string& member_id);
  void stop_timers(StreamsGroup::Timers& timers);
  void watch(StreamsGroup& group, const StreamsMember& member);

  World world_;
  Runtime& runtime_;
  const StreamsGroupConfig& config_;
  TopicCatalog& topics_;
  std::map<std::string, StreamsGroup> groups_;
};

}  // namespace leat::coordinator
