// StreamsGroup: a group of streams clients whose tasks the broker assigns (KIP-1071), as the coordinator sees it.
//
// Epochs and the way of a member to its target are those of consumer groups (consumer_group.h), with tasks in the place
// of partitions: a task runs in one process at a time, and no process has it twice, so it moves when it was given up.
//
//   Empty        no members; offsets may be there
//   NotReady     topics are missing, or do not fit the topology
//   Assigning, Reconciling, Stable   as in consumer groups
//
// All of it but what is called soft is what the records of __consumer_offsets say (streams_group_records.h).
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/loop.h"
#include "broker/coordinator/streams_tasks.h"
#include "broker/coordinator/streams_topology.h"

namespace leat::coordinator {

/// Kafka's numbers, as they stand in records.
enum class StreamsMemberState : std::int8_t {
  kStable = 1,
  kUnrevokedTasks = 2,   ///< has been told to give up tasks, and not yet said that it has
  kUnreleasedTasks = 3,  ///< waits for tasks that others have
  kUnknown = 127,
};

struct StreamsMember {
  std::string id;
  std::optional<std::string> rack_id;
  std::string client_id;
  std::string client_host;
  std::int32_t rebalance_timeout_ms = -1;
  std::int32_t topology_epoch = -1;
  std::string process_id;
  std::optional<wire::streams_group::Endpoint> endpoint;
  std::map<std::string, std::string> client_tags;

  std::int32_t epoch = 0;
  std::int32_t previous_epoch = 0;
  StreamsMemberState state = StreamsMemberState::kStable;
  HeldAssignment assigned;
  HeldAssignment to_revoke;

  bool reconciled_to(std::int32_t target_epoch) const {
    return state == StreamsMemberState::kStable && epoch == target_epoch;
  }
  void move_to(std::int32_t next_epoch) { previous_epoch = std::exchange(epoch, next_epoch); }
  bool operator==(const StreamsMember&) const = default;
};

enum class StreamsGroupState { kEmpty, kNotReady, kAssigning, kReconciling, kStable };
/// Kafka's name, as StreamsGroupDescribe and ListGroups tell it.
std::string_view name(StreamsGroupState state);

/// What the group's own record says, without topology, targets and members.
struct StreamsGroupHead {
  std::string id;
  std::int32_t epoch = 0;
  std::int64_t metadata_hash = 0;
  /// The topology for which all topics were there; -1: none.
  std::int32_t validated_topology_epoch = -1;
  std::map<std::string, std::string> assignment_configs;
};

class StreamsGroup : public StreamsGroupHead {
 public:
  std::optional<StreamsTopology> topology;
  std::int32_t target_epoch = 0;
  std::int64_t target_timestamp_ms = 0;
  std::map<std::string, TaskAssignment> target;
  std::map<std::string, StreamsMember> members;

  /// Soft: lost with the process.
  struct Timers {
    std::optional<TimerId> session;
    std::optional<TimerId> rebalance;  ///< to give up what was asked back
  };
  std::map<std::string, Timers> timers;
  std::optional<ConfiguredTopology> configured;
  std::uint64_t catalog_version_seen = 0;
  std::optional<std::string> shutdown_requested_by;
  std::int32_t endpoint_epoch = 0;
  /// The first target is not computed before it, so that members that start together cost one.
  std::optional<Instant> first_target_at;

  const StreamsMember* member(const std::string& member_id) const;
  const TaskAssignment& target_of(const std::string& member_id) const;
  /// Whether somebody runs the task, or is yet to give it up.
  bool is_active(const std::string& subtopology, std::int32_t partition) const;
  /// Whether somebody of this process does, and in which role.
  bool is_active_in(const std::string& process, const std::string& subtopology, std::int32_t partition) const;
  bool stands_by_in(const std::string& process, const std::string& subtopology, std::int32_t partition) const;
  bool reads(const std::string& topic) const;

  StreamsGroupState state() const;
};

}  // namespace leat::coordinator
