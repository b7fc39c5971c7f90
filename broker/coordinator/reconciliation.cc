#include "broker/coordinator/reconciliation.h"

#include "broker/coordinator/numbered_sets.h"

namespace leat::coordinator {

namespace {

/// Whether the member still has some of what it was asked to give up. While it does not say what it has, it may.
bool still_owns(const std::optional<PartitionSet>& owned, const HeldPartitions& asked_back) {
  return !owned || contains_any(asked_back, *owned);
}

/// Takes topics that are no longer subscribed to out of what the member has; nothing else.
ConsumerMember without_unsubscribed(const ConsumerMember& member, const ReconciliationGoal& goal) {
  ConsumerMember next = member;
  for (const auto& [topic, partitions] : member.assigned) {
    if (goal.subscribed.contains(topic)) continue;
    next.to_revoke[topic].insert(partitions.begin(), partitions.end());
    next.assigned.erase(topic);
  }
  if (next.assigned == member.assigned) return member;
  next.move_to(member.epoch);
  if (still_owns(goal.owned, next.to_revoke)) {
    next.state = MemberState::kUnrevokedPartitions;
  } else {
    next.to_revoke = member.to_revoke;  // the member had given them up before it was asked
  }
  return next;
}

ConsumerMember next_step(const ConsumerGroup& group, const ConsumerMember& member, const ReconciliationGoal& goal) {
  ConsumerMember next = member;
  next.assigned.clear();
  next.to_revoke.clear();
  HeldPartitions to_assign;
  bool unreleased = false;
  for (const auto& [topic, partitions] : member.assigned) {
    const auto target = goal.target.find(topic);
    const bool wanted = target != goal.target.end() && goal.subscribed.contains(topic);
    for (const auto& [partition, epoch] : partitions)
      (wanted && target->second.contains(partition) ? next.assigned : next.to_revoke)[topic][partition] = epoch;
  }
  for (const auto& [topic, partitions] : goal.target) {
    if (!goal.subscribed.contains(topic)) continue;
    for (const std::int32_t partition : partitions) {
      if (contains(next.assigned, topic, partition)) continue;
      if (group.held_by_other(member.id, topic, partition) && !contains(member.to_revoke, topic, partition)) {
        unreleased = true;
      } else {
        to_assign[topic][partition] = goal.target_epoch;
      }
    }
  }
  if (!next.to_revoke.empty() && still_owns(goal.owned, next.to_revoke)) {
    next.state = MemberState::kUnrevokedPartitions;
    next.move_to(member.epoch);
    return next;
  }
  next.to_revoke.clear();
  for (auto& [topic, partitions] : to_assign) next.assigned[topic].merge(partitions);
  next.state = unreleased ? MemberState::kUnreleasedPartitions : MemberState::kStable;
  next.move_to(goal.target_epoch);
  return next;
}

}  // namespace

ConsumerMember reconciled(const ConsumerGroup& group, const ConsumerMember& member, const ReconciliationGoal& goal) {
  switch (member.state) {
    case MemberState::kStable:
      if (member.epoch != goal.target_epoch) return next_step(group, member, goal);
      return goal.subscription_changed ? without_unsubscribed(member, goal) : member;
    case MemberState::kUnrevokedPartitions:
      if (still_owns(goal.owned, member.to_revoke))
        return goal.subscription_changed ? without_unsubscribed(member, goal) : member;
      return next_step(group, member, goal);
    case MemberState::kUnreleasedPartitions:
    case MemberState::kUnknown: return next_step(group, member, goal);
  }
  return member;
}

}  // namespace leat::coordinator
