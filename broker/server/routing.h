// Routing: what the node that a request reached has to answer for. Everything lies in one process, so a request could
// be served wherever it came in; but clients of a cluster (nodes.h) rely on being sent on to the leader or coordinator.
#pragma once

#include <string>
#include <vector>

#include "broker/server/broker.h"

namespace leat::server {

/// A partition, or why this node does not serve it.
struct RoutedPartition {
  const Topic* topic = nullptr;
  log::PartitionLog* log = nullptr;
  wire::ErrorCode error = wire::ErrorCode::kNone;
};
/// UNKNOWN_TOPIC_OR_PARTITION where there is none (or its log is closed), NOT_LEADER_OR_FOLLOWER where another node
/// leads.
RoutedPartition led_partition(Broker& broker, const RequestContext& context, const std::string& topic,
                              std::int32_t partition);
/// The same, but a follower will do.
RoutedPartition held_partition(Broker& broker, const RequestContext& context, const std::string& topic,
                               std::int32_t partition);
/// Whether a replica of the partition lies on the node.
bool holds(const Topic& topic, std::size_t partition, std::int32_t node);

/// The coordinator of a group or transaction, if this node is where it works; null otherwise.
coordinator::GroupCoordinator* groups_of(Broker& broker, const RequestContext& context, const std::string& group_id);
coordinator::TransactionCoordinator* transactions_of(Broker& broker, const RequestContext& context,
                                                     const std::string& transactional_id);
/// All that work on this node.
std::vector<coordinator::GroupCoordinator*> group_coordinators(Broker& broker, const RequestContext& context);
std::vector<coordinator::TransactionCoordinator*> transaction_coordinators(Broker& broker,
                                                                           const RequestContext& context);
/// Where the coordinator works, as this client sees it. Null where none of its nodes runs.
const Listening* coordinator_node(Broker& broker, const RequestContext& context, bool for_transactions,
                                  const std::string& key);

}  // namespace leat::server
