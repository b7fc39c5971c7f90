#include "broker/server/routing.h"

#include <algorithm>

namespace leat::server {

using wire::ErrorCode;

namespace {

template <class Serves>
RoutedPartition routed(Broker& broker, const std::string& name, std::int32_t partition, Serves serves) {
  const Topic* topic = broker.topics().find(name);
  if (topic == nullptr || partition < 0 || static_cast<std::size_t>(partition) >= topic->partitions.size())
    return {.error = ErrorCode::kUnknownTopicOrPartition};
  const auto index = static_cast<std::size_t>(partition);
  log::PartitionLog* log = topic->partitions[index].get();
  if (log == nullptr) return {.topic = topic, .error = ErrorCode::kUnknownTopicOrPartition};
  return {topic, log, serves(topic->replicas[index]) ? ErrorCode::kNone : ErrorCode::kNotLeaderOrFollower};
}

/// Who leads this partition of an internal topic; -1 where nobody does.
std::int32_t node_of(Broker& broker, const TopicPartition& partition) {
  const Topic* topic = broker.topics().find(partition.topic);
  return topic == nullptr ? -1
                          : broker.nodes().leader_of(topic->replicas[static_cast<std::size_t>(partition.partition)]);
}

template <class Coordinator>
std::vector<Coordinator*> working_here(Broker& broker, const RequestContext& context, const std::string& topic,
                                       const std::vector<std::unique_ptr<Coordinator>>& all) {
  std::vector<Coordinator*> here;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (node_of(broker, {topic, static_cast<std::int32_t>(i)}) == context.node()) here.push_back(all[i].get());
  return here;
}

}  // namespace

RoutedPartition led_partition(Broker& broker, const RequestContext& context, const std::string& topic,
                              std::int32_t partition) {
  return routed(broker, topic, partition,
                [&](const auto& replicas) { return broker.nodes().leader_of(replicas) == context.node(); });
}

RoutedPartition held_partition(Broker& broker, const RequestContext& context, const std::string& topic,
                               std::int32_t partition) {
  return routed(broker, topic, partition, [&](const auto& replicas) {
    return std::find(replicas.begin(), replicas.end(), context.node()) != replicas.end();
  });
}

bool holds(const Topic& topic, std::size_t partition, std::int32_t node) {
  const auto& replicas = topic.replicas[partition];
  return std::find(replicas.begin(), replicas.end(), node) != replicas.end();
}

coordinator::GroupCoordinator* groups_of(Broker& broker, const RequestContext& context, const std::string& group_id) {
  auto* groups = broker.groups_of(group_id);
  if (groups == nullptr || node_of(broker, broker.offsets_partition_of(group_id)) != context.node()) return nullptr;
  return groups;
}

coordinator::TransactionCoordinator* transactions_of(Broker& broker, const RequestContext& context,
                                                     const std::string& transactional_id) {
  auto* transactions = broker.transactions_of(transactional_id);
  if (transactions == nullptr || node_of(broker, broker.transactions_partition_of(transactional_id)) != context.node())
    return nullptr;
  return transactions;
}

std::vector<coordinator::GroupCoordinator*> group_coordinators(Broker& broker, const RequestContext& context) {
  return working_here(broker, context, kOffsetsTopic, broker.group_coordinators());
}

std::vector<coordinator::TransactionCoordinator*> transaction_coordinators(Broker& broker,
                                                                           const RequestContext& context) {
  return working_here(broker, context, kTransactionsTopic, broker.transaction_coordinators());
}

const Listening* coordinator_node(Broker& broker, const RequestContext& context, bool for_transactions,
                                  const std::string& key) {
  const std::int32_t node =
      node_of(broker, for_transactions ? broker.transactions_partition_of(key) : broker.offsets_partition_of(key));
  for (const Listening* each : broker.listeners().beside(*context.listener))
    if (each->node == node) return each;
  return nullptr;
}

}  // namespace leat::server
