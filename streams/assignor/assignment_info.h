// AssignmentInfo: what the leader of a streams group tells a member. Byte-compatible with Kafka Streams 4.3
// (org.apache.kafka.streams.processor.internals.assignment.AssignmentInfo).
//
//   v1       version active standby                     active:  {task}, in the order of the assigned partitions
//   v2       ... hosts                                  standby: {task {topic partition}}
//   v3       version latest active standby hosts        hosts:   {host port {topic partition}}
//   v4       ... error
//   v5       version latest active standby topics hosts error            hosts name topics by index from here on
//   v6       version latest active standby topics hosts standbyHosts error
//   v7 - v9  ... nextRebalance
//   v10, v11 the same, with the (absent) name of the topology in every task
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "broker/wire/topic_partition.h"
#include "streams/assignor/host_info.h"
#include "streams/assignor/task_id.h"

namespace leat {

/// Why a leader gives nobody anything (org.apache.kafka.streams.processor.internals.assignment.AssignorError); a member
/// that wants it to shut everybody down says so with the same number.
enum class AssignorError : std::int32_t {
  kNone = 0,
  kIncompleteSourceTopicMetadata = 1,
  kVersionProbing = 2,
  kAssignmentError = 3,
  kShutdownRequested = 4,
};

struct AssignmentInfo {
  static constexpr std::int32_t kVersionLatest = 11;
  static constexpr std::int64_t kNoRebalanceScheduled = std::numeric_limits<std::int64_t>::max();

  std::int32_t version = kVersionLatest;
  std::int32_t version_commonly_supported = kVersionLatest;
  /// One entry per assigned source partition, in their order: a task with two source partitions stands here twice.
  std::vector<TaskId> active_tasks;
  std::map<TaskId, std::set<TopicPartition>> standby_tasks;
  std::map<HostInfo, std::set<TopicPartition>> partitions_by_host;
  std::map<HostInfo, std::set<TopicPartition>> standby_partitions_by_host;
  /// An AssignorError.
  std::int32_t error_code = 0;
  /// When this member should trigger the next rebalance, wall clock in ms.
  std::int64_t next_rebalance_ms = kNoRebalanceScheduled;

  bool operator==(const AssignmentInfo&) const = default;
  Bytes encode() const;
  static Result<AssignmentInfo> decode(BytesView bytes);
};

}  // namespace leat
