#include "broker/coordinator/streams_group.h"

#include <algorithm>

#include "broker/coordinator/numbered_sets.h"

namespace leat::coordinator {

namespace {

bool runs(const StreamsMember& member, const std::string& subtopology, std::int32_t partition) {
  return contains(member.assigned.active, subtopology, partition) ||
         contains(member.to_revoke.active, subtopology, partition);
}

}  // namespace

std::string_view name(StreamsGroupState state) {
  switch (state) {
    case StreamsGroupState::kEmpty: return "Empty";
    case StreamsGroupState::kNotReady: return "NotReady";
    case StreamsGroupState::kAssigning: return "Assigning";
    case StreamsGroupState::kReconciling: return "Reconciling";
    case StreamsGroupState::kStable: return "Stable";
  }
  return "Unknown";
}

const StreamsMember* StreamsGroup::member(const std::string& member_id) const {
  const auto found = members.find(member_id);
  return found == members.end() ? nullptr : &found->second;
}

const TaskAssignment& StreamsGroup::target_of(const std::string& member_id) const {
  static const TaskAssignment kNothing;
  const auto found = target.find(member_id);
  return found == target.end() ? kNothing : found->second;
}

bool StreamsGroup::is_active(const std::string& subtopology, std::int32_t partition) const {
  return std::any_of(members.begin(), members.end(),
                     [&](const auto& each) { return runs(each.second, subtopology, partition); });
}

bool StreamsGroup::is_active_in(const std::string& process, const std::string& subtopology,
                                std::int32_t partition) const {
  return std::any_of(members.begin(), members.end(), [&](const auto& each) {
    return each.second.process_id == process && runs(each.second, subtopology, partition);
  });
}

bool StreamsGroup::stands_by_in(const std::string& process, const std::string& subtopology,
                                std::int32_t partition) const {
  return std::any_of(members.begin(), members.end(), [&](const auto& each) {
    const StreamsMember& member = each.second;
    return member.process_id == process && (contains(member.assigned.standby, subtopology, partition) ||
                                            contains(member.assigned.warmup, subtopology, partition) ||
                                            contains(member.to_revoke.standby, subtopology, partition) ||
                                            contains(member.to_revoke.warmup, subtopology, partition));
  });
}

bool StreamsGroup::reads(const std::string& topic) const {
  if (!topology || members.empty()) return false;
  return std::any_of(topology->subtopologies.begin(), topology->subtopologies.end(), [&](const auto& each) {
    const auto& repartitions = each.repartition_source_topics;
    return std::find(each.source_topics.begin(), each.source_topics.end(), topic) != each.source_topics.end() ||
           std::any_of(repartitions.begin(), repartitions.end(), [&](const auto& info) { return info.name == topic; });
  });
}

StreamsGroupState StreamsGroup::state() const {
  if (members.empty()) return StreamsGroupState::kEmpty;
  if (!topology || validated_topology_epoch != topology->epoch) return StreamsGroupState::kNotReady;
  if (epoch > target_epoch) return StreamsGroupState::kAssigning;
  const bool there = std::all_of(members.begin(), members.end(),
                                 [&](const auto& each) { return each.second.reconciled_to(target_epoch); });
  return there ? StreamsGroupState::kStable : StreamsGroupState::kReconciling;
}

}  // namespace leat::coordinator
