// Tasks of streams groups: a task is one partition of one sub-topology.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "broker/wire/messages/streams_group_types.h"

namespace leat::coordinator {

/// By sub-topology.
using TaskSet = std::map<std::string, std::set<std::int32_t>>;
/// With the epoch at which each was assigned.
using HeldTasks = std::map<std::string, std::map<std::int32_t, std::int32_t>>;

/// What a member shall do.
struct TaskAssignment {
  TaskSet active;
  TaskSet standby;
  TaskSet warmup;

  bool empty() const { return active.empty() && standby.empty() && warmup.empty(); }
  bool operator==(const TaskAssignment&) const = default;
};

/// What a member does.
struct HeldAssignment {
  HeldTasks active;
  TaskSet standby;
  TaskSet warmup;

  bool empty() const { return active.empty() && standby.empty() && warmup.empty(); }
  bool operator==(const HeldAssignment&) const = default;
};

/// Without the epochs.
TaskSet task_set(const HeldTasks& held);
TaskSet task_set(const std::vector<wire::streams_group::TaskIds>& ids);
std::vector<wire::streams_group::TaskIds> task_ids(const TaskSet& tasks);

}  // namespace leat::coordinator
