// Rack-aware assignment (KIP-925): tasks change places so that less is read across racks.
//
// A task costs `traffic` for each partition that it reads and that has no replica in the rack of its member, and
// `non_overlap` where its process did not have it before. Everybody keeps as many tasks as it had: tasks are exchanged
// in rings of members, as long as that makes the whole cheaper.
//
// How a ring is found: nodes are the places that a task too many can be at, an edge leads from one to another over the
// task that would move, and weighs what that would cost. A ring of negative weight makes the assignment cheaper; when
// there is none left, it is the cheapest there is.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "streams/assignor/task_assignment.h"
#include "streams/streams_config.h"

namespace leat {

struct RackCosts {
  std::int64_t traffic = 10;
  std::int64_t non_overlap = 1;
};

/// Where members and partitions are. Only where everything is known can tasks be placed by it.
struct Racks {
  std::map<std::string, std::string> of_member;
  /// Of the replicas of each partition that a task reads.
  std::map<TaskId, std::vector<std::set<std::string>>> of_task;

  bool complete(const std::vector<GroupMember>& members, const std::set<TaskId>& tasks) const;
};

/// What `given_to` costs by these racks, for `tasks` only. `before` is what was there first.
std::int64_t rack_cost(const std::vector<GroupMember>& members, const std::set<TaskId>& tasks, const Racks& racks,
                       RackCosts costs, const std::map<std::string, std::set<TaskId>>& before,
                       const std::map<std::string, std::set<TaskId>>& given_to);

/// Exchanges `tasks` in `given_to`, and no others, until nothing is cheaper. Requires racks that are complete.
void exchange_tasks(const std::vector<GroupMember>& members, const std::set<TaskId>& tasks, const Racks& racks,
                    RackCosts costs, RackStrategy strategy, std::map<std::string, std::set<TaskId>>& given_to);

}  // namespace leat
