// Assignor: how a group shares partitions. The leader of the group asks it; every member tells it of the outcome.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/function.h"
#include "broker/wire/topic_partition.h"

namespace leat::client {

/// A member, as it describes itself when it joins.
struct MemberSubscription {
  std::set<std::string> topics;
  Bytes user_data;
  std::set<TopicPartition> owned;
  /// client.rack; empty where it says none.
  std::string rack;
};

struct MemberAssignment {
  /// In the order in which they are told.
  std::vector<TopicPartition> partitions;
  Bytes user_data;
};

using GroupSubscription = std::map<std::string, MemberSubscription>;
using GroupAssignment = std::map<std::string, MemberAssignment>;

class Assignor {
 public:
  virtual ~Assignor() = default;
  /// The protocol's name; all members of a group need one in common.
  virtual std::string name() const = 0;
  /// Whether members keep their partitions during a rebalance and give up only what they lose (KIP-429).
  virtual bool cooperative() const = 0;
  virtual Bytes user_data() { return {}; }
  /// Shares the partitions; only the leader's is asked. May take its time (it may have to make topics).
  virtual void assign(const GroupSubscription& members, OneShot<Result<GroupAssignment>> done) = 0;
  /// What this member was given, before its listener hears of partitions.
  virtual void on_assignment(const MemberAssignment& /*assignment*/) {}
};

}  // namespace leat::client
