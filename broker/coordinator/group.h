// Group: a classic consumer group, as the coordinator sees it.
//
//   Empty              no members; offsets may be there
//   PreparingRebalance members are asked to join again; the rebalance ends when all have, or at its deadline
//   CompletingRebalance members know the new generation; the leader's assignment is awaited
//   Stable             every member has its assignment
//   Dead               gone
//
// What must survive a crash (generation, protocol, members with their subscriptions and assignments) is written to
// __consumer_offsets; who waits for a reply, and timers, are not.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/loop.h"
#include "broker/wire/messages/join_group.h"
#include "broker/wire/messages/sync_group.h"

namespace leat::coordinator {

enum class GroupState { kEmpty, kPreparingRebalance, kCompletingRebalance, kStable, kDead };

/// Kafka's name, as DescribeGroups and ListGroups tell it.
std::string_view name(GroupState state);

struct GroupMember {
  std::string id;
  std::optional<std::string> instance_id;
  std::string client_id;
  std::string client_host;
  std::int32_t session_timeout_ms = 0;
  std::int32_t rebalance_timeout_ms = 0;
  std::vector<wire::JoinGroupRequest::JoinGroupRequestProtocol> protocols;
  Bytes assignment;

  /// Held while the member waits for the end of the rebalance, or for the leader's assignment.
  OneShot<wire::JoinGroupResponse> join;
  OneShot<wire::SyncGroupResponse> sync;
  std::optional<TimerId> session_timer;

  bool awaits() const { return join || sync; }
  const Bytes* metadata(const std::string& protocol) const;
};

struct Group {
  std::string id;
  GroupState state = GroupState::kEmpty;
  std::string protocol_type;
  std::optional<std::string> protocol;
  std::optional<std::string> leader;
  std::int32_t generation = 0;
  std::int64_t state_timestamp_ms = -1;
  std::map<std::string, GroupMember> members;
  /// Static members by instance id.
  std::map<std::string, std::string> static_members;
  /// Ids that were given out with MEMBER_ID_REQUIRED and have not come back; with the timer that forgets them.
  std::map<std::string, TimerId> pending_members;
  std::optional<TimerId> rebalance_timer;
  /// Members that have not yet asked for their assignment, while the group completes its rebalance.
  std::set<std::string> pending_syncs;
  bool is_new_rebalance = false;  ///< the first one of an empty group, which waits for more members to come

  GroupMember* member(const std::string& member_id) {
    const auto found = members.find(member_id);
    return found == members.end() ? nullptr : &found->second;
  }
  /// Protocols that every member supports.
  std::set<std::string> common_protocols() const;
  bool supports(const std::string& type,
                const std::vector<wire::JoinGroupRequest::JoinGroupRequestProtocol>& protocols) const;
  /// The common protocol that most members prefer.
  std::string vote() const;
  std::int32_t rebalance_timeout_ms_max() const;
  bool all_joined() const;
  /// Whether members consume this topic. A subscription that cannot be read may be of any topic.
  bool subscribes_to(const std::string& topic) const;
};

}  // namespace leat::coordinator
