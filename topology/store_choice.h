// From Materialized to the stores of table operators, and the graph nodes that own a store.
#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "state/stores.h"
#include "topology/closed_windows.h"
#include "topology/graph.h"
#include "topology/table_nodes.h"
#include "topology/windows.h"

namespace leat::detail {

/// The description of a key-value store of a table.
StoreDescription table_store_description(Graph& graph, const Materialized& materialized, std::string name);
/// The same for a versioned one.
StoreDescription versioned_store_description(Graph& graph, const Materialized& materialized, std::string name);
/// The description of the window store of an aggregation; notes a retention that is shorter than `kept_ms`.
StoreDescription window_store_description(Graph& graph, const Materialized& materialized, std::string name,
                                          std::int64_t size_ms, std::int64_t kept_ms, EmitStrategy emits);

/// The same for sessions.
StoreDescription session_store_description(Graph& graph, const Materialized& materialized, std::string name,
                                           std::int64_t kept_ms, EmitStrategy emits);

/// Lets the builder's suppliers say where the rows of a store are kept, about which nobody else has.
void ask_store_suppliers(const Graph& graph, DslStoreParams params, StoreDescription& description);

template <class K, class V>
bool stores_known(Graph& graph, const std::string& store, const SerdePtr<K>& key_serde,
                  const SerdePtr<V>& value_serde) {
  if (key_serde && value_serde) return true;
  graph.fail("store " + store + ": there is no serde for its key or value type; pass one with Materialized::with");
  return false;
}

template <class K, class V>
StoreBuilderPtr table_store(Graph& graph, const Materialized& materialized, const std::string& name,
                            const SerdePtr<K>& key_serde, const SerdePtr<V>& value_serde) {
  auto key = choose_serde<K>(materialized.key_serde, key_serde);
  auto value = choose_serde<V>(materialized.value_serde, value_serde);
  stores_known<K, V>(graph, name, key, value);
  if (materialized.versioned()) {
    return versioned_builder<K, V>(versioned_store_description(graph, materialized, name), key, value);
  }
  return timestamped_key_value_builder<K, V>(table_store_description(graph, materialized, name), key, value);
}

template <class K, class V, class W>
StoreBuilderPtr window_store(Graph& graph, const Materialized& materialized, const std::string& name, const W& windows,
                             const SerdePtr<K>& key_serde, const SerdePtr<V>& value_serde,
                             EmitStrategy emits = EmitStrategy::on_window_update()) {
  auto key = choose_serde<K>(materialized.key_serde, key_serde);
  auto value = choose_serde<V>(materialized.value_serde, value_serde);
  stores_known<K, V>(graph, name, key, value);
  StoreDescription description =
      window_store_description(graph, materialized, name, windows.size_ms(), windows.kept_ms(), emits);
  // What emits sliding windows on close is not cached, as in Kafka.
  if (emits.closes()) {
    constexpr bool kSliding = std::is_same_v<W, SlidingWindows>;
    const bool keys = kSliding || graph.options().headers_format;
    description.order = keys ? RowOrder::kByTimeAndKey : RowOrder::kByTime;
    if (kSliding) description.caching = false;
  }
  return timestamped_window_builder<K, V>(std::move(description), key, value);
}

template <class K, class V>
StoreBuilderPtr session_store(Graph& graph, const Materialized& materialized, const std::string& name,
                              std::int64_t kept_ms, const SerdePtr<K>& key_serde, const SerdePtr<V>& value_serde,
                              EmitStrategy emits = EmitStrategy::on_window_update()) {
  auto key = choose_serde<K>(materialized.key_serde, key_serde);
  auto value = choose_serde<V>(materialized.value_serde, value_serde);
  stores_known<K, V>(graph, name, key, value);
  StoreDescription description = session_store_description(graph, materialized, name, kept_ms, emits);
  if (emits.closes()) description.caching = false;
  return session_builder<K, V>(std::move(description), key, value);
}

/// A processor with a store of its own (or none, where it is null), connected to others that exist already.
GraphNode* make_stateful(Graph& graph, const std::string& name, NodeFactory factory, StoreBuilderPtr store,
                         std::vector<std::string> other_stores = {});

/// A table made of a stream; its store exists only if somebody needed it until the topology is written.
template <class K, class V>
GraphNode* make_table_of_stream(Graph& graph, const std::string& name, std::shared_ptr<TableSourceCore<K, V>> core,
                                StoreBuilderPtr store) {
  GraphNode* node = graph.make(name);
  node->write = [core, store](const GraphNode& self, Topology& topology) {
    NodeSpec spec;
    spec.name = self.name;
    spec.parents = self.parent_names();
    spec.make = node_factory<TableSourceNode<K, V>>(std::shared_ptr<const TableCore<K, V>>(core));
    topology.add(std::move(spec));
    if (!core->store().empty()) topology.add_state_store(store, self.name);
  };
  return node;
}

}  // namespace leat::detail
