// The assignor of streams groups: which member shall run which task (Kafka's StickyTaskAssignor).
//
// A task stays where it was, or goes to where its state is kept as a standby, as long as that member has no more than
// its share; the others go to the process with the least to do per member. Standbys go to other processes than the
// task itself.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "broker/coordinator/streams_tasks.h"

namespace leat::coordinator {

struct TaskAssignorMember {
  std::string id;
  std::string process_id;
  TaskAssignment before;
};

struct TaskAssignorSubtopology {
  std::string id;
  std::int32_t tasks = 0;
  bool is_stateful = false;
};

std::map<std::string, TaskAssignment> assign_tasks(const std::vector<TaskAssignorMember>& members,
                                                   const std::vector<TaskAssignorSubtopology>& subtopologies,
                                                   std::int32_t standby_replicas);

}  // namespace leat::coordinator
