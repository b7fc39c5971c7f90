// Reconciliation: the next step of a member on its way from what it holds to what it shall hold (KIP-848). First it
// gives up what it shall not hold, under its old epoch; then it comes to the target's epoch and gets what is free; the
// rest it gets once others have given it up.
#pragma once

#include <optional>
#include <set>

#include "broker/coordinator/consumer_group.h"

namespace leat::coordinator {

struct ReconciliationGoal {
  std::int32_t target_epoch = 0;
  const PartitionSet& target;
  /// Topics that the member subscribes to now: what is of others goes at once, before a new target is computed.
  const std::set<Uuid>& subscribed;
  bool subscription_changed = false;
  /// What the member says it has, where it said so.
  const std::optional<PartitionSet>& owned;
};

/// The member one step further, or as it is. `group` tells what others hold.
ConsumerMember reconciled(const ConsumerGroup& group, const ConsumerMember& member, const ReconciliationGoal& goal);

}  // namespace leat::coordinator
