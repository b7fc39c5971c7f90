#include "topology/stream_join.h"

#include "topology/store_choice.h"

namespace leat::detail {

namespace {

constexpr std::int64_t kSegmentIntervalMinMs = 60'000;

NodeSpec processor(const std::string& name, std::vector<std::string> parents, const NodeFactory& factory) {
  NodeSpec spec;
  spec.name = name;
  spec.parents = std::move(parents);
  spec.make = factory;
  return spec;
}

}  // namespace

StreamJoinNames::StreamJoinNames(Graph& graph, const StreamJoined& joined, bool left_outer, bool right_outer) {
  const std::string& name = joined.name;
  const std::string this_suffix = right_outer ? "-outer-this-join" : "-this-join";
  const std::string other_suffix = left_outer ? "-outer-other-join" : "-other-join";
  windowed_this = graph.suffixed_or_generate(name, "-this-windowed", "KSTREAM-WINDOWED-");
  windowed_other = graph.suffixed_or_generate(name, "-other-windowed", "KSTREAM-WINDOWED-");
  const std::string this_prefix = right_outer ? "KSTREAM-OUTERTHIS-" : "KSTREAM-JOINTHIS-";
  const std::string this_generated = graph.new_processor_name(this_prefix);
  const std::string other_generated =
      graph.new_processor_name(left_outer ? "KSTREAM-OUTEROTHER-" : "KSTREAM-JOINOTHER-");
  join_this = name.empty() ? this_generated : name + this_suffix;
  join_other = name.empty() ? other_generated : name + other_suffix;
  merge = graph.suffixed_or_generate(name, "-merge", "KSTREAM-MERGE-");
  const std::string& base = joined.store_name;
  const auto& of_this = joined.this_supplier;
  const auto& of_other = joined.other_supplier;
  store_this = of_this ? of_this->name : (base.empty() ? this_generated : base + this_suffix) + "-store";
  store_other = of_other ? of_other->name : (base.empty() ? other_generated : base + other_suffix) + "-store";
  if (!left_outer) return;
  const std::string shared = right_outer ? "-outer-shared-join" : "-left-shared-join";
  store_unjoined = (of_this && !of_this->name.empty() ? of_this->name + shared
                    : base.empty() ? "KSTREAM-OUTERSHARED-" + this_generated.substr(this_prefix.size())
                                   : base + shared) +
                   "-store";
}

namespace {

/// A join reads duplicates, and exactly as far back as its windows reach.
void check_supplier(Graph& graph, const StoreSupplier& supplier, const StoreDescription& needed) {
  if (supplier.kind != StoreSupplier::Kind::kWindow || !supplier.retain_duplicates)
    graph.fail("store " + needed.name + ": a join of streams needs a window store that retains duplicates");
  if (supplier.window_size_ms != needed.window_size_ms || supplier.retention_ms != needed.retention_ms)
    graph.fail("store " + needed.name + " is supplied for windows of " + std::to_string(supplier.window_size_ms) +
               " ms, kept for " + std::to_string(supplier.retention_ms) + " ms; the join needs " +
               std::to_string(needed.window_size_ms) + " ms, kept for " + std::to_string(needed.retention_ms) + " ms");
}

}  // namespace

StoreDescription join_store_description(Graph& graph, const StreamJoined& joined, const JoinWindows& windows,
                                        std::string name, const std::optional<StoreSupplier>& supplier) {
  StoreDescription description;
  description.name = std::move(name);
  description.in_memory = joined.in_memory.value_or(graph.options().in_memory_stores);
  description.logging = joined.logging;
  description.log_config = joined.log_config;
  // Duplicates have keys of their own, which no compaction could tell apart.
  description.log_config["cleanup.policy"] = "delete";
  description.window_size_ms = windows.size_ms();
  description.retention_ms = windows.size_ms() + windows.grace_ms();
  description.segment_interval_ms = std::max(description.retention_ms / 2, kSegmentIntervalMinMs);
  description.retain_duplicates = description.log_headers = true;
  if (supplier) {
    check_supplier(graph, *supplier, description);
    description.in_memory = supplier->in_memory;
    description.make_tables = supplier->make_tables;
    // As in Kafka, what StreamJoined says of logs does not concern stores that are supplied.
    description.logging = true;
    description.log_config = {{"cleanup.policy", "compact,delete"}};
  } else if (!joined.in_memory.has_value()) {
    ask_store_suppliers(graph, {.kind = StoreSupplier::Kind::kWindow}, description);
  }
  return description;
}

GraphNode* make_stream_join(Graph& graph, const StreamJoinNames& names, const Place& mine, const Place& other,
                            StreamJoinParts parts) {
  graph.add(mine.node, make_operator(graph, names.windowed_this, parts.windowed_this));
  GraphNode* windowed_other = make_operator(graph, names.windowed_other, parts.windowed_other);
  graph.add(other.node, windowed_other);
  GraphNode* node = graph.make(names.merge);
  if (mine.node == other.node && parts.self_join) {
    node->needless_in_self_join = windowed_other;
    node->write_self_join = [names, self_join = parts.self_join, store = parts.store_this](const GraphNode&,
                                                                                           Topology& topology) {
      topology.add(processor(names.merge, {names.windowed_this}, self_join));
      topology.add_state_store(store, {names.windowed_this, names.merge});
    };
  }
  node->write = [names, parts = std::move(parts)](const GraphNode&, Topology& topology) {
    topology.add(processor(names.join_this, {names.windowed_this}, parts.join_this));
    topology.add(processor(names.join_other, {names.windowed_other}, parts.join_other));
    topology.add(processor(names.merge, {names.join_this, names.join_other}, parts.merge));
    topology.add_state_store(parts.store_this, {names.windowed_this, names.join_other});
    topology.add_state_store(parts.store_other, {names.windowed_other, names.join_this});
    if (parts.store_unjoined) topology.add_state_store(parts.store_unjoined, {names.join_this, names.join_other});
  };
  graph.add(mine.node, node);
  graph.add(other.node, node);
  return node;
}

}  // namespace leat::detail
