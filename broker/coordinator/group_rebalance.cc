// Joining and rebalancing of classic groups (GroupMetadataManager.classicGroupJoin and what follows from it).
#include <algorithm>

#include "base/uuid.h"
#include "broker/coordinator/consumer_group_records.h"
#include "broker/coordinator/group_coordinator.h"
#include "broker/coordinator/streams_group_records.h"

namespace leat::coordinator {

using wire::ErrorCode;
using wire::JoinGroupResponse;
using wire::SyncGroupResponse;

namespace {

constexpr int kVersionWithRequiredMemberId = 4;
constexpr int kVersionWithSkipAssignment = 9;
constexpr int kVersionWithRequiredProtocol = 5;  // of SyncGroup

void refuse(OneShot<JoinGroupResponse>& reply, ErrorCode error, const std::string& member_id) {
  JoinGroupResponse response;
  response.error_code = error;
  response.member_id = member_id;
  reply(std::move(response));
}

void refuse(OneShot<SyncGroupResponse>& reply, ErrorCode error) {
  SyncGroupResponse response;
  response.error_code = error;
  reply(std::move(response));
}

}  // namespace

/// A join request on its way.
struct GroupCoordinator::Join {
  const wire::JoinGroupRequest& request;
  int version;
  const ClientIdentity& client;
  OneShot<JoinGroupResponse> reply;
};

void GroupCoordinator::join(const wire::JoinGroupRequest& request, int version, const ClientIdentity& client,
                            OneShot<JoinGroupResponse> reply) {
  Join join{request, version, client, std::move(reply)};
  if (request.group_id.empty()) return refuse(join.reply, ErrorCode::kInvalidGroupId, request.member_id);
  if (request.session_timeout_ms < config_.session_timeout_ms_min ||
      request.session_timeout_ms > config_.session_timeout_ms_max)
    return refuse(join.reply, ErrorCode::kInvalidSessionTimeout, request.member_id);
  const ConsumerGroup* consumers = consumers_.find(request.group_id);
  if (consumers != nullptr && !consumers->members().empty())
    return consumers_.join(request, version, client, std::move(join.reply));
  const StreamsGroup* streams = streams_.find(request.group_id);
  if (streams != nullptr && !streams->members.empty())
    return refuse(join.reply, ErrorCode::kInconsistentGroupProtocol, request.member_id);
  auto found = groups_.find(request.group_id);
  if (found == groups_.end()) {
    if (!request.member_id.empty()) return refuse(join.reply, ErrorCode::kUnknownMemberId, request.member_id);
    if (request.protocol_type.empty() || request.protocols.empty())
      return refuse(join.reply, ErrorCode::kInconsistentGroupProtocol, request.member_id);
    // Nobody is there any more: it becomes what is asked for.
    std::vector<InternalRecord> records;
    if (consumers != nullptr) append_group_tombstones(records, *consumers);
    if (streams != nullptr) append_streams_group_tombstones(records, *streams);
    if (!records.empty()) runtime_.write(std::move(records), [](Status) {});
    Group& created = groups_[request.group_id];
    created.id = request.group_id;
    write_group(created, [](Status) {});
    found = groups_.find(request.group_id);
  }
  Group& group = found->second;
  const bool known = group.member(request.member_id) != nullptr || group.pending_members.contains(request.member_id);
  if (!known && group.members.size() + group.pending_members.size() >= config_.members_max)
    return refuse(join.reply, ErrorCode::kGroupMaxSizeReached, request.member_id);
  if (!group.supports(request.protocol_type, request.protocols))
    return refuse(join.reply, ErrorCode::kInconsistentGroupProtocol, request.member_id);
  if (request.member_id.empty()) return join_new_member(group, join);
  if (auto pending = group.pending_members.find(request.member_id); pending != group.pending_members.end()) {
    world_.loop.cancel(pending->second);
    group.pending_members.erase(pending);
    return add_member(group, join, request.member_id);
  }
  const ErrorCode error = judge_member(
      &group, {.member_id = request.member_id, .instance_id = request.group_instance_id, .generation = -1});
  if (error != ErrorCode::kNone) return refuse(join.reply, error, request.member_id);
  join_known_member(group, *group.member(request.member_id), join);
}

void GroupCoordinator::join_new_member(Group& group, Join& join) {
  const auto& instance = join.request.group_instance_id;
  const std::string prefix = instance ? *instance : join.client.client_id;
  const std::string member_id = prefix + "-" + Uuid::random(world_.random).to_string();
  if (instance) {
    const auto before = group.static_members.find(*instance);
    if (before != group.static_members.end()) return join_static_member(group, join, std::string(before->second));
    return add_member(group, join, member_id);
  }
  if (join.version < kVersionWithRequiredMemberId) return add_member(group, join, member_id);
  const auto forgotten = world_.loop.now() + std::chrono::milliseconds(join.request.session_timeout_ms);
  group.pending_members[member_id] = world_.loop.call_at(forgotten, [this, group_id = group.id, member_id] {
    const auto found = groups_.find(group_id);
    if (found == groups_.end() || found->second.pending_members.erase(member_id) == 0) return;
    maybe_complete_join(found->second);
  });
  refuse(join.reply, ErrorCode::kMemberIdRequired, member_id);
}

/// An instance that was here before comes back under a new member id. The old id is fenced; if the protocol that the
/// group uses stays the same nobody else notices.
void GroupCoordinator::join_static_member(Group& group, Join& join, const std::string& member_id_before) {
  const std::string member_id = *join.request.group_instance_id + "-" + Uuid::random(world_.random).to_string();
  auto node = group.members.extract(member_id_before);
  node.key() = member_id;
  GroupMember& member = node.mapped();
  if (member.join) refuse(member.join, ErrorCode::kFencedInstanceId, member_id_before);
  if (member.sync) refuse(member.sync, ErrorCode::kFencedInstanceId);
  stop_timer(member.session_timer);
  member.id = member_id;
  group.members.insert(std::move(node));
  group.static_members[*join.request.group_instance_id] = member_id;
  const bool was_leader = group.leader == member_id_before;
  if (was_leader) group.leader = member_id;
  group.pending_syncs.erase(member_id_before);
  GroupMember& renamed = *group.member(member_id);
  const std::optional<std::string> protocol_before = group.protocol;
  renamed.protocols = join.request.protocols;
  renamed.session_timeout_ms = join.request.session_timeout_ms;
  renamed.rebalance_timeout_ms = join.request.rebalance_timeout_ms;
  restart_session(group, renamed);
  if (group.state == GroupState::kStable && protocol_before && group.vote() == *protocol_before) {
    auto response = join_response(group, renamed);
    // The leader is told who it was before, so that it does not assign anew; from version 9 on it is asked not to.
    if (was_leader && join.version < kVersionWithSkipAssignment) {
      response.leader = member_id_before;
      response.members.clear();
    } else if (was_leader) {
      response.skip_assignment = true;
    }
    // Told before it is durable, the new id would be unknown after a crash, and its owner fenced for good.
    return write_group(group, [response, reply = std::move(join.reply)](Status status) mutable {
      if (!status) return refuse(reply, ErrorCode::kCoordinatorNotAvailable, response.member_id);
      reply(std::move(response));
    });
  }
  renamed.join = std::move(join.reply);
  group.state == GroupState::kPreparingRebalance ? maybe_complete_join(group) : prepare_rebalance(group);
}

void GroupCoordinator::add_member(Group& group, Join& join, const std::string& member_id) {
  GroupMember& member = group.members[member_id];
  member.id = member_id;
  member.instance_id = join.request.group_instance_id;
  member.client_id = join.client.client_id;
  member.client_host = join.client.host;
  if (group.members.size() == 1) group.protocol_type = join.request.protocol_type;
  if (!group.leader) group.leader = member_id;
  if (member.instance_id) group.static_members[*member.instance_id] = member_id;
  update_member(group, member, join);
}

void GroupCoordinator::update_member(Group& group, GroupMember& member, Join& join) {
  member.protocols = join.request.protocols;
  member.session_timeout_ms = join.request.session_timeout_ms;
  member.rebalance_timeout_ms =
      join.request.rebalance_timeout_ms < 0 ? join.request.session_timeout_ms : join.request.rebalance_timeout_ms;
  member.join = std::move(join.reply);
  restart_session(group, member);
  group.state == GroupState::kPreparingRebalance ? maybe_complete_join(group) : prepare_rebalance(group);
}

void GroupCoordinator::join_known_member(Group& group, GroupMember& member, Join& join) {
  const bool unchanged = member.protocols == join.request.protocols;
  switch (group.state) {
    case GroupState::kPreparingRebalance: return update_member(group, member, join);
    case GroupState::kCompletingRebalance:
      // The answer to the first try may have been lost.
      if (unchanged) return join.reply(join_response(group, member));
      return update_member(group, member, join);
    case GroupState::kStable:
      if (group.leader == member.id || !unchanged) return update_member(group, member, join);
      return join.reply(join_response(group, member));
    case GroupState::kEmpty:
    case GroupState::kDead: break;
  }
  refuse(join.reply, ErrorCode::kUnknownMemberId, member.id);
}

JoinGroupResponse GroupCoordinator::join_response(const Group& group, const GroupMember& member) const {
  JoinGroupResponse response;
  response.generation_id = group.generation;
  response.protocol_type = group.protocol_type;
  response.protocol_name = group.protocol.value_or("");
  response.leader = group.leader.value_or("");
  response.member_id = member.id;
  if (group.leader != member.id) return response;
  for (const auto& [member_id, each] : group.members) {
    auto& listed = response.members.emplace_back();
    listed.member_id = member_id;
    listed.group_instance_id = each.instance_id;
    if (const Bytes* metadata = each.metadata(response.protocol_name.value_or(""))) listed.metadata = *metadata;
  }
  return response;
}

void GroupCoordinator::prepare_rebalance(Group& group) {
  for (auto& [member_id, member] : group.members)
    if (member.sync) refuse(member.sync, ErrorCode::kRebalanceInProgress);
  group.pending_syncs.clear();
  group.is_new_rebalance = group.state == GroupState::kEmpty;
  group.state = GroupState::kPreparingRebalance;
  if (group.is_new_rebalance && config_.initial_rebalance_delay_ms > 0) {
    const std::int32_t delay = config_.initial_rebalance_delay_ms;
    return schedule_rebalance(group, delay, true, std::max(0, group.rebalance_timeout_ms_max() - delay));
  }
  group.is_new_rebalance = false;
  schedule_rebalance(group, group.rebalance_timeout_ms_max(), false, 0);
  maybe_complete_join(group);
}

void GroupCoordinator::schedule_rebalance(Group& group, std::int32_t delay_ms, bool initial, std::int32_t left_ms) {
  stop_timer(group.rebalance_timer);
  const std::size_t members_now = group.members.size();
  group.rebalance_timer = world_.loop.call_at(world_.loop.now() + std::chrono::milliseconds(delay_ms),
                                              [this, group_id = group.id, initial, left_ms, members_now] {
                                                const auto found = groups_.find(group_id);
                                                if (found == groups_.end()) return;
                                                Group& later = found->second;
                                                later.rebalance_timer.reset();
                                                if (initial && later.members.size() > members_now && left_ms > 0) {
                                                  const std::int32_t next =
                                                      std::min(config_.initial_rebalance_delay_ms, left_ms);
                                                  return schedule_rebalance(later, next, true, left_ms - next);
                                                }
                                                complete_join(later);
                                              });
}

void GroupCoordinator::maybe_complete_join(Group& group) {
  if (group.state == GroupState::kPreparingRebalance && !group.is_new_rebalance && group.all_joined())
    complete_join(group);
}

void GroupCoordinator::complete_join(Group& group) {
  stop_timer(group.rebalance_timer);
  group.is_new_rebalance = false;
  std::vector<std::string> absent;
  for (auto& [member_id, member] : group.members)
    if (!member.join && !member.instance_id) absent.push_back(member_id);
  for (const std::string& member_id : absent) {
    stop_timer(group.members[member_id].session_timer);
    group.members.erase(member_id);
  }
  ++group.generation;
  if (group.members.empty()) {
    group.state = GroupState::kEmpty;
    group.state_timestamp_ms = world_.loop.wall_clock_ms();
    group.protocol.reset();
    group.leader.reset();
    return write_group(group, [](Status) {});
  }
  // The leader must be one that is here to assign: a static member keeps its place in the group while it is away.
  const GroupMember* leader = group.leader ? group.member(*group.leader) : nullptr;
  if (leader == nullptr || !leader->join) {
    const auto joined = std::find_if(group.members.begin(), group.members.end(),
                                     [](const auto& each) { return static_cast<bool>(each.second.join); });
    group.leader = (joined == group.members.end() ? group.members.begin() : joined)->first;
  }
  group.protocol = group.vote();
  group.state = GroupState::kCompletingRebalance;
  for (auto& [member_id, member] : group.members) {
    group.pending_syncs.insert(member_id);
    restart_session(group, member);
  }
  group.rebalance_timer = world_.loop.call_at(
      world_.loop.now() + std::chrono::milliseconds(group.rebalance_timeout_ms_max()),
      [this, group_id = group.id, generation = group.generation] { end_pending_syncs(group_id, generation); });
  // Replies may lead to the next request at once, so they are given from a list of their own.
  std::vector<std::pair<OneShot<JoinGroupResponse>, JoinGroupResponse>> replies;
  for (auto& [member_id, member] : group.members)
    if (member.join) replies.emplace_back(std::move(member.join), join_response(group, member));
  for (auto& [reply, response] : replies) reply(std::move(response));
}

/// Members that have not asked for their assignment in time are taken for dead.
void GroupCoordinator::end_pending_syncs(const std::string& group_id, std::int32_t generation) {
  const auto found = groups_.find(group_id);
  if (found == groups_.end() || found->second.generation != generation) return;
  Group& group = found->second;
  group.rebalance_timer.reset();
  if (group.pending_syncs.empty()) return;
  for (const std::string& member_id : std::set<std::string>(group.pending_syncs)) {
    auto node = group.members.extract(member_id);
    if (node.empty()) continue;
    stop_timer(node.mapped().session_timer);
    if (node.mapped().instance_id) group.static_members.erase(*node.mapped().instance_id);
  }
  prepare_rebalance(group);
}

void GroupCoordinator::remove_member(Group& group, const std::string& member_id) {
  auto node = group.members.extract(member_id);
  if (node.empty()) return;
  GroupMember& member = node.mapped();
  stop_timer(member.session_timer);
  if (member.instance_id) group.static_members.erase(*member.instance_id);
  if (member.join) refuse(member.join, ErrorCode::kUnknownMemberId, member_id);
  if (member.sync) refuse(member.sync, ErrorCode::kUnknownMemberId);
  group.pending_syncs.erase(member_id);
  if (group.leader == member_id)
    group.leader = group.members.empty() ? std::nullopt : std::optional(group.members.begin()->first);
  if (group.state == GroupState::kStable || group.state == GroupState::kCompletingRebalance) {
    prepare_rebalance(group);
  } else {
    maybe_complete_join(group);
  }
}

void GroupCoordinator::sync(const wire::SyncGroupRequest& request, int version, OneShot<SyncGroupResponse> reply) {
  if (version >= kVersionWithRequiredProtocol && (!request.protocol_type || !request.protocol_name))
    return refuse(reply, ErrorCode::kInconsistentGroupProtocol);
  if (request.group_id.empty()) return refuse(reply, ErrorCode::kInvalidGroupId);
  if (consumers_.find(request.group_id)) return consumers_.sync(request, std::move(reply));
  const auto found = groups_.find(request.group_id);
  Group* group = found == groups_.end() ? nullptr : &found->second;
  const MemberClaim claim{request.member_id, request.group_instance_id, request.generation_id};
  if (const ErrorCode error = judge_member(group, claim); error != ErrorCode::kNone) return refuse(reply, error);
  if (request.generation_id != group->generation) return refuse(reply, ErrorCode::kIllegalGeneration);
  if ((request.protocol_type && *request.protocol_type != group->protocol_type) ||
      (request.protocol_name && request.protocol_name != group->protocol))
    return refuse(reply, ErrorCode::kInconsistentGroupProtocol);
  GroupMember& member = *group->member(request.member_id);
  const auto answer = [](const Group& of, const GroupMember& to) {
    SyncGroupResponse response;
    response.protocol_type = of.protocol_type;
    response.protocol_name = of.protocol;
    response.assignment = to.assignment;
    return response;
  };
  switch (group->state) {
    case GroupState::kPreparingRebalance: return refuse(reply, ErrorCode::kRebalanceInProgress);
    case GroupState::kStable:
      // It came after the leader: not one that is still missing.
      group->pending_syncs.erase(member.id);
      restart_session(*group, member);
      return reply(answer(*group, member));
    case GroupState::kEmpty:
    case GroupState::kDead: return refuse(reply, ErrorCode::kUnknownMemberId);
    case GroupState::kCompletingRebalance: break;
  }
  member.sync = std::move(reply);
  group->pending_syncs.erase(member.id);
  if (group->leader != member.id) return;
  for (auto& [member_id, each] : group->members) each.assignment.clear();
  for (const auto& assignment : request.assignments)
    if (GroupMember* assigned = group->member(assignment.member_id)) assigned->assignment = assignment.assignment.bytes;
  write_group(*group, [this, group_id = group->id, generation = group->generation, answer](Status status) {
    const auto later = groups_.find(group_id);
    if (later == groups_.end() || later->second.generation != generation ||
        later->second.state != GroupState::kCompletingRebalance)
      return;
    Group& written = later->second;
    if (!status) return prepare_rebalance(written);
    written.state = GroupState::kStable;
    std::vector<std::pair<OneShot<SyncGroupResponse>, SyncGroupResponse>> replies;
    for (auto& [member_id, each] : written.members) {
      if (!each.sync) continue;
      restart_session(written, each);
      replies.emplace_back(std::move(each.sync), answer(written, each));
    }
    for (auto& [to, response] : replies) to(std::move(response));
  });
}

}  // namespace leat::coordinator
