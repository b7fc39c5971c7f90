// Which member gets which task: sticky and balanced.
//
// A *member* is a stream thread (one consumer); members of one *process* share its state directory. A task stays with
// the member that ran it, else goes to a process that has its state, else to the least loaded member; no member gets
// more than its share (tasks / members, rounded up) of all tasks or of one sub-topology's where that can be helped.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "streams/assignor/task_id.h"

namespace leat {

struct GroupMember {
  std::string id;
  Uuid process_id;
  /// Tasks that this member runs now.
  std::set<TaskId> owned_tasks;
  /// Tasks whose state lies in the member's process, with the sum of their changelog offsets (as in SubscriptionInfo).
  std::map<TaskId, std::int64_t> task_offset_sums;
  /// client.tag.KEY=VALUE of its process.
  std::map<std::string, std::string> tags = {};
};

/// Gives each task to exactly one member; a running standby of it comes before state that merely lies there.
/// Deterministic: the order of `members` does not matter. Requires a member.
std::map<std::string, std::set<TaskId>> assign_tasks(std::vector<GroupMember> members, const std::set<TaskId>& tasks);

/// How much a member may have to read before it runs a task that somebody else runs now.
struct Recovery {
  std::int64_t acceptable_lag = 10'000;
  int warmups_max = 2;
  /// The ends of the changelogs of each task together; tasks without an entry move at once.
  std::map<TaskId, std::int64_t> end_offset_sums;
};

/// Leaves tasks in `given_to` with their owners while their new members are further behind than that, and returns who
/// warms up for which of them meanwhile, as a standby. Those who find no place to warm up wait.
std::map<std::string, std::set<TaskId>> hold_back_moves(const std::vector<GroupMember>& members,
                                                        const Recovery& recovery,
                                                        std::map<std::string, std::set<TaskId>>& given_to);

/// Gives standbys of `tasks` to members of processes that do not run the task: up to `replicas` of each, in different
/// processes, balanced, where possible where there is state of it. `active` is what assign_tasks said; whoever still
/// owns a task counts as running it. Before anything else, the copies of a task are to differ in the values of as many
/// of `apart_by` (keys of tags) as can be (rack.aware.assignment.tags, KIP-708).
std::map<std::string, std::set<TaskId>> assign_standbys(std::vector<GroupMember> members, const std::set<TaskId>& tasks,
                                                        const std::map<std::string, std::set<TaskId>>& active,
                                                        int replicas, const std::vector<std::string>& apart_by = {});

}  // namespace leat
