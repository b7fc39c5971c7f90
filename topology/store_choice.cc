#include "topology/store_choice.h"

#include <algorithm>

namespace leat::detail {

namespace {

using Kind = StoreSupplier::Kind;

std::string_view name(Kind kind) {
  switch (kind) {
    case Kind::kKeyValue: return "key-value";
    case Kind::kWindow: return "window";
    case Kind::kSession: return "session";
    case Kind::kVersioned: return "versioned";
  }
  return "";
}

StoreDescription common(Graph& graph, const Materialized& materialized, std::string store, Kind kind) {
  StoreDescription description;
  description.name = std::move(store);
  description.in_memory = materialized.in_memory.value_or(graph.options().in_memory_stores);
  description.caching = materialized.caching;
  description.logging = materialized.logging;
  description.log_config = materialized.log_config;
  description.entries_max = materialized.entries_max;
  description.log_headers_of_deletions = graph.options().headers_format && !description.in_memory;
  if (const auto& supplier = materialized.supplier) {
    description.make_tables = supplier->make_tables;
    if (supplier->kind != kind)
      graph.fail("store " + description.name + ": a " + std::string(name(supplier->kind)) +
                 " store is supplied where a " + std::string(name(kind)) + " store is needed");
  }
  return description;
}

/// Lets the builder's suppliers decide where nobody else has.
void ask_suppliers(const Graph& graph, const std::optional<bool>& in_memory, DslStoreParams params,
                   StoreDescription& description) {
  if (!graph.options().store_suppliers || in_memory.has_value()) return;
  params.name = description.name;
  params.retention_ms = description.retention_ms;
  params.window_size_ms = description.window_size_ms;
  params.retain_duplicates = description.retain_duplicates;
  const StoreSupplier chosen = graph.options().store_suppliers(params);
  description.in_memory = chosen.in_memory;
  description.make_tables = chosen.make_tables;
  if (params.kind == Kind::kKeyValue) description.entries_max = chosen.entries_max;
}

/// Kafka's lower bound for the segments of a window store.
constexpr std::int64_t kSegmentIntervalMinMs = 60'000;

/// What window and session stores have in common.
StoreDescription kept_for(Graph& graph, const Materialized& materialized, std::string store, std::int64_t kept_ms,
                          EmitStrategy emits, Kind kind) {
  StoreDescription description = common(graph, materialized, std::move(store), kind);
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

}  // namespace

StoreDescription table_store_description(Graph& graph, const Materialized& materialized, std::string name) {
  StoreDescription description = common(graph, materialized, std::move(name), Kind::kKeyValue);
  description.kind = StoreKind::kTimestampedKeyValue;
  ask_suppliers(graph, materialized.in_memory, {.kind = Kind::kKeyValue}, description);
  return description;
}

StoreDescription versioned_store_description(Graph& graph, const Materialized& materialized, std::string name) {
  StoreDescription description = common(graph, materialized, std::move(name), Kind::kVersioned);
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
  StoreDescription description = kept_for(graph, materialized, std::move(name), kept_ms, emits, Kind::kWindow);
  description.kind = StoreKind::kTimestampedWindow;
  description.window_size_ms = size_ms;
  ask_suppliers(graph, materialized.in_memory, {.kind = Kind::kWindow, .emits_on_close = emits.closes()}, description);
  return description;
}

StoreDescription session_store_description(Graph& graph, const Materialized& materialized, std::string name,
                                           std::int64_t kept_ms, EmitStrategy emits) {
  StoreDescription description = kept_for(graph, materialized, std::move(name), kept_ms, emits, Kind::kSession);
  description.kind = StoreKind::kSession;
  ask_suppliers(graph, materialized.in_memory, {.kind = Kind::kSession, .emits_on_close = emits.closes()}, description);
  return description;
}

void ask_store_suppliers(const Graph& graph, DslStoreParams params, StoreDescription& description) {
  ask_suppliers(graph, std::nullopt, std::move(params), description);
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
