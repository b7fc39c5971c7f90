#include "streams/assignor/streams_assignor.h"

#include <algorithm>

#include "base/log.h"
#include "streams/assignor/assignment_info.h"
#include "streams/assignor/subscription_info.h"
#include "streams/assignor/task_assignment.h"

namespace leat {

std::map<TaskId, std::vector<TopicPartition>> tasks_of(const Plan& plan,
                                                       const std::map<std::string, std::int32_t>& partition_counts) {
  std::map<TaskId, std::vector<TopicPartition>> tasks;
  for (const Subtopology& subtopology : plan.subtopologies()) {
    if (subtopology.global) continue;
    for (const std::string& topic : subtopology.source_topics) {
      const auto count = partition_counts.find(topic);
      if (count == partition_counts.end()) continue;
      for (std::int32_t partition = 0; partition < count->second; ++partition)
        tasks[{subtopology.id, partition}].push_back({topic, partition});
    }
  }
  return tasks;
}

Bytes StreamsAssignor::user_data() {
  SubscriptionInfo info;
  info.process_id = process_id_;
  info.user_endpoint = user_endpoint_;
  info.task_offset_sums = task_offsets_();
  info.unique_field = unique_field_;
  return info.encode();
}

void StreamsAssignor::assign(const client::GroupSubscription& members, OneShot<Result<client::GroupAssignment>> done) {
  prepare_topics_([this, members, done = std::move(done)](Result<std::map<std::string, std::int32_t>> counts) mutable {
    if (!counts) return done(counts.error());
    done(share(members, *counts));
  });
}

client::GroupAssignment StreamsAssignor::share(const client::GroupSubscription& members,
                                               const std::map<std::string, std::int32_t>& counts) const {
  const auto partitions_of = tasks_of(plan_, counts);
  std::map<TopicPartition, TaskId> task_of;
  std::set<TaskId> tasks;
  for (const auto& [task, partitions] : partitions_of) {
    tasks.insert(task);
    for (const TopicPartition& partition : partitions) task_of[partition] = task;
  }
  std::vector<GroupMember> described;
  std::map<std::string, std::int32_t> versions;
  std::map<TaskId, std::string> owner_of;
  std::map<std::string, HostInfo> host_of;
  for (const auto& [member_id, subscription] : members) {
    GroupMember member;
    member.id = member_id;
    if (const auto info = SubscriptionInfo::decode(subscription.user_data)) {
      member.process_id = info->process_id;
      member.task_offset_sums = info->task_offset_sums;
      versions[member_id] = std::min(info->version, AssignmentInfo::kVersionLatest);
      if (const auto host = HostInfo::parse(info->user_endpoint)) host_of[member_id] = *host;
    } else {
      log_line(LogLevel::kWarn, "assignor", "a member is given tasks without knowing its state",
               {{"member", member_id}, {"why", info.error().message}});
    }
    for (const TopicPartition& partition : subscription.owned)
      if (const auto task = task_of.find(partition); task != task_of.end()) {
        member.owned_tasks.insert(task->second);
        owner_of[task->second] = member_id;
      }
    described.push_back(std::move(member));
  }
  const auto given_to = assign_tasks(described, tasks);
  const auto standbys = standby_replicas_ == 0
                            ? std::map<std::string, std::set<TaskId>>()
                            : assign_standbys(std::move(described), stateful(tasks), given_to, standby_replicas_);
  // Where to ask for what: a task that is about to move is still with its owner.
  std::map<HostInfo, std::set<TopicPartition>> partitions_by_host;
  for (const auto& [member_id, host] : host_of) partitions_by_host[host];
  for (const auto& [member_id, given] : given_to)
    for (const TaskId& task : given) {
      const auto owner = owner_of.find(task);
      const auto host = host_of.find(owner == owner_of.end() ? member_id : owner->second);
      if (host != host_of.end())
        partitions_by_host[host->second].insert(partitions_of.at(task).begin(), partitions_of.at(task).end());
    }
  std::map<HostInfo, std::set<TopicPartition>> standby_partitions_by_host;
  for (const auto& [member_id, given] : standbys)
    if (const auto host = host_of.find(member_id); host != host_of.end())
      for (const TaskId& task : given)
        standby_partitions_by_host[host->second].insert(partitions_of.at(task).begin(), partitions_of.at(task).end());
  client::GroupAssignment assignment;
  for (const auto& [member_id, given] : given_to) {
    client::MemberAssignment& of_member = assignment[member_id];
    AssignmentInfo info;
    info.partitions_by_host = partitions_by_host;
    info.standby_partitions_by_host = standby_partitions_by_host;
    if (const auto mine = standbys.find(member_id); mine != standbys.end())
      for (const TaskId& task : mine->second)
        info.standby_tasks[task].insert(partitions_of.at(task).begin(), partitions_of.at(task).end());
    if (const auto version = versions.find(member_id); version != versions.end()) info.version = version->second;
    for (const TaskId& task : given) {
      // Whoever runs the task now gives it up first; it is free in the next round.
      if (const auto owner = owner_of.find(task); owner != owner_of.end() && owner->second != member_id) continue;
      for (const TopicPartition& partition : partitions_of.at(task)) {
        of_member.partitions.push_back(partition);
        info.active_tasks.push_back(task);
      }
    }
    // The order of the ids is that of the partitions, sorted as the receiver will see them.
    std::vector<std::size_t> order(of_member.partitions.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return of_member.partitions[a] < of_member.partitions[b]; });
    std::vector<TaskId> ids;
    std::vector<TopicPartition> partitions;
    for (const std::size_t i : order) {
      ids.push_back(info.active_tasks[i]);
      partitions.push_back(of_member.partitions[i]);
    }
    info.active_tasks = std::move(ids);
    of_member.partitions = std::move(partitions);
    of_member.user_data = info.encode();
  }
  return assignment;
}

std::set<TaskId> StreamsAssignor::stateful(const std::set<TaskId>& tasks) const {
  std::set<int> with_changelog;
  for (const Subtopology& subtopology : plan_.subtopologies())
    for (const PlannedStore& store : subtopology.stores)
      if (!store.global && !store.changelog_topic.empty() && !store.changelog_is_source)
        with_changelog.insert(subtopology.id);
  std::set<TaskId> some = tasks;
  std::erase_if(some, [&](const TaskId& task) { return !with_changelog.contains(task.subtopology); });
  return some;
}

void StreamsAssignor::on_assignment(const client::MemberAssignment& assignment) {
  assigned_.clear();
  standbys_.clear();
  const auto info = AssignmentInfo::decode(assignment.user_data);
  if (!info || info->active_tasks.size() != assignment.partitions.size()) {
    log_line(LogLevel::kError, "assignor", "the assignment cannot be read, nothing is run until the next one", {});
    return;
  }
  std::vector<TopicPartition> sorted = assignment.partitions;
  std::sort(sorted.begin(), sorted.end());
  ++assignment_number_;
  standbys_ = info->standby_tasks;
  partitions_by_host_ = info->partitions_by_host;
  standby_partitions_by_host_ = info->standby_partitions_by_host;
  for (std::size_t i = 0; i < sorted.size(); ++i) assigned_[info->active_tasks[i]].insert(sorted[i]);
}

}  // namespace leat
