// Nodes: the broker ids under which this process is known. There is one, `node.id`, unless a test asks for a cluster
// (test.virtual.nodes): then clients see several nodes, which share topics, coordinators and logs.
//
// A partition has replicas on some of them by its record in the metadata log. Who leads follows: the first replica that
// runs. So a node that stops hands its partitions over, and takes them back when it starts; an epoch begins each time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "broker/server/broker_config.h"

namespace leat::server {

struct Node {
  std::int32_t id = 0;
  std::optional<std::string> rack;
  /// Of topics that are made because this node was asked for them.
  std::int32_t num_partitions = 1;
  std::int16_t default_replication_factor = 1;
  /// What the configuration says of this node alone (test.node.<i>.<key>), by key.
  std::map<std::string, std::string> given;
  bool runs = true;
};

class Nodes {
 public:
  explicit Nodes(const BrokerConfig& config);

  const std::vector<Node>& all() const { return nodes_; }
  /// Null for an id that is none of ours.
  const Node* find(std::int32_t id) const;
  bool runs(std::int32_t id) const {
    const Node* node = find(id);
    return node != nullptr && node->runs;
  }
  std::size_t running() const;
  /// Requires one of our ids.
  void set_running(std::int32_t id, bool runs);

  /// The lowest id that runs.
  std::int32_t controller() const;
  /// -1 where no replica runs.
  std::int32_t leader_of(const std::vector<std::int32_t>& replicas) const;
  /// Those that run; the preferred one where none does, as Kafka keeps the last.
  std::vector<std::int32_t> in_sync(const std::vector<std::int32_t>& replicas) const;
  std::vector<std::int32_t> offline(const std::vector<std::int32_t>& replicas) const;
  /// The running replica in this rack that is nearer than the leader; nothing where there is none.
  std::optional<std::int32_t> nearest(const std::vector<std::int32_t>& replicas, const std::string& rack) const;

  /// Why a partition cannot lie on these; none where it can.
  std::optional<std::string> problem_with(const std::vector<std::int32_t>& replicas) const;
  /// Replicas of `partitions` new partitions, dealt out over the nodes that run: the leaders go round, each with the
  /// nodes behind it for followers. A factor beyond the nodes gives as many as there are.
  std::vector<std::vector<std::int32_t>> place(std::int32_t partitions, std::int32_t replication_factor,
                                               Random& random) const;

 private:
  std::vector<Node> nodes_;  ///< ids without a gap
};

}  // namespace leat::server
