// Offsets that nobody needs any more (offsets.retention.minutes; KIP-211), and groups that are left with nothing.
//
// An offset of a topic that members consume stays. The others go when the retention has passed
//
//   since the group became empty          classic groups with members before
//   since the offset was committed        groups that only commit, groups of the newer protocols, and classic consumer
//                                         groups that are stable, for topics that they consume no more
//
// or at the moment that an old client asked for. What a transaction has staged for a partition keeps its offset. A
// classic group in the middle of a rebalance keeps them all. An empty group without offsets goes at once.
#include <set>

#include "broker/coordinator/group_coordinator.h"

namespace leat::coordinator {

namespace {

/// The moments from which the retention counts: of the group for all its offsets, or of each offset; none: they stay.
struct Expiry {
  bool ever = false;
  std::optional<std::int64_t> since_ms;
};

Expiry expiry_of(const Group& group) {
  if (group.protocol_type.empty()) return {true, std::nullopt};
  if (group.state == GroupState::kEmpty)
    return {true, group.state_timestamp_ms < 0 ? std::nullopt : std::optional(group.state_timestamp_ms)};
  return {group.protocol_type == "consumer" && group.state == GroupState::kStable, std::nullopt};
}

}  // namespace

void GroupCoordinator::expire_offsets(std::int64_t retention_ms) {
  const std::int64_t now_ms = world_.loop.wall_clock_ms();
  std::set<std::string> ids;
  for (const auto& [id, group] : groups_) ids.insert(id);
  for (const auto& [id, group] : consumers_.groups()) ids.insert(id);
  for (const auto& [id, group] : streams_.groups()) ids.insert(id);
  for (const std::string& id : ids) {
    std::vector<TopicPartition> expired;
    const bool all = find_expired(id, now_ms, retention_ms, expired);
    if (all && is_empty(id) && !offsets_.has_pending(id)) {
      remove(id, [](wire::ErrorCode) {});
    } else if (!expired.empty()) {
      remove_offsets(id, expired, [](Status) {});
    }
  }
}

bool GroupCoordinator::find_expired(const std::string& group_id, std::int64_t now_ms, std::int64_t retention_ms,
                                    std::vector<TopicPartition>& expired) const {
  const OffsetsByPartition* offsets = offsets_.of_group(group_id);
  if (offsets == nullptr) return true;
  const Group* classic = find(group_id);
  const ConsumerGroup* consumers = consumers_.find(group_id);
  const StreamsGroup* streams = streams_.find(group_id);
  const Expiry expiry = classic != nullptr ? expiry_of(*classic) : Expiry{true, std::nullopt};
  if (!expiry.ever) return false;
  bool all = true;
  for (const auto& [partition, offset] : *offsets) {
    const bool in_use = (classic != nullptr && classic->subscribes_to(partition.topic)) ||
                        (consumers != nullptr && consumers->subscribes_to(partition.topic)) ||
                        (streams != nullptr && streams->reads(partition.topic));
    const bool due = offset.expire_timestamp_ms >= 0
                         ? now_ms >= offset.expire_timestamp_ms
                         : now_ms - expiry.since_ms.value_or(offset.commit_timestamp_ms) >= retention_ms;
    if (in_use || !due || offsets_.has_pending(group_id, partition)) {
      all = false;
    } else {
      expired.push_back(partition);
    }
  }
  return all;
}

bool GroupCoordinator::is_empty(const std::string& group_id) const {
  const Group* classic = find(group_id);
  const ConsumerGroup* consumers = consumers_.find(group_id);
  const StreamsGroup* streams = streams_.find(group_id);
  // Whoever was given a member id is on the way back with it.
  if (classic != nullptr && (classic->state != GroupState::kEmpty || !classic->pending_members.empty())) return false;
  return (consumers == nullptr || consumers->members().empty()) && (streams == nullptr || streams->members.empty());
}

}  // namespace leat::coordinator
