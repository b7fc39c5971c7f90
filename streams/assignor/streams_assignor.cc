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
    for (const std::string& topic : plan.sources_of(subtopology, partition_counts))
      for (std::int32_t partition = 0; partition < partition_counts.at(topic); ++partition)
        tasks[{subtopology.id, partition}].push_back({topic, partition});
  }
  return tasks;
}

Bytes StreamsAssignor::user_data() {
  SubscriptionInfo info;
  info.version = version_;
  info.process_id = options_.process_id;
  info.user_endpoint = options_.user_endpoint;
  info.task_offset_sums = thread_.task_offsets();
  info.unique_field = unique_field_;
  info.client_tags = options_.client_tags;
  if (shutdown_wanted_) info.error_code = static_cast<std::int32_t>(AssignorError::kShutdownRequested);
  return info.encode();
}

/// What is known of a round, from the subscriptions to the assignment.
struct StreamsAssignor::Round {
  std::map<TaskId, std::vector<TopicPartition>> partitions_of;
  std::set<TaskId> tasks;
  std::vector<GroupMember> described;
  std::map<std::string, std::int32_t> versions;
  /// The highest one that all members know.
  std::int32_t version_common = AssignmentInfo::kVersionLatest;
  std::map<TaskId, std::string> owner_of;
  std::map<std::string, HostInfo> host_of;
  std::map<std::string, std::set<TaskId>> given_to;
};

namespace {

/// Gives nobody anything, and says why.
client::GroupAssignment tell_all(const client::GroupSubscription& members, AssignorError error) {
  client::GroupAssignment assignment;
  for (const auto& [member_id, subscription] : members) {
    AssignmentInfo info;
    info.error_code = static_cast<std::int32_t>(error);
    if (const auto asked = SubscriptionInfo::decode(subscription.user_data))
      info.version = std::min(asked->version, AssignmentInfo::kVersionLatest);
    assignment[member_id].user_data = info.encode();
  }
  return assignment;
}

bool wants_shutdown(const client::GroupSubscription& members) {
  return std::any_of(members.begin(), members.end(), [](const auto& member) {
    const auto info = SubscriptionInfo::decode(member.second.user_data);
    return info && info->error_code == static_cast<std::int32_t>(AssignorError::kShutdownRequested);
  });
}

}  // namespace

void StreamsAssignor::assign(const client::GroupSubscription& members, OneShot<Result<client::GroupAssignment>> done) {
  if (wants_shutdown(members)) return done(tell_all(members, AssignorError::kShutdownRequested));
  thread_.prepare_topics(
      [this, members, done = std::move(done)](Result<std::map<std::string, std::int32_t>> counts) mutable {
        if (!counts) {
          const bool theirs =
              counts.error().kind == ErrorKind::kNotFound || counts.error().kind == ErrorKind::kInvalidArgument;
          if (!theirs) return done(counts.error());
          log_line(LogLevel::kError, "assignor", "nobody is given tasks", {{"why", counts.error().message}});
          share_.problem = counts.error().message;
          return done(tell_all(members, counts.error().kind == ErrorKind::kNotFound
                                            ? AssignorError::kIncompleteSourceTopicMetadata
                                            : AssignorError::kAssignmentError));
        }
        const auto round = begin(members, *counts);
        std::set<TopicPartition> changelogs;
        for (auto& [task, its] : changelogs_of_moves(*round)) changelogs.merge(its);
        if (changelogs.empty()) return done(finish(*round, {}));
        thread_.changelog_ends(std::move(changelogs), [this, round, done = std::move(done)](Result<Ends> ends) mutable {
          if (!ends && ends.error().kind == ErrorKind::kClosed) return done(ends.error());
          if (!ends)
            log_line(LogLevel::kWarn, "assignor", "tasks move without warming up: the ends of changelogs are not known",
                     {{"why", ends.error().message}});
          done(finish(*round, ends ? *ends : Ends()));
        });
      });
}

std::shared_ptr<StreamsAssignor::Round> StreamsAssignor::begin(
    const client::GroupSubscription& members, const std::map<std::string, std::int32_t>& counts) const {
  auto round = std::make_shared<Round>();
  auto& [partitions_of, tasks, described, versions, version_common, owner_of, host_of, given_to] = *round;
  partitions_of = tasks_of(plan_, counts);
  std::map<TopicPartition, TaskId> task_of;
  for (const auto& [task, partitions] : partitions_of) {
    tasks.insert(task);
    for (const TopicPartition& partition : partitions) task_of[partition] = task;
  }
  for (const auto& [member_id, subscription] : members) {
    GroupMember member;
    member.id = member_id;
    if (const auto info = SubscriptionInfo::decode(subscription.user_data)) {
      member.process_id = info->process_id;
      member.task_offset_sums = info->task_offset_sums;
      member.tags = info->client_tags;
      versions[member_id] = std::min(info->version, AssignmentInfo::kVersionLatest);
      const std::int32_t knows = info->version_latest_supported < 0 ? info->version : info->version_latest_supported;
      version_common = std::min(version_common, knows);
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
  given_to = assign_tasks(described, tasks);
  if (options_.rack_strategy != RackStrategy::kNone) place_by_racks(members, *round);
  return round;
}

/// Tasks with state and those without one after the other, as Kafka Streams does, and with its costs.
void StreamsAssignor::place_by_racks(const client::GroupSubscription& members, Round& round) const {
  Racks racks;
  for (const auto& [id, subscription] : members) racks.of_member[id] = subscription.rack;
  for (const auto& [task, partitions] : round.partitions_of)
    for (const TopicPartition& partition : partitions) {
      std::set<std::string> of_partition = thread_.racks_of(partition);
      if (of_partition.contains("")) of_partition.clear();
      racks.of_task[task].push_back(std::move(of_partition));
    }
  if (!racks.complete(round.described, round.tasks))
    return log_line(LogLevel::kWarn, "assignor",
                    "tasks are placed without looking at racks: every member needs client.rack, the same in all of a "
                    "process, and every broker broker.rack",
                    {});
  const std::set<TaskId> with_state = stateful(round.tasks);
  std::set<TaskId> others;
  std::set_difference(round.tasks.begin(), round.tasks.end(), with_state.begin(), with_state.end(),
                      std::inserter(others, others.end()));
  const RackCosts costs{options_.rack_traffic_cost.value_or(10), options_.rack_non_overlap_cost.value_or(1)};
  exchange_tasks(round.described, with_state, racks, costs, options_.rack_strategy, round.given_to);
  exchange_tasks(round.described, others, racks, {.traffic = 1, .non_overlap = 0}, options_.rack_strategy,
                 round.given_to);
}

std::set<TopicPartition> StreamsAssignor::changelogs_of(const TaskId& task) const {
  std::set<TopicPartition> changelogs;
  for (const Subtopology& subtopology : plan_.subtopologies())
    if (subtopology.id == task.subtopology)
      for (const PlannedStore& store : subtopology.stores)
        if (!store.global && !store.changelog_topic.empty() && !store.changelog_is_source)
          changelogs.insert({store.changelog_topic, task.partition});
  return changelogs;
}

std::map<TaskId, std::set<TopicPartition>> StreamsAssignor::changelogs_of_moves(const Round& round) const {
  std::map<TaskId, std::set<TopicPartition>> changelogs;
  for (const auto& [member_id, given] : round.given_to)
    for (const TaskId& task : given)
      if (const auto owner = round.owner_of.find(task); owner != round.owner_of.end() && owner->second != member_id)
        if (auto its = changelogs_of(task); !its.empty()) changelogs[task] = std::move(its);
  return changelogs;
}

client::GroupAssignment StreamsAssignor::finish(Round& round, const Ends& ends) const {
  auto& [partitions_of, tasks, described, versions, version_common, owner_of, host_of, given_to] = round;
  Recovery recovery{options_.acceptable_recovery_lag, options_.warmup_replicas_max, {}};
  for (const auto& [task, changelogs] : changelogs_of_moves(round))
    for (const TopicPartition& changelog : changelogs)
      if (const auto end = ends.find(changelog); end != ends.end()) recovery.end_offset_sums[task] += end->second;
  const auto warmups = hold_back_moves(described, recovery, given_to);
  auto standbys = assign_standbys(described, stateful(tasks), given_to, options_.standby_replicas, options_.apart_by);
  for (const auto& [member_id, warming] : warmups) standbys[member_id].insert(warming.begin(), warming.end());
  // Who has warmed up keeps what it has while the owner gives the task up.
  for (const GroupMember& member : described)
    for (const TaskId& task : given_to.at(member.id)) {
      const auto owner = owner_of.find(task);
      const auto sum = member.task_offset_sums.find(task);
      const bool warm = sum != member.task_offset_sums.end() && sum->second >= 0;
      if (warm && owner != owner_of.end() && owner->second != member.id) standbys[member.id].insert(task);
    }
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
    info.version_commonly_supported = version_common;
    info.partitions_by_host = partitions_by_host;
    info.standby_partitions_by_host = standby_partitions_by_host;
    if (const auto mine = standbys.find(member_id); mine != standbys.end())
      for (const TaskId& task : mine->second)
        info.standby_tasks[task].insert(partitions_of.at(task).begin(), partitions_of.at(task).end());
    if (warmups.contains(member_id)) info.next_rebalance_ms = thread_.wall_clock_ms() + options_.probing_interval_ms;
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
  std::set<TaskId> some = tasks;
  std::erase_if(some, [this](const TaskId& task) { return changelogs_of(task).empty(); });
  return some;
}

/// As in Kafka Streams: a member says the most that it can, an older leader answers in what it knows, and the member
/// joins again in that; when the old ones are gone, all go up again. Says whether to join again.
bool StreamsAssignor::agree_on_version(std::int32_t received, std::int32_t common) {
  constexpr std::int32_t kEarliestThatTellsWhatItKnows = 3;
  const std::int32_t wanted = std::min(common, SubscriptionInfo::kVersionLatest);
  if (received < kEarliestThatTellsWhatItKnows || !(wanted > version_ || received < version_)) return false;
  log_line(LogLevel::kInfo, "assignor", "the members agree on another version of the rebalance data",
           {{"from", std::to_string(version_)}, {"to", std::to_string(wanted)}});
  version_ = wanted;
  return true;
}

void StreamsAssignor::on_assignment(const client::MemberAssignment& assignment) {
  share_.assigned.clear();
  share_.standbys.clear();
  const auto info = AssignmentInfo::decode(assignment.user_data);
  if (!info || info->active_tasks.size() != assignment.partitions.size()) {
    log_line(LogLevel::kError, "assignor", "the assignment cannot be read, nothing is run until the next one", {});
    return;
  }
  const bool probes = agree_on_version(info->version, info->version_commonly_supported) ||
                      info->error_code == static_cast<std::int32_t>(AssignorError::kVersionProbing);
  if (const auto error = static_cast<AssignorError>(info->error_code);
      error != AssignorError::kNone && error != AssignorError::kVersionProbing) {
    share_.shutdown_requested = error == AssignorError::kShutdownRequested;
    if (share_.problem.empty() && !share_.shutdown_requested)
      share_.problem = error == AssignorError::kIncompleteSourceTopicMetadata
                           ? "the leader of the group misses a source topic; create it and start the application again"
                           : "the leader of the group cannot assign tasks; its log says why";
    if (share_.shutdown_requested && shutdown_told_) shutdown_told_({});
    return;
  }
  std::vector<TopicPartition> sorted = assignment.partitions;
  std::sort(sorted.begin(), sorted.end());
  ++share_.number;
  share_.standbys = info->standby_tasks;
  share_.next_rebalance_ms.reset();
  if (info->next_rebalance_ms != AssignmentInfo::kNoRebalanceScheduled)
    share_.next_rebalance_ms = info->next_rebalance_ms;
  if (probes) share_.next_rebalance_ms = thread_.wall_clock_ms();
  share_.partitions_by_host = info->partitions_by_host;
  share_.standby_partitions_by_host = info->standby_partitions_by_host;
  for (std::size_t i = 0; i < sorted.size(); ++i) share_.assigned[info->active_tasks[i]].insert(sorted[i]);
}

}  // namespace leat
