#include "topology/store_choice.h"

#include <algorithm>

namespace leat::detail {

namespace {

StoreDescription common(const Graph& graph, const Materialized& materialized, std::string name) {
  StoreDescription description;
  description.name = std::move(name);
  description.in_memory = materialized.in_memory.value_or(graph.options().in_memory_stores);
  description.caching = materialized.caching;
  description.logging = materialized.logging;
  description.log_config = materialized.log_config;
  description.entries_max = materialized.entries_max;
  description.log_headers_of_deletions = graph.options().headers_format && !description.in_memory;
  return description;
}

/// Kafka's lower bound for the segments of a window store.
constexpr std::int64_t kSegmentIntervalMinMs = 60'000;

}  // namespace

StoreDescription table_store_description(const Graph& graph, const Materialized& materialized, std::string name) {
  StoreDescription description = common(graph, materialized, std::move(name));
  description.kind = StoreKind::kTimestampedKeyValue;
  return description;
}

StoreDescription versioned_store_description(const Graph& graph, const Materialized& materialized, std::string name) {
  StoreDescription description = common(graph, materialized, std::move(name));
  description.kind = StoreKind::kVersioned;
  // Kafka has none in memory, so the builder's wish for memory does not concern them.
  description.in_memory = materialized.in_memory.value_or(false);
  description.caching = false;
  description.history_retention_ms = *materialized.history_retention_ms;
  description.segment_interval_ms = materialized.segment_interval_ms;
  return description;
}

StoreDescription window_store_description(Graph& graph, const Materialized& materialized, std::string name,
                                          std::int64_t size_ms, std::int64_t kept_ms, EmitStrategy emits) {
  StoreDescription description = session_store_description(graph, materialized, std::move(name), kept_ms, emits);
  description.kind = StoreKind::kTimestampedWindow;
  description.window_size_ms = size_ms;
  return description;
}

StoreDescription session_store_description(Graph& graph, const Materialized& materialized, std::string name,
                                           std::int64_t kept_ms, EmitStrategy emits) {
  StoreDescription description = common(graph, materialized, std::move(name));
  description.kind = StoreKind::kSession;
  if (emits.closes()) description.order = RowOrder::kByTimeAndKey;
  description.retention_ms = materialized.retention_ms.value_or(kept_ms);
  description.closes_after_ms = kept_ms;
  if (description.retention_ms < kept_ms) {
    graph.fail("store " + description.name + " keeps windows for " + std::to_string(description.retention_ms) +
               " ms, but size and grace need " + std::to_string(kept_ms) +
               " ms; give Materialized::with_retention more");
  }
  description.segment_interval_ms = std::max(description.retention_ms / 2, kSegmentIntervalMinMs);
  return description;
}

GraphNode* make_stateful(Graph& graph, const std::string& name, NodeFactory factory, StoreBuilderPtr store,
                         std::vector<std::string> other_stores) {
  GraphNode* node = graph.make(name);
  node->write = [factory = std::move(factory), store, other_stores = std::move(other_stores)](const GraphNode& self,
                                                                                              Topology& topology) {
    NodeSpec spec;
    spec.name = self.name;
    spec.parents = self.parent_names();
    spec.make = factory;
    topology.add(std::move(spec));
    for (const std::string& each : other_stores) topology.connect_processor_and_state_stores(self.name, each);
    if (store) topology.add_state_store(store, self.name);
  };
  return node;
}

}  // namespace leat::detail
