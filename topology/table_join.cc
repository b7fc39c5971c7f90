#include "topology/table_join.h"

namespace leat::detail {

GraphNode* make_table_join(Graph& graph, const TableJoinNames& names, const Place& mine, const Place& other,
                           std::array<NodeFactory, 3> factories, std::vector<std::string> stores_of_mine,
                           std::vector<std::string> stores_of_other, StoreBuilderPtr store) {
  GraphNode* node = graph.make(names.merge);
  node->write = [names, my_name = mine.name, other_name = other.name, factories = std::move(factories),
                 stores_of_mine = std::move(stores_of_mine), stores_of_other = std::move(stores_of_other),
                 store](const GraphNode&, Topology& topology) {
    const auto add = [&](const std::string& name, std::vector<std::string> parents, const NodeFactory& factory) {
      NodeSpec spec;
      spec.name = name;
      spec.parents = std::move(parents);
      spec.make = factory;
      topology.add(std::move(spec));
    };
    add(names.of_this, {my_name}, factories[0]);
    add(names.of_other, {other_name}, factories[1]);
    add(names.merge, {names.of_this, names.of_other}, factories[2]);
    for (const std::string& each : stores_of_other) topology.connect_processor_and_state_stores(names.of_this, each);
    for (const std::string& each : stores_of_mine) topology.connect_processor_and_state_stores(names.of_other, each);
    if (store) topology.add_state_store(store, names.merge);
  };
  graph.add(mine.node, node);
  graph.add(other.node, node);
  return node;
}

}  // namespace leat::detail
