#include "broker/coordinator/streams_decision.h"

#include <algorithm>

#include "broker/coordinator/consumer_decision.h"
#include "broker/coordinator/numbered_sets.h"
#include "broker/coordinator/streams_group_records.h"
#include "broker/coordinator/task_assignor.h"
#include "broker/wire/error_code.h"

namespace leat::coordinator {

namespace {

Error invalid(std::string message) {
  return {ErrorKind::kKafka, std::move(message), static_cast<int>(wire::ErrorCode::kInvalidRequest)};
}

bool has_any(const TaskAssignment& owned, const HeldAssignment& tasks) {
  return contains_any(tasks.active, owned.active) || contains_any(tasks.standby, owned.standby) ||
         contains_any(tasks.warmup, owned.warmup);
}

/// One role of a member, on its way: what stays, what goes, what comes now; `waits` for what somebody else has.
template <class Tasks>
struct Difference {
  Tasks stays;
  Tasks goes;
  TaskSet comes;
  bool waits = false;
};

std::int32_t partition_of(std::int32_t partition) { return partition; }
std::int32_t partition_of(const std::pair<const std::int32_t, std::int32_t>& with_epoch) { return with_epoch.first; }

template <class Tasks, class IsTaken>
Difference<Tasks> difference(const Tasks& has, const TaskSet& shall_have, IsTaken is_taken) {
  Difference<Tasks> result;
  for (const auto& [subtopology, partitions] : has)
    for (const auto& each : partitions)
      (contains(shall_have, subtopology, partition_of(each)) ? result.stays : result.goes)[subtopology].insert(each);
  for (const auto& [subtopology, partitions] : shall_have)
    for (const std::int32_t partition : partitions) {
      if (contains(has, subtopology, partition)) continue;
      if (is_taken(subtopology, partition))
        result.waits = true;
      else
        result.comes[subtopology].insert(partition);
    }
  return result;
}

}  // namespace

Status StreamsDecision::decide(const std::optional<StreamsTopology>& topology,
                               const std::optional<TaskAssignment>& owned) {
  bool changed = note_member();
  LEAT_ASSIGN_OR_RETURN(const bool topology_is_new, note_topology(topology));
  configure(topology_is_new);
  LEAT_RETURN_IF_ERROR(judge_tasks(owned));
  raise_epoch(changed);
  renew_target();
  reconcile(owned);
  if (const auto& problem = configured_now().problem) statuses_.push_back(*problem);
  return {};
}

bool StreamsDecision::note_member() {
  const bool changed = after_ != before_;
  if (changed) records_.push_back(streams_member_record(group_.id, after_));
  return changed;
}

Result<bool> StreamsDecision::note_topology(const std::optional<StreamsTopology>& topology) {
  bool is_new = false;
  if (!group_.topology) {
    if (!topology) return invalid("The group has no topology, and the member brings none.");
    new_topology_ = topology;
    records_.push_back(streams_topology_record(group_.id, *topology));
    is_new = true;
  } else if (topology && topology->epoch >= group_.topology->epoch && *topology != *group_.topology) {
    return invalid("Topology updates are not supported yet.");
  }
  if (after_.topology_epoch < this->topology().epoch)
    statuses_.push_back({StreamsStatus::kStaleTopology,
                         "The member's topology epoch " + std::to_string(after_.topology_epoch) +
                             " is behind the group's topology epoch " + std::to_string(this->topology().epoch) + "."});
  return is_new;
}

void StreamsDecision::configure(bool topology_is_new) {
  const bool seen = group_.catalog_version_seen == surroundings_.topics.catalog_version();
  if (!topology_is_new && group_.configured && seen) return;
  next_.metadata_hash = metadata_hash(surroundings_.topics, required_topics(topology()));
  configured_ = configured(topology(), surroundings_.topics);
}

Status StreamsDecision::judge_tasks(const std::optional<TaskAssignment>& owned) const {
  const ConfiguredTopology& topology = configured_now();
  if (!owned || !topology.is_ready()) return {};
  for (const TaskSet* tasks : {&owned->active, &owned->standby, &owned->warmup})
    for (const auto& [subtopology, partitions] : *tasks) {
      const auto found = topology.subtopologies.find(subtopology);
      if (found == topology.subtopologies.end())
        return invalid("Subtopology " + subtopology + " does not exist in the topology.");
      if (!partitions.empty() && *partitions.rbegin() >= found->second.tasks)
        return invalid("Task " + std::to_string(*partitions.rbegin()) + " for subtopology " + subtopology +
                       " is invalid. Number of tasks for this subtopology: " + std::to_string(found->second.tasks));
    }
  return {};
}

/// A new group begins at epoch 1, which nobody has seen; what its first member brings comes with the next.
void StreamsDecision::raise_epoch(bool changed) {
  next_.validated_topology_epoch = configured_now().is_ready() ? this->topology().epoch : -1;
  next_.assignment_configs = {{"num.standby.replicas", std::to_string(surroundings_.standby_replicas)}};
  changed = changed || next_.metadata_hash != group_.metadata_hash ||
            next_.validated_topology_epoch != group_.validated_topology_epoch ||
            next_.assignment_configs != group_.assignment_configs;
  if (!changed && next_.epoch != 0) return;
  next_.epoch = std::max(next_.epoch, 1) + 1;
  records_.push_back(streams_group_record(next_));
}

void StreamsDecision::renew_target() {
  target_epoch_ = std::max(group_.target_epoch, 1);
  target_ = group_.target_of(after_.id);
  if (next_.epoch <= group_.target_epoch) return;
  if (surroundings_.in_initial_delay && group_.target_epoch == 0) {
    statuses_.push_back(
        {StreamsStatus::kAssignmentDelayed, "Assignment delayed due to the configured initial rebalance delay."});
    target_ = {};
    return;
  }
  const bool nobody_has_any =
      std::all_of(group_.target.begin(), group_.target.end(), [](const auto& each) { return each.second.empty(); });
  const std::int64_t due_ms = group_.target_timestamp_ms + surroundings_.assignment_interval_ms;
  if (nobody_has_any || surroundings_.now_ms >= due_ms || surroundings_.now_ms < group_.target_timestamp_ms)
    return compute_target();
  statuses_.push_back(
      {StreamsStatus::kAssignmentDelayed, "Assignment delayed due to the configured assignment interval."});
}

void StreamsDecision::compute_target() {
  std::vector<TaskAssignorMember> members;
  for (const auto& [member_id, member] : group_.members)
    if (member_id != after_.id) members.push_back({member_id, member.process_id, group_.target_of(member_id)});
  members.push_back({after_.id, after_.process_id, group_.target_of(after_.id)});
  std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  std::vector<TaskAssignorSubtopology> subtopologies;
  if (const ConfiguredTopology& topology = configured_now(); topology.is_ready())
    for (const auto& [id, each] : topology.subtopologies) subtopologies.push_back({id, each.tasks, each.is_stateful()});
  auto assignment = assign_tasks(members, subtopologies, surroundings_.standby_replicas);
  target_epoch_ = next_.epoch;
  for (const TaskAssignorMember& member : members) {
    const TaskAssignment& now = assignment[member.id];
    const auto known = group_.target.find(member.id);
    if (known == group_.target.end() || known->second != now)
      records_.push_back(streams_target_record(group_.id, member.id, now));
  }
  records_.push_back(streams_target_record(group_.id, target_epoch_, surroundings_.now_ms));
  target_ = std::move(assignment[after_.id]);
}

void StreamsDecision::reconcile(const std::optional<TaskAssignment>& owned) {
  const StreamsMember was = after_;
  switch (after_.state) {
    case StreamsMemberState::kStable:
      if (after_.epoch != target_epoch_) step_to_target(after_.epoch, owned);
      break;
    case StreamsMemberState::kUnrevokedTasks:
      if (owned && !has_any(*owned, after_.to_revoke)) step_to_target(after_.epoch + 1, owned);
      break;
    case StreamsMemberState::kUnreleasedTasks: step_to_target(after_.epoch, owned); break;
    case StreamsMemberState::kUnknown: step_to_target(target_epoch_, owned); break;
  }
  if (after_ == was) return;
  stepped_ = true;
  records_.push_back(streams_held_record(group_.id, after_));
}

void StreamsDecision::step_to_target(std::int32_t from_epoch, const std::optional<TaskAssignment>& owned) {
  const std::string& process = after_.process_id;
  auto active =
      difference(after_.assigned.active, target_.active, [&](const auto& subtopology, std::int32_t partition) {
        return group_.is_active(subtopology, partition) || group_.stands_by_in(process, subtopology, partition);
      });
  const auto taken_here = [&](const std::string& subtopology, std::int32_t partition) {
    return group_.is_active_in(process, subtopology, partition) || group_.stands_by_in(process, subtopology, partition);
  };
  auto standby = difference(after_.assigned.standby, target_.standby, taken_here);
  auto warmup = difference(after_.assigned.warmup, target_.warmup, taken_here);
  const HeldAssignment goes{active.goes, standby.goes, warmup.goes};
  after_.assigned = {active.stays, standby.stays, warmup.stays};
  if (!goes.empty() && (!owned || has_any(*owned, goes))) {
    after_.state = StreamsMemberState::kUnrevokedTasks;
    after_.to_revoke = goes;
    if (from_epoch != after_.epoch) after_.move_to(from_epoch);
    return;
  }
  after_.to_revoke = {};
  for (const auto& [subtopology, partitions] : active.comes)
    for (const std::int32_t partition : partitions) after_.assigned.active[subtopology][partition] = target_epoch_;
  for (auto& [subtopology, partitions] : standby.comes) after_.assigned.standby[subtopology].merge(partitions);
  for (auto& [subtopology, partitions] : warmup.comes) after_.assigned.warmup[subtopology].merge(partitions);
  const bool waits = active.waits || standby.waits || warmup.waits;
  after_.state = waits ? StreamsMemberState::kUnreleasedTasks : StreamsMemberState::kStable;
  if (after_.epoch != target_epoch_) after_.move_to(target_epoch_);
}

}  // namespace leat::coordinator
