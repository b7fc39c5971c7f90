// RangeAssignor: Kafka's assignor "range". Each topic by itself: its partitions in order, cut into as many runs as it
// has subscribed members (in the order of their ids), the first ones longer by one where it does not come out even.
#pragma once

#include "broker/client/assignor.h"
#include "broker/client/cluster.h"

namespace leat::client {

class RangeAssignor : public Assignor {
 public:
  explicit RangeAssignor(Cluster& cluster) : cluster_(cluster) {}
  std::string name() const override { return "range"; }
  bool cooperative() const override { return false; }
  void assign(const GroupSubscription& members, OneShot<Result<GroupAssignment>> done) override;

 private:
  Cluster& cluster_;
};

/// The same as a function of partition counts; topics that are not in `partition_counts` are left out.
GroupAssignment assign_ranges(const GroupSubscription& members,
                              const std::map<std::string, std::int32_t>& partition_counts);

}  // namespace leat::client
