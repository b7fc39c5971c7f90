#include "broker/coordinator/streams_tasks.h"

namespace leat::coordinator {

TaskSet task_set(const HeldTasks& held) {
  TaskSet tasks;
  for (const auto& [subtopology, partitions] : held)
    for (const auto& [partition, epoch] : partitions) tasks[subtopology].insert(partition);
  return tasks;
}

TaskSet task_set(const std::vector<wire::streams_group::TaskIds>& ids) {
  TaskSet tasks;
  for (const auto& each : ids)
    if (!each.partitions.empty()) tasks[each.subtopology_id].insert(each.partitions.begin(), each.partitions.end());
  return tasks;
}

std::vector<wire::streams_group::TaskIds> task_ids(const TaskSet& tasks) {
  std::vector<wire::streams_group::TaskIds> ids;
  for (const auto& [subtopology, partitions] : tasks)
    ids.push_back({subtopology, {partitions.begin(), partitions.end()}});
  return ids;
}

}  // namespace leat::coordinator
