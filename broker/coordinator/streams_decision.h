// StreamsDecision: what it leads to in a streams group that a member joins, or changes, or only shows that it lives.
// Decides; changes nothing. (Kafka: GroupMetadataManager.streamsGroupHeartbeat, CurrentAssignmentBuilder)
//
//   StreamsDecision decision(group, member_before, surroundings);
//   decision.after().process_id = ...;
//   LEAT_RETURN_IF_ERROR(decision.decide(topology, owned));
//   write(decision.take_records());
//
// In this order, each for the one before: the member's record; the topology; whether its topics are there; the group's
// epoch; a new target for all; the member's next step towards the target.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/coordinator/state_machine.h"
#include "broker/coordinator/streams_group.h"

namespace leat::coordinator {

struct StreamsGroupConfig {
  std::int32_t session_timeout_ms = 45'000;
  std::int32_t heartbeat_interval_ms = 5'000;
  std::int32_t assignment_interval_ms = 1'000;
  std::int32_t initial_rebalance_delay_ms = 3'000;
  std::int32_t standby_replicas = 0;
  std::size_t members_max = 2147483647;
};

class StreamsDecision {
 public:
  struct Surroundings {
    const TopicCatalog& topics;
    std::int64_t now_ms = 0;
    std::int32_t standby_replicas = 0;
    std::int32_t assignment_interval_ms = 0;
    bool in_initial_delay = false;
  };

  /// `before`: the member as it is in the group, or a new one with nothing but its id.
  StreamsDecision(const StreamsGroup& group, StreamsMember before, const Surroundings& surroundings)
      : group_(group), before_(std::move(before)), after_(before_), next_(group), surroundings_(surroundings) {}

  /// To be changed before `decide`.
  StreamsMember& after() { return after_; }
  const StreamsMember& after() const { return after_; }
  const StreamsMember& before() const { return before_; }

  /// `owned`: what the member says it does, where it says so. kKafka where the request cannot be taken.
  Status decide(const std::optional<StreamsTopology>& topology, const std::optional<TaskAssignment>& owned);

  /// What stands in the way of the group.
  const std::vector<StreamsStatus>& statuses() const { return statuses_; }
  /// The topology as the cluster lets it be.
  const ConfiguredTopology& configured_now() const { return configured_ ? *configured_ : *group_.configured; }
  bool assignment_changed() const { return before_.assigned != after_.assigned; }
  /// Whether the member has come a step towards its target.
  bool stepped() const { return stepped_; }
  std::vector<InternalRecord> take_records() { return std::move(records_); }

 private:
  const StreamsTopology& topology() const { return new_topology_ ? *new_topology_ : *group_.topology; }
  bool note_member();
  Result<bool> note_topology(const std::optional<StreamsTopology>& topology);
  Status judge_tasks(const std::optional<TaskAssignment>& owned) const;
  void configure(bool topology_is_new);
  void raise_epoch(bool changed);
  void renew_target();
  void compute_target();
  void reconcile(const std::optional<TaskAssignment>& owned);
  void step_to_target(std::int32_t from_epoch, const std::optional<TaskAssignment>& owned);

  const StreamsGroup& group_;
  StreamsMember before_;
  StreamsMember after_;
  StreamsGroupHead next_;
  std::optional<StreamsTopology> new_topology_;
  Surroundings surroundings_;
  std::vector<InternalRecord> records_;
  std::vector<StreamsStatus> statuses_;
  std::optional<ConfiguredTopology> configured_;
  std::int32_t target_epoch_ = 0;
  TaskAssignment target_;
  bool stepped_ = false;
};

}  // namespace leat::coordinator
