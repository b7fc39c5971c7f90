#include "broker/server/nodes.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <set>

#include "base/check.h"

namespace leat::server {

namespace {

template <class Number>
Number own_number(const Node& node, const std::string& key, Number otherwise) {
  const auto own = node.given.find(key);
  if (own != node.given.end()) std::from_chars(own->second.data(), own->second.data() + own->second.size(), otherwise);
  return otherwise;
}

/// A node of each rack in turn, so that neighbours are in different ones; never empty.
std::vector<std::int32_t> running_by_rack(const std::vector<Node>& nodes) {
  std::map<std::optional<std::string>, std::deque<std::int32_t>> racks;
  for (const Node& node : nodes)
    if (node.runs) racks[node.rack].push_back(node.id);
  std::vector<std::int32_t> ids;
  while (!racks.empty()) {
    for (auto& [rack, of_rack] : racks) {
      ids.push_back(of_rack.front());
      of_rack.pop_front();
    }
    std::erase_if(racks, [](const auto& rack) { return rack.second.empty(); });
  }
  if (ids.empty()) ids.push_back(nodes.front().id);
  return ids;
}

}  // namespace

Nodes::Nodes(const BrokerConfig& config) {
  for (std::int32_t i = 0; i < config.virtual_nodes; ++i) {
    Node node{.id = config.node_id + i};
    if (const auto rack = config.given.find("broker.rack"); rack != config.given.end()) node.rack = rack->second;
    if (!node.rack && config.virtual_nodes > 1) node.rack = std::to_string(node.id);
    const std::string prefix = kNodeKeyPrefix + std::to_string(i) + ".";
    for (auto own = config.given.lower_bound(prefix); own != config.given.end() && own->first.starts_with(prefix);
         ++own)
      node.given[own->first.substr(prefix.size())] = own->second;
    if (const auto rack = node.given.find("broker.rack"); rack != node.given.end()) node.rack = rack->second;
    node.num_partitions = own_number(node, "num.partitions", config.num_partitions);
    node.default_replication_factor = own_number(node, "default.replication.factor", config.default_replication_factor);
    nodes_.push_back(std::move(node));
  }
}

const Node* Nodes::find(std::int32_t id) const {
  const std::int64_t index = std::int64_t{id} - nodes_.front().id;
  return index < 0 || index >= static_cast<std::int64_t>(nodes_.size()) ? nullptr
                                                                        : &nodes_[static_cast<std::size_t>(index)];
}

std::size_t Nodes::running() const {
  return static_cast<std::size_t>(
      std::count_if(nodes_.begin(), nodes_.end(), [](const Node& node) { return node.runs; }));
}

void Nodes::set_running(std::int32_t id, bool runs) {
  LEAT_CHECK(find(id) != nullptr, "a node that is not here was started or stopped");
  nodes_[static_cast<std::size_t>(id - nodes_.front().id)].runs = runs;
}

std::int32_t Nodes::controller() const {
  const auto first = std::find_if(nodes_.begin(), nodes_.end(), [](const Node& node) { return node.runs; });
  return first == nodes_.end() ? -1 : first->id;
}

std::int32_t Nodes::leader_of(const std::vector<std::int32_t>& replicas) const {
  for (const std::int32_t id : replicas)
    if (runs(id)) return id;
  return -1;
}

std::vector<std::int32_t> Nodes::in_sync(const std::vector<std::int32_t>& replicas) const {
  std::vector<std::int32_t> in_sync;
  for (const std::int32_t id : replicas)
    if (runs(id)) in_sync.push_back(id);
  if (in_sync.empty() && !replicas.empty()) in_sync.push_back(replicas.front());
  return in_sync;
}

std::vector<std::int32_t> Nodes::offline(const std::vector<std::int32_t>& replicas) const {
  std::vector<std::int32_t> offline;
  for (const std::int32_t id : replicas)
    if (!runs(id)) offline.push_back(id);
  return offline;
}

std::optional<std::int32_t> Nodes::nearest(const std::vector<std::int32_t>& replicas, const std::string& rack) const {
  const Node* leader = find(leader_of(replicas));
  if (leader == nullptr || rack.empty() || leader->rack == rack) return std::nullopt;
  for (const std::int32_t id : replicas)
    if (runs(id) && find(id)->rack == rack) return id;
  return std::nullopt;
}

std::optional<std::string> Nodes::problem_with(const std::vector<std::int32_t>& replicas) const {
  if (replicas.empty()) return "The manual partition assignment includes an empty replica list.";
  std::set<std::int32_t> seen;
  for (const std::int32_t replica : replicas) {
    if (replica < 0) return fmt::format("The manual partition assignment includes an invalid broker ID {}.", replica);
    if (!seen.insert(replica).second)
      return fmt::format("The manual partition assignment includes the broker {} more than once.", replica);
    if (find(replica) == nullptr)
      return fmt::format("The manual partition assignment includes broker {}, but no such broker is registered.",
                         replica);
  }
  return std::nullopt;
}

std::vector<std::vector<std::int32_t>> Nodes::place(std::int32_t partitions, std::int32_t replication_factor,
                                                    Random& random) const {
  const std::vector<std::int32_t> ids = running_by_rack(nodes_);
  const std::size_t factor = std::min(ids.size(), static_cast<std::size_t>(std::max(1, replication_factor)));
  std::size_t first = ids.size() == 1 ? 0 : static_cast<std::size_t>(random.below(ids.size()));
  std::vector<std::vector<std::int32_t>> placed(static_cast<std::size_t>(partitions));
  for (auto& replicas : placed) {
    for (std::size_t i = 0; i < factor; ++i) replicas.push_back(ids[(first + i) % ids.size()]);
    ++first;
  }
  return placed;
}

}  // namespace leat::server
