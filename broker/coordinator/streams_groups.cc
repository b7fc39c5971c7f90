// Records, timers, leaving and offsets; heartbeats are in streams_heartbeat.cc.
#include "broker/coordinator/streams_groups.h"

#include <algorithm>

#include "base/log.h"
#include "broker/coordinator/group_record_codec.h"
#include "broker/coordinator/streams_group_records.h"

namespace leat::coordinator {

using wire::ErrorCode;

StreamsGroups::~StreamsGroups() {
  for (auto& [group_id, group] : groups_)
    for (auto& [member_id, timers] : group.timers) stop_timers(timers);
}

const StreamsGroup* StreamsGroups::find(const std::string& group_id) const {
  const auto found = groups_.find(group_id);
  return found == groups_.end() ? nullptr : &found->second;
}

std::optional<std::string> StreamsGroups::apply(const wire::RecordView& record) {
  auto group_id = streams_group_of(record);
  if (!group_id) return std::nullopt;
  StreamsGroup* group = apply_to_groups(groups_, *group_id, ends_streams_group(record), record,
                                        [this](auto& timers) { stop_timers(timers); });
  if (group == nullptr) return std::nullopt;
  if (group->members.empty()) group->shutdown_requested_by.reset();
  return group_id;
}

void StreamsGroups::loaded() {
  for (auto& [group_id, group] : groups_)
    for (const auto& [member_id, member] : group.members) watch(group, member);
}

std::int32_t StreamsGroups::setting(const std::string& group_id, const std::string& name,
                                    std::int32_t otherwise) const {
  return topics_.group_setting(group_id, name).value_or(otherwise);
}

/// When it fires the member is taken out.
void StreamsGroups::start_timer(std::optional<TimerId>& timer, std::int32_t delay_ms, const std::string& group_id,
                                const std::string& member_id) {
  if (timer) world_.loop.cancel(*timer);
  timer = world_.loop.call_at(world_.loop.now() + std::chrono::milliseconds(delay_ms),
                              [this, group_id, member_id] { fence(group_id, member_id); });
}

void StreamsGroups::stop_timers(StreamsGroup::Timers& timers) {
  for (auto* timer : {&timers.session, &timers.rebalance}) {
    if (*timer) world_.loop.cancel(**timer);
    timer->reset();
  }
}

/// A member has its session, and, where it is asked to give up tasks, its rebalance timeout to do so.
void StreamsGroups::watch(StreamsGroup& group, const StreamsMember& member) {
  auto& timers = group.timers[member.id];
  start_timer(timers.session, setting(group.id, "streams.session.timeout.ms", config_.session_timeout_ms), group.id,
              member.id);
  const bool revokes = member.state == StreamsMemberState::kUnrevokedTasks;
  if (revokes && !timers.rebalance) {
    start_timer(timers.rebalance, std::max(member.rebalance_timeout_ms, 0), group.id, member.id);
  } else if (!revokes && timers.rebalance) {
    world_.loop.cancel(*timers.rebalance);
    timers.rebalance.reset();
  }
}

void StreamsGroups::fence(const std::string& group_id, const std::string& member_id) {
  const StreamsGroup* group = find(group_id);
  if (group == nullptr || group->member(member_id) == nullptr || runtime_.offline()) return;
  log_line(LogLevel::kInfo, "groups", "a member is taken out of its group: it was silent, or did not give up tasks",
           {{"group", group_id}, {"member", member_id}});
  remove_member(*group, member_id, [](Status) {});
}

void StreamsGroups::remove_member(const StreamsGroup& group, const std::string& member_id, OneShot<Status> released) {
  std::vector<InternalRecord> records;
  append_streams_member_tombstones(records, group.id, member_id);
  StreamsGroupHead next = group;
  ++next.epoch;
  records.push_back(streams_group_record(next));
  runtime_.write(std::move(records), std::move(released));
}

ErrorCode StreamsGroups::judge_commit(const StreamsGroup& group, const MemberClaim& claim, bool transactional,
                                      const std::vector<NamedPartition>& partitions) const {
  if (claim.generation < 0 && group.members.empty()) return ErrorCode::kNone;
  // A producer that is in no group itself.
  if (transactional && claim.generation < 0 && claim.member_id.empty() && !claim.instance_id) return ErrorCode::kNone;
  const StreamsMember* member = group.member(claim.member_id);
  if (member == nullptr) return ErrorCode::kUnknownMemberId;
  if (claim.generation == member->epoch) return ErrorCode::kNone;
  const ErrorCode stale = transactional ? ErrorCode::kIllegalGeneration : ErrorCode::kStaleMemberEpoch;
  if (claim.generation > member->epoch || !group.configured) return stale;
  // What was assigned before and is still done may be committed by a request that a new epoch has overtaken.
  const auto done_since_then = [&](const HeldTasks& held, const NamedPartition& named) {
    const auto topic = topics_.catalog_topic(named.topic);
    return topic && std::any_of(held.begin(), held.end(), [&](const auto& of_subtopology) {
             const auto subtopology = group.configured->subtopologies.find(of_subtopology.first);
             if (subtopology == group.configured->subtopologies.end()) return false;
             const auto task = of_subtopology.second.find(named.partition);
             return subtopology->second.sources.contains(topic->name) && task != of_subtopology.second.end() &&
                    task->second <= claim.generation;
           });
  };
  const bool all_done = std::all_of(partitions.begin(), partitions.end(), [&](const NamedPartition& each) {
    return done_since_then(member->assigned.active, each) || done_since_then(member->to_revoke.active, each);
  });
  return all_done && !partitions.empty() ? ErrorCode::kNone : stale;
}

ErrorCode StreamsGroups::judge_fetch(const StreamsGroup& group, const std::optional<std::string>& member_id,
                                     std::int32_t member_epoch) {
  if (!member_id && member_epoch < 0) return ErrorCode::kNone;
  const StreamsMember* member = group.member(member_id.value_or(""));
  if (member == nullptr) return ErrorCode::kUnknownMemberId;
  return member->epoch == member_epoch ? ErrorCode::kNone : ErrorCode::kStaleMemberEpoch;
}

}  // namespace leat::coordinator
