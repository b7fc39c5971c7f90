// TaskShare: what one member of an application has to do by the last assignment, and where the others answer queries.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "broker/wire/topic_partition.h"
#include "streams/assignor/host_info.h"
#include "streams/assignor/task_id.h"

namespace leat {

struct TaskShare {
  using PartitionsByHost = std::map<HostInfo, std::set<TopicPartition>>;

  /// The tasks to run, with the partitions that they read.
  std::map<TaskId, std::set<TopicPartition>> assigned;
  /// The standbys and warm-ups, with the partitions that their active tasks read.
  std::map<TaskId, std::set<TopicPartition>> standbys;
  /// The source partitions of the members that answer queries: of active tasks, of standbys.
  PartitionsByHost partitions_by_host;
  PartitionsByHost standby_partitions_by_host;
  /// Counts the assignments that came, and the news about hosts.
  std::uint64_t number = 0;
  std::uint64_t hosts_number = 0;
  /// When this member is to ask for the next round, wall clock in ms: it warms up for a task. Nothing: it need not.
  std::optional<std::int64_t> next_rebalance_ms;
  /// A member has asked that the whole application shuts down.
  bool shutdown_requested = false;
  /// Why nobody is given anything; empty: nothing is wrong.
  std::string problem;
  /// Of the topics of the plan, where the assignment brought them along; else empty.
  std::map<std::string, std::int32_t> partition_counts;
};

}  // namespace leat
